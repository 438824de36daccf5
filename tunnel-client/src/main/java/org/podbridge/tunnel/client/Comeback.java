package org.podbridge.tunnel.client;

import java.time.Duration;
import org.podbridge.time.Scheduler;

/**
 * How long to wait before the next attempt to connect. When a connection was lost that served, visitors are being
 * turned away, and most likely the relay is restarting: for a while the waits stay short. A relay that takes
 * connections and drops them would be asked without end that way; so hurry takes credit, which connections earn for as
 * long as they last. Not thread-safe.
 */
final class Comeback {

    /** As long as a restart may take, and what has to be earned for it. */
    private static final Duration HURRY = Duration.ofSeconds(30);

    /** Twenty restarts in a row. */
    private static final Duration MAX_CREDIT = HURRY.multipliedBy(20);

    private static final Duration LONGEST_IN_HURRY = Duration.ofSeconds(1);

    /** A connection that lasted so long says that the relay works. */
    private static final Duration STABLE = Duration.ofSeconds(10);

    private final Backoff backoff;
    private final Scheduler scheduler;

    /** As of {@link Scheduler#nanoTime}. */
    private long hurryUntil;

    private Duration credit = MAX_CREDIT;

    Comeback(Backoff backoff, Scheduler scheduler) {
        this.backoff = backoff;
        this.scheduler = scheduler;
        this.hurryUntil = scheduler.nanoTime();
    }

    Duration next() {
        boolean inHurry = scheduler.nanoTime() - hurryUntil < 0;
        return inHurry ? backoff.next(LONGEST_IN_HURRY) : backoff.next();
    }

    /**
     * Notes that a connection was lost that served.
     *
     * @param lasted for how long it did
     */
    void lost(Duration lasted) {
        hurryUntil = scheduler.nanoTime();
        Duration earned = credit.plus(lasted);
        credit = earned.compareTo(MAX_CREDIT) < 0 ? earned : MAX_CREDIT;
        if (credit.compareTo(HURRY) < 0) {
            return;
        }
        credit = credit.minus(HURRY);
        hurryUntil += HURRY.toNanos();
        if (lasted.compareTo(STABLE) >= 0) {
            backoff.reset();
        }
    }
}
