/**
 * Java ops inside a SameDiff graph: what ND4J's native library lacks, or does slowly.
 *
 * <p>An op is a small class over {@link org.seglosses.samediff.op.JavaOp}: its shapes, its types
 * and its gradient. What it computes is in a kernel beside it, a package-private class that works
 * on blocks of heap arrays. A kernel is written for {@code float}, in a file {@code Float*.java};
 * the build makes its {@code double} twin from the same text. Kernels compute in double only where
 * sums over pixels need it.
 *
 * <p>Rules of the room: one output an op; NaN in, NaN out; ties go to the first pixel in memory
 * order; a void pixel (code {@value org.seglosses.samediff.op.Targets#VOID}) has no influence
 * whatever its value is; results do not depend on the number of threads; memory of arrays is
 * reached through {@code HostArray} alone.
 */
package org.seglosses.samediff.op;
