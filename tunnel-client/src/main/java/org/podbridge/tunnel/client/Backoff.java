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
        Duration current = next;
        Duration doubled = current.multipliedBy(2);
        next = doubled.compareTo(longest) < 0 ? doubled : longest;
        return Duration.ofNanos((long) (current.toNanos() * (1 - random.getAsDouble() / 2)));
    }

    void reset() {
        next = first;
    }
}
