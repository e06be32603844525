/** The losses checked and timed on whatever ND4J backend is on the class path. */
package org.seglosses.examples.backend;
