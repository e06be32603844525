package org.seglosses.samediff.loss;

import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * A loss under the property tests: the mode of its samples, whether it takes fractional masks, and
 * random valid parameters of it for a number of channels.
 */
record Subject(
        String name, Mode mode, boolean fractional, Function<Parameters, SegmentationLoss> draw) {

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
                new Subject("combined", Mode.BINARY, false, Subject::combinedBinary));
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
        int[] size = Sample.SIZES[variant % Sample.SIZES.length];
        boolean weighted = fractional && variant % 4 == 0;
        Random random = new Random(seed);
        return new Draw(loss, Sample.draw(random, mode, channels, size, scale, weighted));
    }

    @Override
    public String toString() {
        return name + " " + mode;
    }
}
