package org.seglosses.examples.spark;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.serializers.JavaSerializer;

import org.nd4j.kryo.Nd4jRegistrator;
import org.seglosses.dl4j.SegmentationLossFunction;

/**
 * What Kryo must know, for those who set it as Spark's serializer: ND4J's arrays, and losses and
 * records, which it cannot take apart itself. Spark's default serializer needs none of this.
 */
public final class LossRegistrator extends Nd4jRegistrator {

    /** For Spark. */
    public LossRegistrator() {}

    @Override
    public void registerClasses(Kryo kryo) {
        super.registerClasses(kryo);
        kryo.addDefaultSerializer(SegmentationLossFunction.class, JavaSerializer.class);
        kryo.addDefaultSerializer(Record.class, JavaSerializer.class);
    }
}
