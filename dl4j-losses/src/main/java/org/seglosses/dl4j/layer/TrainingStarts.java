package org.seglosses.dl4j.layer;

/**
 * The trainings that one configuration and its clones have begun at iteration 0.
 *
 * <p>Workers that DL4J starts side by side are no new training: they run in threads of their own,
 * and none of them has got far when the last one begins.
 */
final class TrainingStarts {

    /** An iteration that only a training of its own has reached when another begins. */
    static final int FAR = 20;

    private Object last;
    private long thread;
    private int reached;

    /**
     * Notes who begins at iteration 0.
     *
     * @return whether another has trained from there before
     */
    synchronized boolean isAgain(Object who) {
        long now = Thread.currentThread().getId();
        boolean again =
                last != null && last != who && (reached >= FAR || reached >= 1 && thread == now);
        last = who;
        thread = now;
        return again;
    }

    /** Notes that one has got to an iteration. */
    synchronized void reach(int iteration) {
        reached = Math.max(reached, iteration);
    }
}
