package org.podbridge.tunnel.client;

import java.time.Duration;

/** Why there is no token for the time being. The message says so for people, without anything secret. */
final class UnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** How long whoever was asked wants to be left alone at the least, zero if it didn't say. */
    private final Duration retryAfter;

    UnavailableException(String message) {
        this(message, Duration.ZERO);
    }

    UnavailableException(String message, Duration retryAfter) {
        super(message, null, false, false);
        this.retryAfter = retryAfter;
    }

    Duration retryAfter() {
        return retryAfter;
    }
}
