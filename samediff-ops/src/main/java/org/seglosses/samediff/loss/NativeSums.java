package org.seglosses.samediff.loss;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Pooling2DConfig;
import org.nd4j.linalg.factory.Nd4j;
import org.seglosses.samediff.op.ElementSums;
import org.seglosses.samediff.op.Target;
import org.seglosses.samediff.op.ValidValues;

import java.util.Arrays;
import java.util.List;

/**
 * The sums over pixels that losses are made of, as graphs of ND4J's own ops on logits: on a GPU the
 * logits stay there, and codes and sums alone travel. Each has the shape, the columns and the
 * meaning of the Java op that it stands for.
 *
 * <p>Differences: a logit that is greater than 1e18 may make NaN of the sums, and below -1e30 one
 * is -infinity.
 */
final class NativeSums {

    /** Less than any value of a boundary map or logit, and far from where a product overflows. */
    private static final double NOTHING = 1e30;

    /** As an integer of 64 bits holds it. */
    private static final double LARGEST = 1e18;

    private final SameDiff sd;
    private final boolean softmax;
    private final int channels;
    private final DataType type;

    /** The logits with 0 at void pixels. */
    private final SDVariable logits;

    /** 1 at valid pixels and 0 at void ones, {@code [N,1,H,W]} or {@code [N,C,H,W]}. */
    private final SDVariable valid;

    /** Labels {@code [N,C,H,W]}, 0 where void. */
    private final SDVariable y;

    /** Weights, of the shape of {@link #valid}, 0 where void. */
    private final SDVariable w;

    /**
     * @param logits {@code [N,C,H,W]}
     * @param target labels and weights; soft labels {@code [N,C,H,W]}
     * @param softmax whether probabilities are the softmax, and not sigmoids
     * @param channels C
     */
    NativeSums(SDVariable logits, Target target, boolean softmax, int channels) {
        this.sd = logits.getSameDiff();
        this.softmax = softmax;
        this.channels = channels;
        this.type = logits.dataType();
        SDVariable codes = target.codes();
        this.valid = codes.neq(integers(-1)).castTo(type);
        SDVariable everywhere = valid.add(ofEachChannel(0));
        this.logits = ValidValues.of(logits, everywhere);
        if (target.soft() != null) {
            this.y = ValidValues.of(target.soft(), everywhere);
        } else if (target.onePerPixel()) {
            int[] classes = new int[channels];
            Arrays.setAll(classes, c -> c);
            this.y = codes.eq(integers(classes)).castTo(type);
        } else {
            this.y = codes.eq(integers(1)).castTo(type);
        }
        this.w = target.weights() == null ? valid : valid.mul(target.weights());
    }

    /** See {@link org.seglosses.samediff.op.RegionSums}. */
    SDVariable regions(boolean squarePredicted, boolean squareLabelled) {
        SDVariable p = probabilities();
        // not p less p*y: that would cost the gradient its digits
        SDVariable only = p.mul(squarePredicted ? p.sub(y) : y.rsub(1));
        return columns(
                sum(w.mul(p.mul(y))),
                sum(w.mul(only)),
                sum(w.mul(squareLabelled ? y.mul(y) : y)),
                ofEachChannel(sum(w)));
    }

    /** See {@link org.seglosses.samediff.op.CrossEntropySums}. */
    SDVariable crossEntropy(List<Double> classWeights, double smoothing) {
        SDVariable labels = smoothed(smoothing);
        SDVariable ofClasses = y;
        if (!classWeights.isEmpty()) {
            SDVariable weights = perChannel(classWeights);
            labels = labels.mul(weights);
            ofClasses = y.mul(weights);
        }
        SDVariable terms = labels.mul(entropies(smoothing)).mul(w);
        SDVariable weights = ofClasses.mul(w);
        return sd.stack(
                1,
                sum(terms).sum(1),
                sum(weights).sum(1), // a sum over one channel fails in SameDiff's own session
                sd.squeeze(sum(valid.mul(0).add(1)), 1));
    }

    /** See {@link ElementSums}. */
    SDVariable elements(
            ElementSums.Entropy entropy,
            ElementSums.Modulation modulation,
            List<Double> positiveWeights) {
        return entropy == ElementSums.Entropy.SOFTMAX
                ? ofPixels(modulation)
                : ofElements(modulation, positiveWeights);
    }

    /** Whether {@link #elements} has them: a power below 1 has no bounded derivative at 0. */
    static boolean has(ElementSums.Modulation modulation) {
        return modulation.gamma() == 0 || modulation.gamma() >= 1;
    }

    private SDVariable ofElements(ElementSums.Modulation modulation, List<Double> positiveWeights) {
        double s = modulation.smoothing();
        SDVariable z = sigmoidLogits();
        SDVariable label = s == 0 ? y : y.mul(1 - 2 * s).add(s);
        SDVariable one = label.mul(softplus(z.neg()));
        if (!positiveWeights.isEmpty()) {
            one = one.mul(perChannel(positiveWeights));
        }
        SDVariable entropy = one.add(label.rsub(1).mul(softplus(z)));
        double alpha = modulation.alpha();
        SDVariable share = Double.isNaN(alpha) ? w : y.mul(2 * alpha - 1).add(1 - alpha).mul(w);
        SDVariable factor = factor(modulation, entropy);
        return columns(
                sum(share.mul(term(modulation, entropy, entropy, factor))),
                ofEachChannel(sum(w)),
                ofEachChannel(sum(valid.mul(0).add(1))),
                ofEachChannel(sum(factor == null ? w : w.mul(factor))));
    }

    private SDVariable ofPixels(ElementSums.Modulation modulation) {
        SDVariable label = smoothed(modulation.smoothing());
        SDVariable own = entropies(modulation.smoothing());
        SDVariable entropy = label.mul(own).sum(true, 1);
        SDVariable factor = factor(modulation, entropy);
        SDVariable share = label.mul(w);
        double alpha = Double.isNaN(modulation.alpha()) ? 1 : modulation.alpha();
        double[] first = new double[channels];
        first[0] = 1;
        return columns(
                sum(share.mul(term(modulation, own, entropy, factor))).mul(alpha),
                sum(y.mul(w)),
                sum(valid.mul(0).add(1)).mul(row(first)),
                sum(factor == null ? share : share.mul(factor)));
    }

    /** {@code f*e + g}. */
    private SDVariable term(
            ElementSums.Modulation modulation,
            SDVariable own,
            SDVariable entropy,
            SDVariable factor) {
        SDVariable term = factor == null ? own : own.mul(factor);
        return modulation.poly() == 0 ? term : term.add(miss(entropy).mul(modulation.poly()));
    }

    /** f, or null for 1. */
    private SDVariable factor(ElementSums.Modulation modulation, SDVariable entropy) {
        double t = modulation.reduced();
        if (modulation.gamma() == 0) {
            return null;
        }
        SDVariable power = sd.math().pow(miss(entropy), modulation.gamma());
        if (t == 0) {
            return power;
        }
        SDVariable hard = miss(entropy).rsub(1).lt(t).castTo(type);
        return hard.add(hard.rsub(1).mul(power).mul(Math.pow(t, -modulation.gamma())));
    }

    /** {@code q = 1 - exp(-e)}; rounding may leave an entropy below 0, of which no power is. */
    private SDVariable miss(SDVariable entropy) {
        return sd.nn().relu(sd.math().expm1(entropy.neg()).neg(), 0);
    }

    /**
     * See {@link org.seglosses.samediff.op.BoundarySums}; the target's maps are made here too.
     *
     * @return the sums, and an integer array with as many channels as there are maps
     */
    SDVariable[] boundary(int theta0, int theta, boolean complement) {
        SDVariable p = probabilities().mul(valid);
        SDVariable predicted = p.neg();
        SDVariable labelled = y.neg();
        if (complement) {
            predicted = sd.concat(1, predicted, p);
            labelled = sd.concat(1, labelled, y);
        }
        SDVariable[] ofPrediction = boundaryOf(predicted, theta0, theta);
        SDVariable[] ofTarget = boundaryOf(labelled, theta0, theta);
        SDVariable sums =
                columns(
                        sum(ofPrediction[0].mul(ofTarget[1])),
                        sum(ofPrediction[0]),
                        sum(ofPrediction[1].mul(ofTarget[0])),
                        sum(ofTarget[0]));
        return new SDVariable[] {sums.castTo(type), ofTarget[0].castTo(DataType.INT32)};
    }

    /** The boundary and its extension, of x in the place of {@code 1-p}. */
    private SDVariable[] boundaryOf(SDVariable x, int theta0, int theta) {
        SDVariable boundary = pool(x, theta0).sub(x).mul(valid);
        return new SDVariable[] {boundary, pool(boundary, theta).mul(valid)};
    }

    /** The maximum over a window around each pixel, void pixels left out. */
    private SDVariable pool(SDVariable x, int window) {
        Pooling2DConfig config =
                Pooling2DConfig.builder()
                        .kH(window)
                        .kW(window)
                        .sH(1)
                        .sW(1)
                        .paddingMode(PaddingMode.SAME)
                        .isNHWC(false)
                        .build();
        return sd.cnn().maxPooling2d(x.sub(valid.rsub(1).mul(NOTHING)), config);
    }

    /** The logits, NaN where they are infinite. */
    private SDVariable sigmoidLogits() {
        return logits.add(logits.mul(0));
    }

    /**
     * The logits with a number for -infinity of which the exponential is 0. NaN where they are
     * +infinity, and in all channels of a pixel that has no finite one or -infinity where its label
     * has a share.
     */
    private SDVariable softmaxLogits(double smoothing) {
        SDVariable lowest = sd.math().clipByValue(logits, -NOTHING, Double.POSITIVE_INFINITY);
        SDVariable none = logits.lte(-NOTHING).castTo(type);
        // at void pixels there is none
        SDVariable wrong = (smoothing == 0 ? none.mul(y) : none).sum(true, 1);
        SDVariable all = logits.max(true, 1).lte(-NOTHING).castTo(type);
        SDVariable allowed = wrong.add(all).eq(0).castTo(type);
        // 0 / 1 and 0 / 0
        return lowest.add(lowest.mul(0)).add(allowed.rdiv(0));
    }

    private SDVariable probabilities() {
        if (!softmax) {
            // ND4J's sigmoid loses the gradient where it rounds to 1
            return sd.math().exp(softplus(sigmoidLogits().neg()).neg());
        }
        // not of the entropies, which have the rounding of the largest logit
        SDVariable z = softmaxLogits(0);
        SDVariable share = sd.math().exp(z.sub(constant(z.max(true, 1))));
        return share.div(share.sum(true, 1));
    }

    /** {@code log(1 + exp(x))}, the negative logarithm of the sigmoid of -x. */
    private SDVariable softplus(SDVariable x) {
        SDVariable peak = constant(sd.nn().relu(x, 0));
        SDVariable sum = sd.math().exp(x.sub(peak)).add(sd.math().exp(peak.neg()));
        return peak.add(sd.math().log(sum));
    }

    /**
     * The negative logarithm of the softmax; ND4J's own is that of a number that may have become 0.
     */
    private SDVariable entropies(double smoothing) {
        SDVariable z = softmaxLogits(smoothing);
        SDVariable peak = constant(z.max(true, 1));
        SDVariable sum = sd.math().exp(z.sub(peak)).sum(true, 1);
        return peak.add(sd.math().log(sum)).sub(z);
    }

    /**
     * About x, for exponents that do not overflow; whatever it is, it has no gradient. SameDiff
     * finds none through an integer.
     */
    private SDVariable constant(SDVariable x) {
        return sd.math().clipByValue(x, -LARGEST, LARGEST).castTo(DataType.INT64).castTo(type);
    }

    /** {@code y_c*(1-s) + s/C * sum y}. */
    private SDVariable smoothed(double smoothing) {
        return smoothing == 0
                ? y
                : y.mul(1 - smoothing).add(y.sum(true, 1).mul(smoothing / channels));
    }

    /** Over H and W, over H in DOUBLE: single precision loses digits of large maps. */
    private SDVariable sum(SDVariable x) {
        return x.sum(3).castTo(DataType.DOUBLE).sum(2);
    }

    /** A number for each channel, {@code [1,C,1,1]}. */
    private SDVariable ofEachChannel(double value) {
        return sd.constant(Nd4j.valueArrayOf(new long[] {1, channels, 1, 1}, value, type));
    }

    /** {@code [N,1]}, or {@code [N,C]}, as {@code [N,C]}. */
    private SDVariable ofEachChannel(SDVariable sums) {
        double[] ones = new double[channels];
        Arrays.fill(ones, 1);
        return sums.mul(row(ones));
    }

    private SDVariable columns(SDVariable... sums) {
        return sd.stack(2, sums);
    }

    private SDVariable row(double... values) {
        return sd.constant(Nd4j.createFromArray(new double[][] {values}));
    }

    private SDVariable perChannel(List<Double> values) {
        double[] all = values.stream().mapToDouble(Double::doubleValue).toArray();
        return sd.constant(Nd4j.createFromArray(all).castTo(type).reshape(1, all.length, 1, 1));
    }

    private SDVariable integers(int... values) {
        return sd.constant(Nd4j.createFromArray(values).reshape(1, values.length, 1, 1));
    }
}
