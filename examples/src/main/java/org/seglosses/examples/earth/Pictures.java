package org.seglosses.examples.earth;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;

import javax.imageio.ImageIO;

/** Draws tiles and maps of a region, each as a data URI that a page can carry inside itself. */
final class Pictures {

    /**
     * Under mistakes the imagery is grey, from this level on, so that only mistakes have colour.
     */
    private static final double GRAY_FROM = 38;

    private static final double GRAY_CONTRAST = 0.5;

    /** On the map, the imagery shows through the classes. */
    private static final int TINT = 0x78;

    private static final int VOID_COLOR = 0xFF8A8A8A;

    private final Region region;
    private final List<MapClass> classes;

    Pictures(Region region, List<MapClass> classes) {
        this.region = region;
        this.classes = classes;
    }

    /** The imagery of a tile. */
    String image(Tile tile) {
        return dataUri("png", draw(tile.x(), tile.y(), Tile.SIZE, Tile.SIZE, false, this::imagery));
    }

    /** A tile's classes in their colours. */
    String classes(Tile tile, int[] map) {
        return dataUri(
                "png", draw(tile.x(), tile.y(), Tile.SIZE, Tile.SIZE, false, i -> color(map[i])));
    }

    /** A tile's wrong pixels, in the colour of what they were taken for, over the dimmed image. */
    String mistakes(Tile tile, int[] map) {
        return dataUri(
                "png",
                draw(
                        tile.x(),
                        tile.y(),
                        Tile.SIZE,
                        Tile.SIZE,
                        false,
                        i -> isWrong(map, i) ? mistake(map[i]) : dimmed(i)));
    }

    /** The imagery of the whole region. */
    String wholeImage() {
        return dataUri("jpg", draw(0, 0, region.width(), region.height(), false, this::imagery));
    }

    /** The truth of the whole region, to be laid over its image. */
    String wholeTruth() {
        return layer(region.labels());
    }

    /** Predicted classes and mistakes of the whole region, to be laid over its image. */
    String layer(int[] map) {
        return dataUri(
                "png",
                draw(
                        0,
                        0,
                        region.width(),
                        region.height(),
                        true,
                        i ->
                                region.labels()[i] == Region.VOID
                                        ? 0
                                        : isWrong(map, i)
                                                ? mistake(map[i])
                                                : color(map[i]) & 0xFFFFFF | TINT << 24));
    }

    /** How many scored pixels of a tile are wrong. */
    int countMistakes(Tile tile, int[] map) {
        int count = 0;
        for (int y = tile.y(); y < tile.y() + Tile.SIZE; y++) {
            for (int x = tile.x(); x < tile.x() + Tile.SIZE; x++) {
                count += isWrong(map, y * region.width() + x) ? 1 : 0;
            }
        }
        return count;
    }

    static String dataUri(String format, BufferedImage image) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            if (!ImageIO.write(image, format, bytes)) {
                throw new IllegalStateException("This Java writes no " + format + " images");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return "data:image/%s;base64,%s"
                .formatted(
                        format.equals("jpg") ? "jpeg" : format,
                        Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }

    private interface Painter {

        int argb(int pixel);
    }

    private BufferedImage draw(
            int left, int top, int width, int height, boolean transparent, Painter painter) {
        BufferedImage image =
                new BufferedImage(
                        width,
                        height,
                        transparent ? BufferedImage.TYPE_INT_ARGB : BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                image.setRGB(x, y, painter.argb((top + y) * region.width() + left + x));
            }
        }
        return image;
    }

    private boolean isWrong(int[] map, int pixel) {
        return region.labels()[pixel] != Region.VOID && map[pixel] != region.labels()[pixel];
    }

    private int imagery(int pixel) {
        return region.image().getRGB(pixel % region.width(), pixel / region.width());
    }

    private int dimmed(int pixel) {
        Color c = new Color(imagery(pixel));
        double brightness = 0.299 * c.getRed() + 0.587 * c.getGreen() + 0.114 * c.getBlue();
        int gray = (int) (GRAY_FROM + GRAY_CONTRAST * brightness);
        return new Color(gray, gray, gray).getRGB();
    }

    private int color(int label) {
        return label == Region.VOID ? VOID_COLOR : classes.get(label).color().getRGB();
    }

    private int mistake(int label) {
        return label == Region.VOID ? VOID_COLOR : classes.get(label).mistake().getRGB();
    }
}
