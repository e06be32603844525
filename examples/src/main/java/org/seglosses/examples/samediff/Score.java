package org.seglosses.examples.samediff;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.seglosses.dl4j.evaluation.SegmentationEvaluation;
import org.seglosses.examples.earth.EarthTiles;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.zip.CRC32;

/**
 * What a network makes of the held-out tiles.
 *
 * @param loss mean over the batches
 * @param meanIou mean intersection over union of water and land
 * @param bits a checksum over the bits of all losses and logits
 */
record Score(double loss, double meanIou, long bits) implements Serializable {

    /** Scores whatever gives {@link Net#LOSS} and {@link Net#LOGITS} for a batch's inputs. */
    static Score of(
            List<DataSet> batches, Function<Map<String, INDArray>, Map<String, INDArray>> net) {
        SegmentationEvaluation evaluation =
                SegmentationEvaluation.builder(EarthTiles.CLASSES)
                        .ignoreIndex(EarthTiles.VOID)
                        .build();
        CRC32 bits = new CRC32();
        double sum = 0;
        for (DataSet batch : batches) {
            Map<String, INDArray> outputs = net.apply(inputs(batch));
            INDArray loss = outputs.get(Net.LOSS);
            INDArray logits = outputs.get(Net.LOGITS);
            sum += loss.getDouble(0);
            evaluation.eval(batch.getLabels(), logits);
            add(bits, loss);
            add(bits, logits);
        }
        return new Score(sum / batches.size(), evaluation.meanIou(), bits.getValue());
    }

    static Map<String, INDArray> inputs(DataSet batch) {
        return Map.of(Net.IMAGES, batch.getFeatures(), Net.LABELS, batch.getLabels());
    }

    private static void add(CRC32 bits, INDArray array) {
        float[] values = array.dup('c').data().asFloat();
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
        bytes.asFloatBuffer().put(values);
        bits.update(bytes);
    }
}
