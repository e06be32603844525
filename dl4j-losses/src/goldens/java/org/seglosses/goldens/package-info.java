/**
 * The golden cases: their files, the losses that reproduce them, and the comparison. Compiled into
 * the tests of this module and into the examples, which run them on other backends.
 */
package org.seglosses.goldens;
