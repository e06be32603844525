/** What several examples share; each example has a package of its own. */
package org.seglosses.examples;
