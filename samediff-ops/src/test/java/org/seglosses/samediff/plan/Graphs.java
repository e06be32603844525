package org.seglosses.samediff.plan;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.factory.Nd4j;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Graphs as people write them for segmentation, with inputs for them. */
record Graphs(SameDiff graph, Map<String, INDArray> inputs, String loss, String wrt) {

    static INDArray logits(DataType type, long seed, long... shape) {
        return Nd4j.randn(0, 1, shape, Nd4j.getRandomFactory().getNewRandomInstance(seed))
                .castTo(type);
    }

    static INDArray oneHot(DataType type, long n, long c, long h, long w) {
        INDArray labels = Nd4j.zeros(type, n, c, h, w);
        for (long i = 0; i < n; i++) {
            for (long y = 0; y < h; y++) {
                for (long x = 0; x < w; x++) {
                    labels.putScalar(new long[] {i, (y / 3 + x / 4 + i) % c, y, x}, 1);
                }
            }
        }
        return labels;
    }

    static SDVariable softmax(SameDiff sd, SDVariable x) {
        SDVariable e = sd.math().exp(x.sub(x.max(true, 1)));
        return e.div(e.sum(true, 1));
    }

    static SDVariable crossEntropy(SameDiff sd, SDVariable x, SDVariable y) {
        SDVariable shifted = x.sub(x.max(true, 1));
        SDVariable logSum = sd.math().log(sd.math().exp(shifted).sum(true, 1));
        return logSum.sub(shifted.mul(y).sum(true, 1)).mean();
    }

    static SDVariable dice(SameDiff sd, SDVariable x, SDVariable y) {
        SDVariable p = softmax(sd, x);
        SDVariable both = p.mul(y).sum(0, 2, 3);
        SDVariable all = p.sum(0, 2, 3).add(y.sum(0, 2, 3));
        return both.mul(2).div(all.add(1e-7)).rsub(1.0).mean();
    }

    private static SDVariable maxPool(SameDiff sd, SDVariable x, int k) {
        return sd.cnn()
                .maxPooling2d(
                        x,
                        Pooling2DConfig.builder()
                                .kH(k)
                                .kW(k)
                                .sH(1)
                                .sW(1)
                                .pH(k / 2)
                                .pW(k / 2)
                                .isNHWC(false)
                                .build());
    }

    static SDVariable boundary(SameDiff sd, SDVariable x, SDVariable y) {
        SDVariable notP = softmax(sd, x).rsub(1.0);
        SDVariable notY = y.rsub(1.0);
        SDVariable edgeP = maxPool(sd, notP, 3).sub(notP);
        SDVariable edgeY = maxPool(sd, notY, 3).sub(notY);
        SDVariable p = edgeP.mul(maxPool(sd, edgeY, 5)).sum(2, 3).div(edgeP.sum(2, 3).add(1e-7));
        SDVariable r = maxPool(sd, edgeP, 5).mul(edgeY).sum(2, 3).div(edgeY.sum(2, 3).add(1e-7));
        return p.mul(r).mul(2).div(p.add(r).add(1e-7)).rsub(1.0).mean();
    }

    private static Graphs loss(DataType type, Loss loss, long n, long c, long h, long w) {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("logits", type, -1, c, h, w);
        SDVariable y = sd.placeHolder("labels", type, -1, c, h, w);
        SDVariable l = loss.define(sd, x, y).rename("loss");
        l.markAsLoss();
        Map<String, INDArray> inputs = new LinkedHashMap<>();
        inputs.put("logits", logits(type, 7, n, c, h, w));
        inputs.put("labels", oneHot(type, n, c, h, w));
        return new Graphs(sd, inputs, "loss", "logits");
    }

    private interface Loss {
        SDVariable define(SameDiff sd, SDVariable x, SDVariable y);
    }

    static Graphs crossEntropy(DataType type) {
        return loss(type, Graphs::crossEntropy, 2, 3, 12, 10);
    }

    static Graphs dice(DataType type) {
        return loss(type, Graphs::dice, 2, 3, 12, 10);
    }

    static Graphs boundary(DataType type) {
        return loss(type, Graphs::boundary, 2, 3, 16, 18);
    }

    static Graphs convolution(DataType type) {
        SameDiff sd = SameDiff.create();
        SDVariable x = sd.placeHolder("features", type, -1, 2, 8, 8);
        SDVariable y = sd.placeHolder("labels", type, -1, 3, 8, 8);
        SDVariable w = sd.var("w", logits(type, 1, 3, 3, 2, 4).muli(0.3));
        SDVariable b = sd.var("b", logits(type, 2, 4));
        SDVariable v = sd.var("v", logits(type, 3, 1, 1, 4, 3));
        Conv2DConfig same =
                Conv2DConfig.builder()
                        .kH(3)
                        .kW(3)
                        .paddingMode(
                                org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode
                                        .SAME)
                        .build();
        Conv2DConfig one = Conv2DConfig.builder().kH(1).kW(1).build();
        SDVariable hidden = sd.nn().relu(sd.cnn().conv2d(x, w, b, same), 0);
        SDVariable logits = sd.cnn().conv2d(hidden, v, one);
        SDVariable l = crossEntropy(sd, logits, y).rename("loss");
        l.markAsLoss();
        Map<String, INDArray> inputs = new LinkedHashMap<>();
        inputs.put("features", logits(type, 4, 2, 2, 8, 8));
        inputs.put("labels", oneHot(type, 2, 3, 8, 8));
        return new Graphs(sd, inputs, "loss", "w");
    }

    static List<Graphs> all() {
        List<Graphs> all = new ArrayList<>();
        for (DataType type : List.of(DataType.FLOAT, DataType.DOUBLE)) {
            all.add(crossEntropy(type));
            all.add(dice(type));
            all.add(boundary(type));
            all.add(convolution(type));
        }
        return all;
    }

    GraphPlan.Builder plan(SameDiff of, String... outputs) {
        GraphPlan.Builder builder = GraphPlan.builder(of);
        inputs.forEach((name, array) -> builder.input(name, array.dataType(), array.shape()));
        return builder.output(outputs);
    }
}
