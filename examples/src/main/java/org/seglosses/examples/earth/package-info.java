/**
 * The main example: a small U-Net learns to map water (or relief) from real satellite imagery, once
 * per loss from the same start, and a web page shows what the choice of the loss changes.
 *
 * <p>{@link org.seglosses.examples.earth.EarthExample} is the command. Everything else is one step
 * of its way: rasters, tiles and their geographic split, network, losses by name, training, page.
 */
package org.seglosses.examples.earth;
