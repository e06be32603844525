package org.seglosses.benchmarks.compare;

import java.util.HashMap;
import java.util.Map;

/**
 * One line from another process: a word that says what it is, then {@code name=value} fields.
 *
 * @param kind the first word
 * @param fields the fields by name
 * @param text everything behind the first word, for lines that are a message
 */
record PeerReply(String kind, Map<String, String> fields, String text) {

    static PeerReply parse(String line) {
        String[] parts = line.strip().split(" ", 2);
        String text = parts.length == 2 ? parts[1] : "";
        Map<String, String> fields = new HashMap<>();
        for (String word : text.split(" ")) {
            int equals = word.indexOf('=');
            if (equals > 0) {
                fields.put(word.substring(0, equals), word.substring(equals + 1));
            }
        }
        return new PeerReply(parts[0], Map.copyOf(fields), text);
    }

    String field(String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new PeerException(
                    "The process answered without '" + name + "': " + kind + " " + text);
        }
        return value;
    }

    double number(String name) {
        return toDouble(field(name));
    }

    double[] numbers(String name) {
        String[] words = field(name).split(",");
        double[] numbers = new double[words.length];
        for (int i = 0; i < words.length; i++) {
            numbers[i] = toDouble(words[i]);
        }
        return numbers;
    }

    /**
     * Python writes {@code nan} and {@code inf} where Java reads {@code NaN} and {@code Infinity}.
     */
    private static double toDouble(String word) {
        return switch (word) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> {
                try {
                    yield Double.parseDouble(word);
                } catch (NumberFormatException e) {
                    throw new PeerException("The process answered '" + word + "' for a number", e);
                }
            }
        };
    }
}
