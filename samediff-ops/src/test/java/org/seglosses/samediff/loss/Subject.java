package org.seglosses.samediff.loss;

import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * A loss under the property tests: the mode of its samples, whether it takes fractional masks, the
 * sizes of its images, and random valid parameters of it for a number of channels.
 */
record Subject(
        String name,
        Mode mode,
        boolean fractional,
        int[][] sizes,
        Function<Parameters, SegmentationLoss> draw) {

    Subject(
            String name,
            Mode mode,
            boolean fractional,
            Function<Parameters, SegmentationLoss> draw) {
        this(name, mode, fractional, Sample.SIZES, draw);
    }

    /** Every loss in every mode. A new loss adds a line here. */
    static List<Subject> all() {
        return List.of(
                new Subject("cross entropy", Mode.MULTICLASS, true, Subject::crossEntropy),
                new Subject("OHEM", Mode.MULTICLASS, true, Subject::ohem),
                new Subject("Lovasz-Softmax", Mode.MULTICLASS, false, Subject::lovaszSoftmax),
                new Subject("Lovasz-Softmax", Mode.BINARY, false, Subject::lovaszSoftmax),
                new Subject("Lovasz hinge", Mode.BINARY, false, Subject::lovaszHinge),
                new Subject("Lovasz hinge", Mode.MULTILABEL, false, Subject::lovaszHinge),
                new Subject("boundary", Mode.MULTICLASS, false, Subject::boundary),
                new Subject("boundary", Mode.BINARY, false, Subject::boundary),
                new Subject("surface", Mode.MULTICLASS, true, Subject::surface),
                new Subject("surface", Mode.BINARY, true, Subject::surface),
                new Subject("combined", Mode.MULTICLASS, false, Subject::combined),
                new Subject("combined", Mode.BINARY, false, Subject::combinedBinary),
                new Subject("Dice", Mode.MULTICLASS, true, Subject::dice),
                new Subject("Dice", Mode.BINARY, true, Subject::dice),
                new Subject("Dice", Mode.MULTILABEL, true, Subject::dice),
                new Subject("Jaccard", Mode.MULTICLASS, true, Subject::jaccard),
                new Subject("Jaccard", Mode.BINARY, true, Subject::jaccard),
                new Subject("Jaccard", Mode.MULTILABEL, true, Subject::jaccard),
                new Subject("Tversky", Mode.MULTICLASS, true, Subject::tversky),
                new Subject("Tversky", Mode.BINARY, true, Subject::tversky),
                new Subject("Tversky", Mode.MULTILABEL, true, Subject::tversky),
                new Subject("F-beta", Mode.MULTICLASS, true, Subject::fBeta),
                new Subject("F-beta", Mode.BINARY, true, Subject::fBeta),
                new Subject("MCC", Mode.BINARY, true, Subject::mcc),
                new Subject("generalized Dice", Mode.MULTICLASS, true, Subject::generalizedDice),
                new Subject("generalized Dice", Mode.MULTILABEL, true, Subject::generalizedDice),
                new Subject("soft BCE", Mode.BINARY, true, Subject::softBce),
                new Subject("soft BCE", Mode.MULTILABEL, true, Subject::softBce),
                new Subject("focal", Mode.MULTICLASS, true, Subject::focal),
                new Subject("focal", Mode.BINARY, true, Subject::focal),
                new Subject("focal", Mode.MULTILABEL, true, Subject::focal),
                new Subject("softmax focal", Mode.MULTICLASS, true, Subject::softmaxFocal),
                new Subject("aggregate focal", Mode.MULTICLASS, true, Subject::aggregateFocal),
                new Subject("aggregate focal", Mode.BINARY, true, Subject::aggregateFocal),
                new Subject("aggregate focal", Mode.MULTILABEL, true, Subject::aggregateFocal),
                new Subject("poly-1", Mode.MULTICLASS, true, Subject::poly1),
                contour(Mode.MULTICLASS),
                contour(Mode.BINARY),
                contour(Mode.MULTILABEL),
                new Subject("duo", Mode.MULTICLASS, false, Subject::duo),
                new Subject("duo", Mode.BINARY, false, Subject::duo),
                new Subject("BCE and Dice", Mode.BINARY, true, Subject::bceDice),
                new Subject("BCE and Dice", Mode.MULTILABEL, true, Subject::bceDice),
                new Subject("combined weighted", Mode.MULTICLASS, true, Subject::combinedWeighted),
                new Subject("combined weighted", Mode.MULTILABEL, true, Subject::combinedElements));
    }

    private static Subject contour(Mode mode) {
        return new Subject(
                "active contour", mode, true, Sample.SIZES_OF_THREE, Subject::activeContour);
    }

    /** Where parameters come from. */
    static final class Parameters {
        final Random random;
        final Mode mode;
        final int channels;
        final Integer ignoreIndex;

        Parameters(long seed, Mode mode, int channels) {
            this.random = new Random(seed);
            this.mode = mode;
            this.channels = channels;
            this.ignoreIndex = oneOf(null, 255, -100);
        }

        @SafeVarargs
        final <T> T oneOf(T... values) {
            return values[random.nextInt(values.length)];
        }

        /** The mode, named where the channels do not tell it. */
        Mode namedMode() {
            return mode == Mode.MULTILABEL ? mode : oneOf(null, mode);
        }

        /** None, or one a class; one in nine of them 0. */
        double[] classWeights() {
            double[] weights = new double[random.nextBoolean() ? 0 : channels];
            for (int c = 0; c < weights.length; c++) {
                weights[c] = 0.25 * random.nextInt(9);
            }
            return weights;
        }
    }

    private static SegmentationLoss crossEntropy(Parameters p) {
        return CrossEntropy.builder()
                .smoothing(p.oneOf(0.0, 0.0, 0.1, 1.0))
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .normalizeBy(p.oneOf(NormalizeBy.values()))
                .build();
    }

    private static SegmentationLoss ohem(Parameters p) {
        return OhemCrossEntropy.builder()
                .thresh(p.oneOf(0.0, 0.3, 0.7, 1.0))
                .minKept(p.oneOf(0, 1, 5, 1000))
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .build();
    }

    private static SegmentationLoss lovaszSoftmax(Parameters p) {
        int[] some = {p.random.nextInt(p.channels)};
        return LovaszSoftmax.builder()
                .perImage(p.random.nextBoolean())
                .classes(p.random.nextInt(3) == 0 ? some : new int[0])
                .absentClass(p.oneOf(AbsentClass.values()))
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.oneOf(null, p.mode))
                .build();
    }

    private static SegmentationLoss lovaszHinge(Parameters p) {
        return LovaszHinge.builder()
                .perImage(p.random.nextBoolean())
                .flatten(p.random.nextBoolean())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.mode)
                .build();
    }

    private static SegmentationLoss boundary(Parameters p) {
        return Boundary.builder()
                .theta0(p.oneOf(3, 5))
                .theta(p.oneOf(3, 5, 19))
                .absentClass(p.oneOf(AbsentClass.values()))
                .complement(p.random.nextBoolean())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.oneOf(null, p.mode))
                .build();
    }

    private static SegmentationLoss surface(Parameters p) {
        int[] some = {p.random.nextInt(p.channels)};
        return Surface.builder()
                .classes(p.random.nextInt(3) == 0 ? some : new int[0])
                .absentClass(p.oneOf(AbsentClass.ZERO, AbsentClass.EXCLUDE))
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.oneOf(null, p.mode))
                .build();
    }

    private static SegmentationLoss combined(Parameters p) {
        return Combined.builder()
                .add(p.oneOf(0.0, 1.0), crossEntropy(p))
                .add(0.5, boundary(p))
                .add(2, lovaszSoftmax(p))
                .build();
    }

    private static SegmentationLoss combinedBinary(Parameters p) {
        return Combined.builder().add(0.5, lovaszHinge(p)).add(1, boundary(p)).build();
    }

    private static <B extends RegionBuilder<B>> B region(B builder, Parameters p) {
        int[] some = {p.random.nextInt(p.channels)};
        boolean logLoss = p.random.nextInt(3) == 0;
        return builder.smooth(p.oneOf(0.0, 0.0, 1e-5, 1.0))
                .smoothDenominator(p.oneOf(null, null, null, 0.0, 2.0))
                .eps(p.oneOf(1e-7, 1e-7, 1e-3, logLoss ? 0.5 : 2.0))
                .squaredDenominator(p.random.nextInt(3) == 0)
                .logLoss(logLoss)
                .perImage(p.random.nextBoolean())
                .absentClass(p.oneOf(AbsentClass.values()))
                .classes(p.random.nextInt(3) == 0 ? some : new int[0])
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.namedMode());
    }

    private static SegmentationLoss dice(Parameters p) {
        return region(Dice.builder(), p).build();
    }

    private static SegmentationLoss jaccard(Parameters p) {
        return region(Jaccard.builder(), p).build();
    }

    private static SegmentationLoss tversky(Parameters p) {
        Tversky.Builder<Tversky> builder =
                Tversky.builder()
                        .alpha(p.oneOf(0.0, 0.3, 1.0, 2.0))
                        .beta(p.oneOf(0.0, 0.5, 0.7, 1.5))
                        .gamma(p.oneOf(1.0, 0.75, 0.3, 2.0));
        return region(builder, p).squaredDenominator(false).build();
    }

    private static SegmentationLoss fBeta(Parameters p) {
        FBeta.Builder<FBeta> builder = FBeta.builder().beta(p.oneOf(0.5, 1.0, 2.0));
        return region(builder, p).squaredDenominator(false).build();
    }

    private static SegmentationLoss mcc(Parameters p) {
        return Mcc.builder().eps(p.oneOf(1e-5, 1e-9, 0.5)).ignoreIndex(p.ignoreIndex).build();
    }

    private static SegmentationLoss generalizedDice(Parameters p) {
        double smooth = p.oneOf(1e-5, 1e-5, 1.0, 0.0);
        int[] some = {p.random.nextInt(p.channels)};
        return GeneralizedDice.builder()
                .weighting(p.oneOf(GeneralizedDice.Weighting.values()))
                .smooth(smooth)
                .smoothDenominator(smooth == 0 ? Double.valueOf(1e-3) : p.oneOf(null, 2.0))
                .smoothInPixels(p.random.nextBoolean())
                .perImage(p.random.nextBoolean())
                .classes(p.random.nextInt(3) == 0 ? some : new int[0])
                .ignoreIndex(p.ignoreIndex)
                .mode(p.namedMode())
                .build();
    }

    private static SegmentationLoss softBce(Parameters p) {
        return SoftBce.builder()
                .smoothing(p.oneOf(0.0, 0.0, 0.1, 1.0))
                .classWeights(p.classWeights())
                .posWeight(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .normalizeBy(p.oneOf(NormalizeBy.values()))
                .mode(p.namedMode())
                .build();
    }

    private static SegmentationLoss focal(Parameters p) {
        return Focal.builder()
                .gamma(p.oneOf(2.0, 0.0, 0.5, 1.0, 3.5))
                .alpha(p.oneOf(null, 0.0, 0.25, 1.0))
                .reducedThreshold(p.oneOf(null, null, 0.5, 1.0, 0.05))
                .normalized(p.random.nextInt(3) == 0)
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .normalizeBy(p.oneOf(NormalizeBy.values()))
                .mode(p.namedMode())
                .build();
    }

    private static SegmentationLoss softmaxFocal(Parameters p) {
        return Focal.builder()
                .form(Focal.Form.SOFTMAX)
                .gamma(p.oneOf(2.0, 0.0, 0.5, 1.0, 3.5))
                .alpha(p.oneOf(null, 0.25, 3.0))
                .reducedThreshold(p.oneOf(null, null, 0.5, 1.0, 0.05))
                .normalized(p.random.nextInt(3) == 0)
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .normalizeBy(p.oneOf(NormalizeBy.values()))
                .mode(p.namedMode())
                .build();
    }

    private static SegmentationLoss aggregateFocal(Parameters p) {
        return Focal.builder()
                .form(Focal.Form.AGGREGATE)
                .gamma(p.oneOf(2.0, 0.0, 0.5, 1.0))
                .alpha(p.oneOf(null, 0.5, 3.0))
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .normalizeBy(p.oneOf(NormalizeBy.values()))
                .mode(p.namedMode())
                .build();
    }

    private static SegmentationLoss poly1(Parameters p) {
        return Poly1CrossEntropy.builder()
                .epsilon(p.oneOf(1.0, 0.0, 5.0))
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .normalizeBy(p.oneOf(NormalizeBy.values()))
                .build();
    }

    private static SegmentationLoss activeContour(Parameters p) {
        return ActiveContour.builder()
                .weight(p.oneOf(10.0, 0.0, 0.1))
                .symmetric(p.random.nextBoolean())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.namedMode())
                .build();
    }

    private static SegmentationLoss duo(Parameters p) {
        int[] some = {p.random.nextInt(p.channels)};
        return Duo.builder()
                .perImage(p.random.nextBoolean())
                .classes(p.random.nextInt(3) == 0 ? some : new int[0])
                .classWeights(p.classWeights())
                .absentClass(p.oneOf(AbsentClass.values()))
                .theta0(p.oneOf(3, 5))
                .theta(p.oneOf(3, 7))
                .complement(p.random.nextBoolean())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.oneOf(null, p.mode))
                .build();
    }

    private static SegmentationLoss bceDice(Parameters p) {
        return BceDice.builder()
                .smoothing(p.oneOf(0.0, 0.1))
                .posWeight(p.classWeights())
                .normalizeBy(p.oneOf(NormalizeBy.values()))
                .smooth(p.oneOf(1.0, 0.0))
                .perImage(p.random.nextBoolean())
                .absentClass(p.oneOf(AbsentClass.values()))
                .classWeights(p.classWeights())
                .ignoreIndex(p.ignoreIndex)
                .mode(p.namedMode())
                .build();
    }

    private static SegmentationLoss combinedWeighted(Parameters p) {
        return Combined.builder()
                .add(1, crossEntropy(p))
                .add(0.5, dice(p))
                .add(0.25, jaccard(p))
                .add(p.oneOf(0.0, 2.0), softmaxFocal(p))
                .build();
    }

    private static SegmentationLoss combinedElements(Parameters p) {
        return Combined.builder()
                .add(1, softBce(p))
                .add(0.5, tversky(p))
                .add(0.25, focal(p))
                .build();
    }

    /** Whether the loss has no least value 0: distances inside the target count as negative. */
    boolean mayBeNegative() {
        return name.equals("surface");
    }

    /** A loss and a sample for it. */
    record Draw(SegmentationLoss loss, Sample sample) {}

    /** Draws from 21 combinations of parameters and shapes, since each needs a graph of its own. */
    Draw draw(int seed, double scale) {
        int variant = seed % 21;
        int channels =
                switch (mode) {
                    case MULTICLASS -> 2 + variant % 3;
                    case BINARY -> 1;
                    case MULTILABEL -> 1 + variant % 3;
                };
        SegmentationLoss loss = draw.apply(new Parameters(variant, mode, channels));
        int[] size = sizes[variant % sizes.length];
        boolean weighted = fractional && variant % 4 == 0;
        Random random = new Random(seed);
        return new Draw(loss, Sample.draw(random, mode, channels, size, scale, weighted));
    }

    @Override
    public String toString() {
        return name + " " + mode;
    }
}
