package org.seglosses.examples.earth;

import java.awt.Color;

/** A class on the map, with its colour and the colour of pixels that were wrongly called it. */
enum MapClass {
    WATER("water", new Color(0x2F6DB3), new Color(0xFF2E93)),
    LAND("land", new Color(0xD8C690), new Color(0xFFD60A)),
    MOUNTAIN("mountain", new Color(0x7A4B2A), new Color(0x22E3E3));

    private final String title;
    private final Color color;
    private final Color mistake;

    MapClass(String title, Color color, Color mistake) {
        this.title = title;
        this.color = color;
        this.mistake = mistake;
    }

    String title() {
        return title;
    }

    Color color() {
        return color;
    }

    Color mistake() {
        return mistake;
    }
}
