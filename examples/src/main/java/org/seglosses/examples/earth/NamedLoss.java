package org.seglosses.examples.earth;

import org.deeplearning4j.nn.conf.layers.CnnLossLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.lossfunctions.ILossFunction;
import org.nd4j.linalg.lossfunctions.impl.LossMCXENT;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A loss that the example can train with.
 *
 * @param name what the command line calls it
 * @param title what the page calls it
 * @param purpose what it is for, in a few words
 * @param function the loss
 * @param stock whether it is one of DL4J's own, which come with DL4J's own layer
 */
record NamedLoss(String name, String title, String purpose, ILossFunction function, boolean stock) {

    /** Every loss by name; the first is the one that others are compared with. */
    static final List<NamedLoss> ALL =
            List.of(
                    new NamedLoss(
                            "mcxent",
                            "DL4J LossMCXENT",
                            "the baseline: DL4J's own cross entropy",
                            new LossMCXENT(),
                            true),
                    ours("ce", "Cross entropy", "the same loss, computed here", new LossMCXENT()),
                    ours(
                            "ohem",
                            "OHEM",
                            "cross entropy of the hardest pixels alone",
                            new LossMCXENT(Nd4jStandIn.w(1, 2))),
                    ours(
                            "boundary",
                            "Cross entropy + Boundary",
                            "adds the boundary F1 to what is learned",
                            new LossMCXENT(Nd4jStandIn.w(2, 1))),
                    ours(
                            "lovasz",
                            "Lovász-Softmax",
                            "learns the IoU itself",
                            new LossMCXENT(Nd4jStandIn.w(1, 4))),
                    ours(
                            "ce+lovasz",
                            "Cross entropy + Lovász",
                            "both",
                            new LossMCXENT(Nd4jStandIn.w(4, 1))));

    private static NamedLoss ours(
            String name, String title, String purpose, ILossFunction function) {
        return new NamedLoss(name, title, purpose, function, false);
    }

    /** The losses of a comma-separated list of names, or of "all". */
    static List<NamedLoss> parse(String list) {
        if (list.strip().equals("all")) {
            return ALL;
        }
        return Stream.of(list.split(",", -1))
                .map(String::strip)
                .distinct()
                .map(NamedLoss::named)
                .toList();
    }

    private static NamedLoss named(String name) {
        return ALL.stream()
                .filter(loss -> loss.name.equals(name))
                .findFirst()
                .orElseThrow(
                        () ->
                                new IllegalArgumentException(
                                        "unknown loss \"%s\"; known are %s, or all"
                                                .formatted(name, names())));
    }

    static String names() {
        return ALL.stream().map(NamedLoss::name).collect(Collectors.joining(", "));
    }

    /** The last layer of a network that learns with this loss. */
    Layer layer() {
        return new CnnLossLayer.Builder(function).activation(Activation.SOFTMAX).build();
    }

    /** A batch with labels in the form that {@link #layer()} takes. */
    DataSet dataSet(Batch batch, int classes) {
        return batch.oneHot(classes);
    }

    /**
     * DL4J's own losses sum over the pixels of a tile, ours average: this makes them comparable.
     */
    double perPixel(double score) {
        return score / Tile.PIXELS;
    }
}
