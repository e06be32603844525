package org.seglosses.benchmarks.compare;

/** The Python process cannot be had, or failed; the message says how in one sentence. */
final class PeerException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    PeerException(String message) {
        super(message);
    }

    PeerException(String message, Throwable cause) {
        super(message, cause);
    }
}
