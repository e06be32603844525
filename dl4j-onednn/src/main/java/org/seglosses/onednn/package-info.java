/**
 * The switch that brings back the oneDNN layers that DL4J ships and never uses. Nothing else
 * belongs here, and nothing else in the project needs this module to work: it makes training on a
 * CPU several times faster, and leaves results as they are.
 */
package org.seglosses.onednn;
