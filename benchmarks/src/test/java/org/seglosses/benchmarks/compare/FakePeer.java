package org.seglosses.benchmarks.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Speaks the peer's protocol without Python: a process whose behaviour is its first argument. */
public final class FakePeer {

    private FakePeer() {}

    /** The command that starts it; the behaviour's own arguments follow behind spaces. */
    static List<String> command(String behaviour) throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Path classes =
                Path.of(FakePeer.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        List<String> command =
                new ArrayList<>(
                        List.of(
                                java.toString(),
                                "-cp",
                                classes.toString(),
                                FakePeer.class.getName()));
        command.addAll(List.of(behaviour.split(" ")));
        return command;
    }

    public static void main(String[] arguments) throws IOException {
        switch (arguments[0]) {
            case "silent" -> {}
            case "without-torch" -> System.out.println("unavailable No module named 'torch'");
            case "dies" -> {
                System.out.println("ready torch=9.9 threads=2");
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                        .readLine();
            }
            case "answers" -> answer();
            case "build" ->
                    build(arguments[1], arguments[2], arguments.length > 3 ? arguments[3] : "");
            default -> throw new IllegalArgumentException(arguments[0]);
        }
    }

    private static void answer() throws IOException {
        System.out.println("ready torch=9.9 threads=2");
        BufferedReader requests =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            if (line.equals("run random-1x2x1x2 3 good theta=5")) {
                System.out.println("ok value=0.25 ms=1.5,2.5,3.0");
            } else if (line.equals("memory random-1x2x1x2 good theta=5")) {
                System.out.println("ok bytes=4096");
            } else if (line.equals("memory random-1x2x1x2 untold")) {
                System.out.println("ok bytes=nan");
            } else if (line.equals("run random-1x2x1x2 1 diverged")) {
                System.out.println("ok value=nan ms=inf");
            } else if (line.equals("run random-1x2x1x2 1 careless")) {
                System.out.println("ok value=0.25");
            } else if (line.equals("run random-1x2x1x2 1 chatty")) {
                System.out.println("ok value=much ms=1");
            } else {
                System.out.println("error KeyError: " + line);
            }
        }
    }

    /**
     * As {@link Worker} does.
     *
     * @param missing the loss that this build does not have; of Boundary it dies
     */
    private static void build(String value, String milliseconds, String missing)
            throws IOException {
        System.out.println("ready java=99");
        BufferedReader requests =
                new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("load")) {
                System.out.println("ok");
            } else if (words[3].equals(missing)) {
                if (missing.startsWith("boundary")) {
                    return;
                }
                System.out.println("error no " + missing + " here");
            } else if (words[0].equals("gradient")) {
                Files.write(Path.of(words[2]), numpy(1, 2, 3, 4));
                System.out.println("ok value=" + value);
            } else {
                String times = "," + milliseconds;
                System.out.println(
                        "ok value="
                                + value
                                + " ms="
                                + times.repeat(Integer.parseInt(words[2])).substring(1));
            }
        }
    }

    /** A file of floats, as NumPy's own format has them. */
    private static byte[] numpy(float... values) {
        String header =
                "{'descr': '<f4', 'fortran_order': False, 'shape': (" + values.length + ",), }";
        String padded = header + " ".repeat(128 - 10 - header.length() - 1) + "\n";
        ByteBuffer bytes =
                ByteBuffer.allocate(128 + Float.BYTES * values.length)
                        .order(ByteOrder.LITTLE_ENDIAN);
        bytes.put((byte) 0x93).put("NUMPY".getBytes(StandardCharsets.US_ASCII));
        bytes.put((byte) 1).put((byte) 0).putShort((short) padded.length());
        bytes.put(padded.getBytes(StandardCharsets.US_ASCII));
        for (float value : values) {
            bytes.putFloat(value);
        }
        return bytes.array();
    }
}
