package org.seglosses.onednn;

import org.deeplearning4j.nn.layers.convolution.ConvolutionLayer;
import org.deeplearning4j.nn.layers.convolution.subsampling.SubsamplingLayer;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNConvHelper;
import org.deeplearning4j.nn.layers.mkldnn.MKLDNNSubsamplingHelper;

import java.lang.management.ManagementFactory;
import java.util.OptionalLong;

import javax.management.JMException;
import javax.management.ObjectName;

/**
 * Counts the layers in this JVM that were built too early to have a oneDNN helper.
 *
 * <p>DL4J keeps no list of its layers, and a layer reads the system property when it is created and
 * never again, without a trace. So the JVM is asked how many objects of each class are alive, which
 * is what {@code jcmd GC.class_histogram} prints: layers and helpers come in pairs, and what is
 * left over was late. It costs one garbage collection.
 */
final class LivingLayers {

    private static final String LAYERS = "org.deeplearning4j.nn.layers.";

    /** Columns of a line: rank, objects, bytes, class. */
    private static final int OBJECTS = 1;

    private static final int CLASS = 3;

    private LivingLayers() {}

    /**
     * Counts convolution and pooling layers without helper. Batch normalization is left out: with a
     * fixed scale it has none by design.
     *
     * @return the number; empty on a JVM that does not tell
     */
    static OptionalLong withoutHelper() {
        String histogram;
        try {
            histogram =
                    (String)
                            ManagementFactory.getPlatformMBeanServer()
                                    .invoke(
                                            new ObjectName(
                                                    "com.sun.management:type=DiagnosticCommand"),
                                            "gcClassHistogram",
                                            new Object[] {new String[0]},
                                            new String[] {String[].class.getName()});
        } catch (JMException | RuntimeException e) {
            return OptionalLong.empty();
        }
        long convolutions = 0;
        long poolings = 0;
        for (String line : (Iterable<String>) histogram.lines()::iterator) {
            String[] columns = line.strip().split("\\s+");
            if (columns.length <= CLASS || !columns[CLASS].startsWith(LAYERS)) {
                continue;
            }
            Class<?> type = named(columns[CLASS]);
            long objects = Long.parseLong(columns[OBJECTS]);
            if (ConvolutionLayer.class.isAssignableFrom(type)) {
                convolutions += objects;
            } else if (SubsamplingLayer.class.isAssignableFrom(type)) {
                poolings += objects;
            } else if (type == MKLDNNConvHelper.class) {
                convolutions -= objects;
            } else if (type == MKLDNNSubsamplingHelper.class) {
                poolings -= objects;
            }
        }
        // A user's subclass elsewhere has a helper that is counted and a layer that is not.
        return OptionalLong.of(Math.max(0, convolutions) + Math.max(0, poolings));
    }

    private static Class<?> named(String name) {
        try {
            return Class.forName(name, false, ConvolutionLayer.class.getClassLoader());
        } catch (ClassNotFoundException | LinkageError e) {
            return Object.class;
        }
    }
}
