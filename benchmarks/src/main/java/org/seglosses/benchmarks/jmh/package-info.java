/**
 * Benchmarks for JMH: {@link org.seglosses.benchmarks.jmh.Kernels} of ops, {@link
 * org.seglosses.benchmarks.jmh.Losses} of losses.
 *
 * <pre>
 * mvn -B -ntp -q -pl benchmarks -am compile exec:exec -Dexec.executable=java \
 *     -Dexec.args="-cp %classpath org.openjdk.jmh.Main"
 * </pre>
 */
package org.seglosses.benchmarks.jmh;
