package org.seglosses.samediff.op;

/** The sum of an array, in a fixed order. */
final class Sum {

    private Sum() {}

    /** As many are added up in double, which the compiler does not vectorize. */
    private static final int LEAST = 512;

    /**
     * Adds one half to the other, again and again, and the rest in double; all if that overflows.
     */
    static double of(float[] x, int n) {
        if (n <= LEAST) {
            return inDouble(x, n);
        }
        int half = n / 2;
        float[] sum = Scratch.floats(Scratch.EXP, half);
        float[] other = Scratch.floats(Scratch.EXP + 1, half);
        System.arraycopy(x, 0, sum, 0, half);
        System.arraycopy(x, half, other, 0, half);
        FloatSoftmax.add(sum, other, half);
        double odd = n % 2 == 0 ? 0 : x[n - 1];
        while (half > LEAST) {
            odd += half % 2 == 0 ? 0 : sum[half - 1];
            half /= 2;
            System.arraycopy(sum, half, other, 0, half);
            FloatSoftmax.add(sum, other, half);
        }
        double all = inDouble(sum, half) + odd;
        return Double.isFinite(all) ? all : inDouble(x, n);
    }

    /** Four sums, since each addition waits for the last one to the same sum. */
    private static double inDouble(float[] x, int n) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = 0;
        for (; i + 3 < n; i += 4) {
            a += x[i];
            b += x[i + 1];
            c += x[i + 2];
            d += x[i + 3];
        }
        for (; i < n; i++) {
            a += x[i];
        }
        return a + b + (c + d);
    }

    static double of(double[] x, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += x[i];
        }
        return sum;
    }
}
