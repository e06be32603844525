package org.seglosses.samediff.loss;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The losses by their definitions: plain loops in double, written without looking at the ops. */
final class ReferenceLosses {

    private ReferenceLosses() {}

    /** The loss of a batch. */
    static double loss(SegmentationLoss loss, Sample s) {
        if (loss instanceof Combined combined) {
            double sum = 0;
            for (Combined.Term term : combined.terms()) {
                sum += term.weight() * loss(term.loss(), s);
            }
            return sum;
        } else if (loss instanceof Duo duo) {
            return (loss(duo.lovasz(), s) + loss(duo.boundary(), s)) / 2;
        } else if (loss instanceof BceDice both) {
            return loss(both.bce(), s) + loss(both.dice(), s);
        }
        double sum = 0;
        double[] groups = groups(loss, s, loss.perImage());
        for (double group : groups) {
            sum += group;
        }
        return sum / groups.length;
    }

    /** The loss of each image taken alone, or of the batch as one. */
    static double[] groups(SegmentationLoss loss, Sample s, boolean eachImage) {
        double[] losses = new double[eachImage ? s.n() : 1];
        for (int g = 0; g < losses.length; g++) {
            Sample group = eachImage ? s.images(g) : s;
            losses[g] = group(loss, group);
        }
        return losses;
    }

    private static double group(SegmentationLoss loss, Sample s) {
        if (loss instanceof CrossEntropy crossEntropy) {
            return crossEntropy(crossEntropy, s);
        } else if (loss instanceof OhemCrossEntropy ohem) {
            return ohem(ohem, s);
        } else if (loss instanceof LovaszSoftmax lovasz) {
            return lovaszSoftmax(lovasz, s);
        } else if (loss instanceof LovaszHinge hinge) {
            return lovaszHinge(hinge, s);
        } else if (loss instanceof Boundary boundary) {
            return boundary(boundary, s);
        } else if (loss instanceof Surface surface) {
            return surface(surface, s);
        } else if (loss instanceof Combined combined) {
            double sum = 0;
            for (Combined.Term term : combined.terms()) {
                sum += term.weight() * group(term.loss(), s);
            }
            return sum;
        }
        return newer(loss, s);
    }

    private static double newer(SegmentationLoss loss, Sample s) {
        if (loss instanceof Dice dice) {
            return region(dice.options(), s, 1, ReferenceLosses::dice);
        } else if (loss instanceof FBeta fBeta) {
            return region(fBeta.options(), s, 1, (sums, o) -> fBeta(fBeta, sums, o));
        } else if (loss instanceof Jaccard jaccard) {
            return region(jaccard.options(), s, 1, ReferenceLosses::jaccard);
        } else if (loss instanceof Tversky tversky) {
            return region(
                    tversky.options(), s, tversky.gamma(), (sums, o) -> tversky(tversky, sums, o));
        } else if (loss instanceof Mcc mcc) {
            return matthews(mcc, s);
        } else if (loss instanceof GeneralizedDice dice) {
            return generalizedDice(dice, s);
        } else if (loss instanceof SoftBce bce) {
            return softBce(bce, s);
        } else if (loss instanceof Focal focal) {
            return focal(focal, s);
        } else if (loss instanceof Poly1CrossEntropy poly) {
            return poly1(poly, s);
        } else if (loss instanceof ActiveContour contour) {
            return activeContour(contour, s);
        } else if (loss instanceof Duo duo) {
            return (group(duo.lovasz(), s) + group(duo.boundary(), s)) / 2;
        } else if (loss instanceof BceDice both) {
            return group(both.bce(), s) + group(both.dice(), s);
        }
        throw new IllegalArgumentException("no reference for " + loss);
    }

    /** {@code -log softmax} of a class at a pixel. */
    private static double negativeLog(Sample s, int n, int c, int pixel) {
        double max = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < s.c(); k++) {
            max = Math.max(max, s.z()[s.at(n, k, pixel)]);
        }
        double sum = 0;
        for (int k = 0; k < s.c(); k++) {
            sum += Math.exp(s.z()[s.at(n, k, pixel)] - max);
        }
        return Math.log(sum) + max - s.z()[s.at(n, c, pixel)];
    }

    private static boolean isMulticlass(Sample s) {
        return s.c() > 1 && !s.perChannel();
    }

    /** Softmax over the channels, or the sigmoid of each. */
    private static double probability(Sample s, int n, int c, int pixel) {
        if (isMulticlass(s)) {
            return Math.exp(-negativeLog(s, n, c, pixel));
        }
        return 1 / (1 + Math.exp(-s.z()[s.at(n, c, pixel)]));
    }

    /** One minus the probability, without cancellation. */
    private static double inverse(Sample s, int n, int c, int pixel) {
        if (!isMulticlass(s)) {
            return 1 / (1 + Math.exp(s.z()[s.at(n, c, pixel)]));
        }
        double sum = 0;
        for (int k = 0; k < s.c(); k++) {
            sum += k == c ? 0 : probability(s, n, k, pixel);
        }
        return sum;
    }

    private static double classWeight(List<Double> weights, int c) {
        return weights.isEmpty() ? 1 : weights.get(c);
    }

    private static double crossEntropy(CrossEntropy loss, Sample s) {
        double terms = 0;
        double mass = 0;
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (s.isVoid(n, 0, pixel)) {
                    continue;
                }
                double own = 0;
                double term = 0;
                for (int c = 0; c < s.c(); c++) {
                    double weight = classWeight(loss.classWeights(), c);
                    double y = s.y(n, c, pixel);
                    own += weight * y;
                    term +=
                            ((1 - loss.smoothing()) * y + loss.smoothing() / s.c())
                                    * weight
                                    * negativeLog(s, n, c, pixel);
                }
                terms += s.weight(n, pixel) * term;
                mass += s.weight(n, pixel) * own;
            }
        }
        double divisor =
                switch (loss.normalizeBy()) {
                    case VALID -> mass;
                    case ALL_PIXELS -> s.n() * s.pixels();
                    case SUM -> 1;
                    case IMAGES -> s.n();
                };
        return divisor == 0 ? 0 : terms / divisor;
    }

    private static double ohem(OhemCrossEntropy loss, Sample s) {
        List<Double> probabilities = new ArrayList<>();
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (!s.isVoid(n, 0, pixel)) {
                    probabilities.add(Math.exp(-negativeLog(s, n, s.code(n, 0, pixel), pixel)));
                }
            }
        }
        double threshold = loss.thresh();
        int k = Math.min(loss.minKept(), probabilities.size());
        if (k > 0) {
            probabilities.sort(null);
            threshold = Math.max(threshold, probabilities.get(k - 1));
        }
        double terms = 0;
        double mass = 0;
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (s.isVoid(n, 0, pixel)) {
                    continue;
                }
                int y = s.code(n, 0, pixel);
                double negativeLog = negativeLog(s, n, y, pixel);
                if (Math.exp(-negativeLog) <= threshold) {
                    double weight = s.weight(n, pixel) * classWeight(loss.classWeights(), y);
                    terms += weight * negativeLog;
                    mass += weight;
                }
            }
        }
        return mass == 0 ? 0 : terms / mass;
    }

    private record Item(double error, boolean foreground) {}

    /** {@code <sorted errors, Jaccard gradient>}, Berman et al., algorithm 1. */
    private static double lovasz(List<Item> items) {
        List<Item> sorted = new ArrayList<>(items);
        sorted.sort(Comparator.comparingDouble(Item::error).reversed());
        int positives = (int) items.stream().filter(Item::foreground).count();
        double loss = 0;
        double before = 0;
        int foreground = 0;
        int background = 0;
        for (Item item : sorted) {
            foreground += item.foreground ? 1 : 0;
            background += item.foreground ? 0 : 1;
            double jaccard = 1 - (double) (positives - foreground) / (positives + background);
            loss += item.error * (jaccard - before);
            before = jaccard;
        }
        return loss;
    }

    private static double lovaszSoftmax(LovaszSoftmax loss, Sample s) {
        boolean binary = s.c() == 1;
        double sum = 0;
        double mass = 0;
        boolean anyValid = false;
        for (int c = 0; c < s.c(); c++) {
            if (!loss.classes().isEmpty() && !loss.classes().contains(c)) {
                continue;
            }
            List<Item> items = new ArrayList<>();
            for (int n = 0; n < s.n(); n++) {
                for (int pixel = 0; pixel < s.pixels(); pixel++) {
                    if (!s.isVoid(n, 0, pixel)) {
                        boolean foreground = s.code(n, 0, pixel) == (binary ? 1 : c);
                        double p = probability(s, n, c, pixel);
                        items.add(new Item(foreground ? 1 - p : p, foreground));
                    }
                }
            }
            anyValid |= !items.isEmpty();
            double weight = classWeight(loss.classWeights(), c);
            boolean present = items.stream().anyMatch(Item::foreground);
            if (present || loss.absentClass() == AbsentClass.PENALIZE) {
                sum += weight * lovasz(items);
            }
            if (present || loss.absentClass() != AbsentClass.EXCLUDE) {
                mass += weight;
            }
        }
        return !anyValid || mass == 0 ? 0 : sum / mass;
    }

    private static double lovaszHinge(LovaszHinge loss, Sample s) {
        double sum = 0;
        List<Item> all = new ArrayList<>();
        for (int c = 0; c < s.c(); c++) {
            List<Item> items = new ArrayList<>();
            for (int n = 0; n < s.n(); n++) {
                for (int pixel = 0; pixel < s.pixels(); pixel++) {
                    if (!s.isVoid(n, c, pixel)) {
                        boolean foreground = s.code(n, c, pixel) == 1;
                        double z = s.z()[s.at(n, c, pixel)];
                        items.add(new Item(Math.max(0, foreground ? 1 - z : 1 + z), foreground));
                    }
                }
            }
            all.addAll(items);
            sum += lovasz(items);
        }
        return loss.flatten() ? lovasz(all) : sum / s.c();
    }

    /** The loss of one image. */
    private static double boundary(Boundary loss, Sample s) {
        if (s.n() != 1) {
            throw new IllegalArgumentException("boundary losses are of single images");
        }
        boolean anyValid = false;
        int maps = s.c() == 1 && loss.complement() ? 2 : s.c();
        double sum = 0;
        int averaged = 0;
        for (int map = 0; map < maps; map++) {
            double[] notP = new double[s.pixels()];
            double[] notY = new double[s.pixels()];
            boolean present = false;
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (s.isVoid(0, 0, pixel)) {
                    notP[pixel] = Double.NaN;
                    notY[pixel] = Double.NaN;
                    continue;
                }
                anyValid = true;
                double p = probability(s, 0, map % s.c(), pixel);
                boolean complement = map >= s.c();
                int foreground = s.c() > 1 ? map : complement ? 0 : 1;
                boolean y = s.code(0, 0, pixel) == foreground;
                present |= y;
                notP[pixel] = complement ? p : 1 - p;
                notY[pixel] = y ? 0 : 1;
            }
            double[] bp = minus(pool(notP, s, loss.theta0()), notP);
            double[] by = minus(pool(notY, s, loss.theta0()), notY);
            double[] ep = pool(bp, s, loss.theta());
            double[] ey = pool(by, s, loss.theta());
            double hit = 0;
            double predicted = 0;
            double found = 0;
            double actual = 0;
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (!s.isVoid(0, 0, pixel)) {
                    hit += bp[pixel] * ey[pixel];
                    predicted += bp[pixel];
                    found += ep[pixel] * by[pixel];
                    actual += by[pixel];
                }
            }
            double precision = hit / (predicted + 1e-7);
            double recall = found / (actual + 1e-7);
            double f1 = 2 * precision * recall / (precision + recall + 1e-7);
            if (present || loss.absentClass() == AbsentClass.PENALIZE) {
                sum += 1 - f1;
            }
            if (present || loss.absentClass() != AbsentClass.EXCLUDE) {
                averaged++;
            }
        }
        return !anyValid || averaged == 0 ? 0 : sum / averaged;
    }

    /** Maximum over a window; void pixels, which are NaN, are in none and have none. */
    private static double[] pool(double[] x, Sample s, int window) {
        double[] to = new double[x.length];
        int reach = window / 2;
        for (int i = 0; i < s.h(); i++) {
            for (int j = 0; j < s.w(); j++) {
                double max = Double.NEGATIVE_INFINITY;
                for (int a = Math.max(0, i - reach); a <= Math.min(s.h() - 1, i + reach); a++) {
                    for (int b = Math.max(0, j - reach); b <= Math.min(s.w() - 1, j + reach); b++) {
                        double value = x[a * s.w() + b];
                        max = Double.isNaN(value) ? max : Math.max(max, value);
                    }
                }
                to[i * s.w() + j] = Double.isNaN(x[i * s.w() + j]) ? Double.NaN : max;
            }
        }
        return to;
    }

    private static double surface(Surface loss, Sample s) {
        boolean binary = s.c() == 1;
        double[] ofClass = new double[s.c()];
        boolean[] present = new boolean[s.c()];
        double mass = 0;
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (s.isVoid(n, 0, pixel)) {
                    continue;
                }
                mass += s.weight(n, pixel);
                double[] nearest = nearest(s, n, pixel, Math.max(2, s.c()));
                for (int c = 0; c < s.c(); c++) {
                    int foreground = binary ? 1 : c;
                    boolean inside = s.code(n, 0, pixel) == foreground;
                    present[c] |= inside;
                    double distance = Double.POSITIVE_INFINITY;
                    for (int k = 0; k < nearest.length; k++) {
                        if (inside != (k == foreground)) {
                            distance = Math.min(distance, nearest[k]);
                        }
                    }
                    if (Double.isFinite(distance)) {
                        double phi = inside ? 1 - distance : distance;
                        ofClass[c] += s.weight(n, pixel) * phi * probability(s, n, c, pixel);
                    }
                }
            }
        }
        double sum = 0;
        double averaged = 0;
        for (int c = 0; c < s.c(); c++) {
            boolean counts = loss.classes().isEmpty() || loss.classes().contains(c);
            if (counts && (present[c] || loss.absentClass() == AbsentClass.ZERO)) {
                sum += classWeight(loss.classWeights(), c) * ofClass[c];
                averaged += classWeight(loss.classWeights(), c);
            }
        }
        return mass == 0 || averaged == 0 ? 0 : sum / mass / averaged;
    }

    /** The distance of a pixel to the nearest one of each label; infinite if there is none. */
    private static double[] nearest(Sample s, int n, int pixel, int labels) {
        double[] nearest = new double[labels];
        Arrays.fill(nearest, Double.POSITIVE_INFINITY);
        for (int i = 0; i < s.h(); i++) {
            for (int j = 0; j < s.w(); j++) {
                int code = s.code(n, 0, i * s.w() + j);
                if (code != Sample.VOID) {
                    int down = i - pixel / s.w();
                    int right = j - pixel % s.w();
                    nearest[code] = Math.min(nearest[code], down * down + right * right);
                }
            }
        }
        Arrays.setAll(nearest, k -> Math.sqrt(nearest[k]));
        return nearest;
    }

    private static double[] minus(double[] a, double[] b) {
        double[] difference = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            difference[i] = a[i] - b[i];
        }
        return difference;
    }

    /** Sums over the valid pixels of a class, and whether there are any. */
    private record Sums(double both, double predicted, double labelled, boolean isEmpty) {

        static Sums of(Sample s, int c, boolean squared) {
            double both = 0;
            double predicted = 0;
            double labelled = 0;
            double mass = 0;
            for (int n = 0; n < s.n(); n++) {
                for (int pixel = 0; pixel < s.pixels(); pixel++) {
                    if (!s.isVoid(n, c, pixel)) {
                        double w = s.weight(n, c, pixel);
                        double p = probability(s, n, c, pixel);
                        double y = s.y(n, c, pixel);
                        both += w * p * y;
                        predicted += w * (squared ? p * p : p);
                        labelled += w * (squared ? y * y : y);
                        mass += w;
                    }
                }
            }
            return new Sums(both, predicted, labelled, mass == 0);
        }
    }

    private interface Score {
        double of(Sums sums, RegionOptions options);
    }

    private static double below(RegionOptions o) {
        return o.smoothDenominator() == null ? o.smooth() : o.smoothDenominator();
    }

    private static double dice(Sums sums, RegionOptions o) {
        return (2 * sums.both + o.smooth())
                / Math.max(sums.predicted + sums.labelled + below(o), o.eps());
    }

    private static double jaccard(Sums sums, RegionOptions o) {
        double union = sums.predicted + sums.labelled - sums.both;
        return (sums.both + o.smooth()) / Math.max(union + below(o), o.eps());
    }

    /** Of precision and recall's harmonic mean, weighted, both fractions multiplied out. */
    private static double fBeta(FBeta loss, Sums sums, RegionOptions o) {
        double b = loss.beta() * loss.beta();
        double divisor = b * sums.labelled + sums.predicted + below(o);
        return ((1 + b) * sums.both + o.smooth()) / Math.max(divisor, o.eps());
    }

    private static double tversky(Tversky loss, Sums sums, RegionOptions o) {
        double falsePositive = sums.predicted - sums.both;
        double falseNegative = sums.labelled - sums.both;
        double divisor =
                sums.both + loss.alpha() * falsePositive + loss.beta() * falseNegative + below(o);
        return (sums.both + o.smooth()) / Math.max(divisor, o.eps());
    }

    private static double region(RegionOptions o, Sample s, double gamma, Score score) {
        double sum = 0;
        double mass = 0;
        for (int c = 0; c < s.c(); c++) {
            if (!o.classes().isEmpty() && !o.classes().contains(c)) {
                continue;
            }
            Sums sums = Sums.of(s, c, o.squaredDenominator());
            double value = score.of(sums, o);
            double cost = o.logLoss() ? -Math.log(Math.max(value, o.eps())) : 1 - value;
            boolean absent = sums.labelled == 0;
            double weight = classWeight(o.classWeights(), c);
            if (!sums.isEmpty && (!absent || o.absentClass() == AbsentClass.PENALIZE)) {
                sum += weight * cost;
            }
            if (!absent || o.absentClass() != AbsentClass.EXCLUDE) {
                mass += weight;
            }
        }
        double mean = mass == 0 ? 0 : sum / mass;
        // scores above 1 make it negative
        return gamma == 1 ? mean : Math.pow(Math.max(mean, 0), gamma);
    }

    private static double matthews(Mcc loss, Sample s) {
        double tp = loss.eps();
        double fp = loss.eps();
        double fn = loss.eps();
        double tn = loss.eps();
        boolean anyValid = false;
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (!s.isVoid(n, 0, pixel)) {
                    double w = s.weight(n, pixel);
                    double p = probability(s, n, 0, pixel);
                    double q = inverse(s, n, 0, pixel);
                    double y = s.y(n, 0, pixel);
                    tp += w * p * y;
                    fp += w * p * (1 - y);
                    fn += w * q * y;
                    tn += w * q * (1 - y);
                    anyValid = true;
                }
            }
        }
        double root = Math.sqrt(tp + fp) * Math.sqrt(tp + fn);
        root *= Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
        return anyValid ? 1 - (tp * tn - fp * fn) / root : 0;
    }

    private static double generalizedDice(GeneralizedDice loss, Sample sample) {
        List<Sums> all = new ArrayList<>();
        // uniform weights are so without any label too
        double greatest = loss.weighting() == GeneralizedDice.Weighting.UNIFORM ? 1 : 0;
        boolean anyValid = false;
        for (int c = 0; c < sample.c(); c++) {
            if (loss.classes().isEmpty() || loss.classes().contains(c)) {
                Sums sums = Sums.of(sample, c, false);
                all.add(sums);
                anyValid |= !sums.isEmpty;
                if (sums.labelled > 0) {
                    greatest = Math.max(greatest, rareness(loss, sums.labelled));
                }
            }
        }
        double above = 0;
        double below = 0;
        double weights = 0;
        for (Sums sums : all) {
            double v = sums.labelled > 0 ? rareness(loss, sums.labelled) : greatest;
            above += 2 * v * sums.both;
            below += v * (sums.predicted + sums.labelled);
            weights += v;
        }
        double s = loss.smooth();
        double t = loss.smoothDenominator() == null ? s : loss.smoothDenominator();
        if (!anyValid) {
            return 0;
        } else if (weights == 0) {
            return 1 - s / t;
        }
        double unit = loss.smoothInPixels() ? weights : 1;
        return 1 - (above + unit * s) / (below + unit * t);
    }

    private static double rareness(GeneralizedDice loss, double labelled) {
        return switch (loss.weighting()) {
            case SQUARE -> 1 / labelled / labelled;
            case SIMPLE -> 1 / labelled;
            case UNIFORM -> 1;
        };
    }

    private static double softplus(double z) {
        return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }

    /** Binary cross entropy of the sigmoid of a logit. */
    private static double binary(double z, double y, double positive) {
        return positive * y * softplus(-z) + (1 - y) * softplus(z);
    }

    /** Cross entropy of the softmax at a pixel. */
    private static double entropy(Sample s, int n, int pixel) {
        double sum = 0;
        for (int c = 0; c < s.c(); c++) {
            double y = s.y(n, c, pixel);
            sum += y == 0 ? 0 : y * negativeLog(s, n, c, pixel);
        }
        return sum;
    }

    /** What a mean divides by, of {@code places} elements in each channel. */
    private static double divisor(NormalizeBy by, Sample s, double mass, int places) {
        return switch (by) {
            case VALID -> mass;
            case ALL_PIXELS -> places;
            case SUM -> 1;
            case IMAGES -> s.n();
        };
    }

    private static double softBce(SoftBce loss, Sample s) {
        double terms = 0;
        double mass = 0;
        for (int c = 0; c < s.c(); c++) {
            double v = classWeight(loss.classWeights(), c);
            double positive = classWeight(loss.posWeight(), c);
            for (int n = 0; n < s.n(); n++) {
                for (int pixel = 0; pixel < s.pixels(); pixel++) {
                    if (!s.isVoid(n, c, pixel)) {
                        double y = s.y(n, c, pixel);
                        double moved = y * (1 - loss.smoothing()) + (1 - y) * loss.smoothing();
                        double w = v * s.weight(n, c, pixel);
                        terms += w * binary(s.z()[s.at(n, c, pixel)], moved, positive);
                        mass += w;
                    }
                }
            }
        }
        double divisor = divisor(loss.normalizeBy(), s, mass, s.z().length);
        return divisor == 0 ? 0 : terms / divisor;
    }

    /** The factor of an element of cross entropy e. */
    private static double factor(Focal loss, double e) {
        double t = loss.reducedThreshold() == null ? 0 : loss.reducedThreshold();
        if (Math.exp(-e) < t) {
            return 1;
        }
        return Math.pow(-Math.expm1(-e) / (t == 0 ? 1 : t), loss.gamma());
    }

    private static double focal(Focal loss, Sample s) {
        if (isMulticlass(s) && loss.form() == Focal.Form.ONE_VS_REST) {
            double sum = 0;
            for (int c = 0; c < s.c(); c++) {
                sum += classWeight(loss.classWeights(), c) * oneVsRest(loss, s, c, c + 1);
            }
            return sum;
        } else if (isMulticlass(s)) {
            return softmaxFocal(loss, s);
        }
        return oneVsRest(loss, s, 0, s.c());
    }

    private static double aggregate(Focal loss, double mean) {
        double alpha = loss.alpha() == null ? 1 : loss.alpha();
        return alpha * Math.pow(-Math.expm1(-mean), loss.gamma()) * mean;
    }

    /** The loss of some channels as elements; of one class of several, without its weight. */
    private static double oneVsRest(Focal loss, Sample s, int from, int to) {
        boolean aggregate = loss.form() == Focal.Form.AGGREGATE;
        double terms = 0;
        double mass = 0;
        double factors = 0;
        for (int c = from; c < to; c++) {
            double v = isMulticlass(s) ? 1 : classWeight(loss.classWeights(), c);
            for (int n = 0; n < s.n(); n++) {
                for (int pixel = 0; pixel < s.pixels(); pixel++) {
                    if (s.isVoid(n, c, pixel)) {
                        continue;
                    }
                    double y = s.y(n, c, pixel);
                    double e = binary(s.z()[s.at(n, c, pixel)], y, 1);
                    double w = s.weight(n, c, pixel);
                    double factor = aggregate ? 1 : factor(loss, e);
                    Double alpha = aggregate ? null : loss.alpha();
                    double a = alpha == null ? 1 : alpha * y + (1 - alpha) * (1 - y);
                    terms += w * v * a * factor * e;
                    mass += w * v;
                    factors += w * factor;
                }
            }
        }
        int places = s.n() * (to - from) * s.pixels();
        double divisor = divisor(loss.normalizeBy(), s, mass, places);
        double mean = divisor == 0 ? 0 : terms / divisor;
        if (aggregate) {
            return aggregate(loss, mean);
        }
        return loss.normalized() ? mean / Math.max(factors, 1e-6) : mean;
    }

    private static double softmaxFocal(Focal loss, Sample s) {
        boolean aggregate = loss.form() == Focal.Form.AGGREGATE;
        double terms = 0;
        double mass = 0;
        double factors = 0;
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (s.isVoid(n, 0, pixel)) {
                    continue;
                }
                double e = entropy(s, n, pixel);
                double w = s.weight(n, pixel);
                double v = ownWeight(loss.classWeights(), s, n, pixel);
                double factor = aggregate ? 1 : factor(loss, e);
                double alpha = aggregate || loss.alpha() == null ? 1 : loss.alpha();
                terms += w * alpha * factor * weighted(loss.classWeights(), s, n, pixel);
                mass += w * v;
                factors += w * factor;
            }
        }
        double divisor = divisor(loss.normalizeBy(), s, mass, s.n() * s.pixels());
        double mean = divisor == 0 ? 0 : terms / divisor;
        if (aggregate) {
            return aggregate(loss, mean);
        }
        return loss.normalized() ? mean / Math.max(factors, 1e-6) : mean;
    }

    /** The class weight of a pixel; of a soft label the mean of those of its classes. */
    private static double ownWeight(List<Double> weights, Sample s, int n, int pixel) {
        double sum = 0;
        for (int c = 0; c < s.c(); c++) {
            sum += s.y(n, c, pixel) * classWeight(weights, c);
        }
        return sum;
    }

    /** The cross entropy at a pixel with each class's part weighted, as in cross entropy. */
    private static double weighted(List<Double> weights, Sample s, int n, int pixel) {
        double sum = 0;
        for (int c = 0; c < s.c(); c++) {
            double y = s.y(n, c, pixel) * classWeight(weights, c);
            sum += y == 0 ? 0 : y * negativeLog(s, n, c, pixel);
        }
        return sum;
    }

    private static double poly1(Poly1CrossEntropy loss, Sample s) {
        double terms = 0;
        double mass = 0;
        for (int n = 0; n < s.n(); n++) {
            for (int pixel = 0; pixel < s.pixels(); pixel++) {
                if (!s.isVoid(n, 0, pixel)) {
                    double e = entropy(s, n, pixel);
                    double w = s.weight(n, pixel);
                    double v = ownWeight(loss.classWeights(), s, n, pixel);
                    terms += w * weighted(loss.classWeights(), s, n, pixel);
                    terms -= w * v * loss.epsilon() * Math.expm1(-e);
                    mass += w * v;
                }
            }
        }
        double divisor = divisor(loss.normalizeBy(), s, mass, s.n() * s.pixels());
        return divisor == 0 ? 0 : terms / divisor;
    }

    private static double activeContour(ActiveContour loss, Sample s) {
        double fit = 0;
        double mass = 0;
        double length = 0;
        int places = 0;
        int reach = loss.symmetric() ? 1 : 2;
        for (int n = 0; n < s.n(); n++) {
            for (int c = 0; c < s.c(); c++) {
                for (int i = 0; i < s.h(); i++) {
                    for (int j = 0; j < s.w(); j++) {
                        int at = i * s.w() + j;
                        if (!s.isVoid(n, c, at)) {
                            double w = s.weight(n, c, at);
                            double y = s.y(n, c, at);
                            fit += w * probability(s, n, c, at) * (y - 1) * (y - 1);
                            fit += w * inverse(s, n, c, at) * y * y;
                            mass += w;
                        }
                        if (i >= s.h() - reach || j >= s.w() - reach) {
                            continue;
                        }
                        int down = at + (reach - 1) * s.w();
                        int right = at + reach - 1;
                        if (s.isVoid(n, c, down + s.w())
                                || s.isVoid(n, c, down)
                                || s.isVoid(n, c, right + 1)
                                || s.isVoid(n, c, right)) {
                            continue;
                        }
                        double p = probability(s, n, c, down);
                        double q = probability(s, n, c, right);
                        double dr = probability(s, n, c, down + s.w()) - p;
                        double dc = probability(s, n, c, right + 1) - q;
                        length += Math.sqrt(dr * dr + dc * dc + 1e-8);
                        places++;
                    }
                }
            }
        }
        double contour = places == 0 ? 0 : length / places;
        return loss.weight() * contour + (mass == 0 ? 0 : fit / mass);
    }
}
