/**
 * Commands that print how fast things are on this machine. Each says in its Javadoc how to run it.
 */
package org.seglosses.benchmarks;
