package org.seglosses.samediff.op;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The distances of images that were seen before: labels repeat in every epoch.
 *
 * <p>An image is found by a hash of its labels and taken only if all of them are equal. The images
 * used longest ago go first once all hold more than the system property {@value #MEBIBYTES} allows;
 * 0 keeps nothing. Without it that is 256, or a quarter of a heap of less than a gigabyte.
 */
final class DistanceCache {

    static final String MEBIBYTES = "org.seglosses.distanceCacheMiB";

    private static final int DEFAULT_MEBIBYTES =
            (int) Math.min(256, Runtime.getRuntime().maxMemory() / 4 >> 20);

    /** Labels are kept as bytes, and void is one of their values. */
    private static final int MOST_LABELS = 255;

    static final DistanceCache SHARED = new DistanceCache();

    /** An image: its labels, and what of them is not in the bytes. */
    record Key(byte[] labels, int pixels, int width, int classes, long hash) {

        /** Reads the labels of an image into scratch memory; null if they are not kept. */
        static Key of(IntBuffer codes, int at, int pixels, int width, int classes) {
            if (classes > MOST_LABELS || limit() == 0) {
                return null;
            }
            int[] code = Scratch.ints(0, pixels);
            byte[] labels = Scratch.bytes(0, pixels);
            codes.get(at, code, 0, pixels);
            for (int i = 0; i < pixels; i++) {
                labels[i] = (byte) code[i];
            }
            return new Key(labels, pixels, width, classes, hash(labels, pixels, width, classes));
        }

        private static long hash(byte[] labels, int pixels, int width, int classes) {
            long hash = mixed(pixels, mixed(width, classes));
            LongBuffer words =
                    ByteBuffer.wrap(labels, 0, pixels)
                            .order(ByteOrder.nativeOrder())
                            .asLongBuffer();
            for (int i = 0; i < words.limit(); i++) {
                hash = mixed(words.get(i), hash);
            }
            for (int i = pixels / Long.BYTES * Long.BYTES; i < pixels; i++) {
                hash = mixed(labels[i], hash);
            }
            return hash;
        }

        /** An odd factor loses nothing, and the rotation brings high bits back. */
        private static long mixed(long word, long hash) {
            return Long.rotateLeft((hash ^ word) * 0x9E3779B97F4A7C15L, 29);
        }

        boolean isSame(Key other) {
            return pixels == other.pixels
                    && width == other.width
                    && classes == other.classes
                    && Arrays.equals(labels, 0, pixels, other.labels, 0, pixels);
        }

        /** The same with labels of its own. */
        Key kept() {
            return new Key(Arrays.copyOf(labels, pixels), pixels, width, classes, hash);
        }
    }

    private record Entry(Key key, ImageDistances distances) {

        long bytes() {
            return key.pixels + distances.bytes();
        }
    }

    private final Map<Long, Entry> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /** The bytes that all entries may hold together. */
    static long limit() {
        return Math.max(0L, Integer.getInteger(MEBIBYTES, DEFAULT_MEBIBYTES)) << 20;
    }

    /** Returns the distances of an image, or null. */
    ImageDistances get(Key key) {
        Entry entry;
        synchronized (this) {
            entry = entries.get(key.hash);
        }
        return entry != null && entry.key.isSame(key) ? entry.distances : null;
    }

    /** Keeps the distances of an image, which must not change any more. */
    synchronized void put(Key key, ImageDistances distances) {
        Entry entry = new Entry(key, distances);
        if (entry.bytes() > limit()) {
            return;
        }
        Entry before = entries.put(key.hash, entry);
        bytes += entry.bytes() - (before == null ? 0 : before.bytes());
        Iterator<Entry> oldest = entries.values().iterator();
        while (bytes > limit()) {
            bytes -= oldest.next().bytes();
            oldest.remove();
        }
    }

    synchronized long bytes() {
        return bytes;
    }

    synchronized void clear() {
        entries.clear();
        bytes = 0;
    }
}
