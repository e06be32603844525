/**
 * The earth job on Spark. {@link org.seglosses.examples.spark.SparkExample} is the command; its
 * subcommands check and measure what it rests on.
 */
package org.seglosses.examples.spark;
