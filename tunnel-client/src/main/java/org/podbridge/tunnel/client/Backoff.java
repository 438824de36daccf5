package org.podbridge.tunnel.client;

import java.time.Duration;
import java.util.function.DoubleSupplier;
import org.podbridge.time.Scheduler;

/**
 * How long to wait before the next attempt: ever longer, cut by up to half at random. When a connection was lost that
 * served, visitors are being turned away, and most likely the relay is restarting: for a while the waits stay short.
 * A relay that takes connections and drops them would be asked without end that way; so hurry takes credit, which
 * connections earn for as long as they last. Not thread-safe.
 */
final class Backoff {

    /** As long as a restart may take, and what has to be earned for it. */
    private static final Duration HURRY = Duration.ofSeconds(30);

    /** Twenty restarts in a row. */
    private static final Duration MAX_CREDIT = HURRY.multipliedBy(20);

    private static final Duration LONGEST_IN_HURRY = Duration.ofSeconds(1);

    /** A connection that lasted so long says that the relay works. */
    private static final Duration STABLE = Duration.ofSeconds(10);

    private final Duration first;
    private final Duration longest;
    private final Scheduler scheduler;
    private final DoubleSupplier random;
    private Duration next;

    /** As of {@link Scheduler#nanoTime}. */
    private long hurryUntil;

    private Duration credit = MAX_CREDIT;

    /**
     * Creates a backoff at its start.
     *
     * @param random gives numbers from 0 to 1
     */
    Backoff(Duration first, Duration longest, Scheduler scheduler, DoubleSupplier random) {
        this.first = first;
        this.longest = longest;
        this.scheduler = scheduler;
        this.random = random;
        this.next = first;
        this.hurryUntil = scheduler.nanoTime();
    }

    Duration next() {
        boolean inHurry = scheduler.nanoTime() - hurryUntil < 0;
        Duration current = inHurry ? shorter(next, LONGEST_IN_HURRY) : next;
        next = shorter(current.multipliedBy(2), longest);
        return Duration.ofNanos((long) (current.toNanos() * (1 - random.getAsDouble() / 2)));
    }

    /**
     * Notes that a connection was lost that served.
     *
     * @param lasted for how long it did
     */
    void lost(Duration lasted) {
        hurryUntil = scheduler.nanoTime();
        credit = shorter(credit.plus(lasted), MAX_CREDIT);
        if (credit.compareTo(HURRY) < 0) {
            return;
        }
        credit = credit.minus(HURRY);
        hurryUntil += HURRY.toNanos();
        if (lasted.compareTo(STABLE) >= 0) {
            next = first;
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
