package org.podbridge.tunnel;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.podbridge.limits.Limits;
import org.podbridge.time.Scheduler;

/**
 * Holds a visitor to a pace while its request's content is waited for: so many seconds are given at first, waiting uses
 * them up, and what comes earns them back, but never more than at first. So a pause is forgiven, and neither a trickle
 * is nor one behind a fast beginning. Time in which nobody waits for the visitor doesn't count. Thread-safe.
 */
final class BodyPace {

    /** How long nothing may come, also at the beginning. */
    static final Duration GRACE = Duration.ofSeconds(10);

    private final Scheduler scheduler;
    private final long bytesPerSecond;
    private final Runnable tooSlow;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private long left = GRACE.toNanos();
    private long since;
    private boolean waiting;
    private boolean armed;
    private boolean stopped;
    private Scheduler.Task task = () -> {};

    private BodyPace(Scheduler scheduler, long bytesPerSecond, Runnable tooSlow) {
        this.scheduler = scheduler;
        this.bytesPerSecond = bytesPerSecond;
        this.tooSlow = tooSlow;
        this.stopped = bytesPerSecond == 0;
    }

    /**
     * Makes one for a visitor.
     *
     * @param response ends it
     * @param tooSlow what to do with a visitor that is too slow, at most once
     */
    static BodyPace of(TunnelEndpoint endpoint, VisitorResponse response, Runnable tooSlow) {
        Limits limits = endpoint.limits();
        BodyPace pace = new BodyPace(endpoint.scheduler(), limits.minRequestBodyRate(), tooSlow);
        response.whenOver(pace::stop);
        return pace;
    }

    /** Makes one to which every pace is right. */
    static BodyPace any(Scheduler scheduler) {
        return new BodyPace(scheduler, 0, () -> {});
    }

    /** Reads the next piece of the content, which is waited for until {@link #came}. */
    void waitFor(Runnable read) {
        lock.lock();
        try {
            waiting = true;
            since = scheduler.nanoTime();
        } finally {
            lock.unlock();
        }
        read.run();
        lock.lock();
        try {
            if (waiting && !armed && !stopped) { // most pieces are there already, and need no timer
                arm();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Notes that a piece has come. */
    void came(int bytes) {
        lock.lock();
        try {
            waiting = false;
            if (bytesPerSecond > 0) {
                long earned = bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
                left = Math.min(GRACE.toNanos(), left - (scheduler.nanoTime() - since) + earned);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Lets the visitor take any time from now on. Idempotent. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            task.cancel();
        } finally {
            lock.unlock();
        }
    }

    private void arm() {
        armed = true;
        task = scheduler.schedule(Duration.ofNanos(Math.max(1, left - (scheduler.nanoTime() - since))), this::check);
    }

    private void check() {
        lock.lock();
        try {
            armed = false;
            if (!waiting || stopped) {
                return;
            }
            if (left > scheduler.nanoTime() - since) {
                arm();
                return;
            }
            stopped = true;
        } finally {
            lock.unlock();
        }
        tooSlow.run();
    }
}
