package org.seglosses.dl4j;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * The programs that are not running, for all losses of this JVM: copies of a loss, as DL4J and
 * Spark make them through JSON, share what one of them has built. Bounded in number and bytes; what
 * was used longest ago is closed first.
 */
final class LossPrograms {

    /** Shapes times losses times threads that a training and its evaluation use, with room. */
    private static final int MOST = 64;

    /** Bytes of idle programs, in MiB; a program for logits of 5 MB takes about 15. */
    static final String MEMORY = "org.seglosses.cacheMiB";

    private static final long DEFAULT_MEMORY = 1024;

    /** So that the number of bytes is a long. */
    private static final long MOST_MEMORY = Long.MAX_VALUE >> 20;

    /** The most recently used first. */
    private static final Deque<LossProgram> IDLE = new ArrayDeque<>();

    private LossPrograms() {}

    static LossProgram take(LossProgram.Key key) {
        synchronized (IDLE) {
            for (Iterator<LossProgram> it = IDLE.iterator(); it.hasNext(); ) {
                LossProgram program = it.next();
                if (program.key().equals(key)) {
                    it.remove();
                    return program;
                }
            }
        }
        return new LossProgram(key);
    }

    static void give(LossProgram program) {
        List<LossProgram> surplus = new ArrayList<>();
        synchronized (IDLE) {
            IDLE.addFirst(program);
            long most =
                    Math.min(Math.min(Long.getLong(MEMORY, DEFAULT_MEMORY), 1L << 40), MOST_MEMORY)
                            << 20;
            long bytes = IDLE.stream().mapToLong(LossProgram::bytes).sum();
            while (IDLE.size() > MOST || bytes > most && IDLE.size() > 1) {
                LossProgram oldest = IDLE.removeLast();
                bytes -= oldest.bytes();
                surplus.add(oldest);
            }
        }
        surplus.forEach(LossProgram::close);
    }

    /** The programs that are not running, the most recently used first. */
    static List<LossProgram> idle() {
        synchronized (IDLE) {
            return List.copyOf(IDLE);
        }
    }

    /** Closes all that are not running: the next call of a loss starts cold. */
    static void clear() {
        List<LossProgram> all;
        synchronized (IDLE) {
            all = List.copyOf(IDLE);
            IDLE.clear();
        }
        all.forEach(LossProgram::close);
    }
}
