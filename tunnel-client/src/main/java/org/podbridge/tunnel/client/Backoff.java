package org.podbridge.tunnel.client;

import java.time.Duration;
import java.util.function.DoubleSupplier;

/** How long to wait before the next attempt: ever longer, cut by up to half at random. Not thread-safe. */
final class Backoff {

    private final Duration first;
    private final Duration longest;
    private final DoubleSupplier random;
    private Duration next;

    /**
     * Creates a backoff at its start.
     *
     * @param random gives numbers from 0 to 1
     */
    Backoff(Duration first, Duration longest, DoubleSupplier random) {
        this.first = first;
        this.longest = longest;
        this.random = random;
        this.next = first;
    }

    Duration next() {
        return next(longest);
    }

    /** Returns a wait that is no longer than this, from which the following ones grow on. */
    Duration next(Duration atMost) {
        Duration current = shorter(next, atMost);
        next = shorter(current.multipliedBy(2), longest);
        return Duration.ofNanos((long) (current.toNanos() * (1 - random.getAsDouble() / 2)));
    }

    void reset() {
        next = first;
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
