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

    /** Softmax over the channels, or with one channel its sigmoid. */
    private static double probability(Sample s, int n, int c, int pixel) {
        if (s.c() == 1) {
            return 1 / (1 + Math.exp(-s.z()[s.at(n, 0, pixel)]));
        }
        return Math.exp(-negativeLog(s, n, c, pixel));
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
                int y = s.code(n, 0, pixel);
                double own = classWeight(loss.classWeights(), y);
                double term = (1 - loss.smoothing()) * own * negativeLog(s, n, y, pixel);
                for (int c = 0; c < s.c(); c++) {
                    term +=
                            loss.smoothing()
                                    / s.c()
                                    * classWeight(loss.classWeights(), c)
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
}
