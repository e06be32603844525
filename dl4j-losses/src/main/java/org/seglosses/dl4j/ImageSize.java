package org.seglosses.dl4j;

import org.nd4j.shade.jackson.annotation.JsonAnySetter;
import org.nd4j.shade.jackson.annotation.JsonCreator;
import org.nd4j.shade.jackson.annotation.JsonProperty;

import java.io.Serializable;

/**
 * The size of the images that flat rows {@code [N*H*W,C]} are made of.
 *
 * @param height H, at least 1
 * @param width W, at least 1
 */
public record ImageSize(@JsonProperty("height") int height, @JsonProperty("width") int width)
        implements Serializable {

    /**
     * Checks the size.
     *
     * @param height as the record says
     * @param width as the record says
     * @throws IllegalArgumentException if a side is not positive
     */
    public ImageSize {
        if (height < 1 || width < 1) {
            throw new IllegalArgumentException(
                    "imageSize must be at least 1 x 1, got " + height + " x " + width);
        }
    }

    /** Jackson would cut fractions in silence. */
    @JsonCreator
    static ImageSize read(
            @JsonProperty("height") double height, @JsonProperty("width") double width) {
        if (height != (int) height || width != (int) width) {
            throw new IllegalArgumentException(
                    "imageSize must be of whole numbers, got " + height + " x " + width);
        }
        return new ImageSize((int) height, (int) width);
    }

    @JsonAnySetter
    private void refuse(String property, Object value) {
        throw new IllegalArgumentException(
                "properties of imageSize must be among [height, width], got " + property);
    }
}
