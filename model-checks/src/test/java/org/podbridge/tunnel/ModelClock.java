package org.podbridge.tunnel;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.podbridge.time.Scheduler;

/** Time that stands still between jumps. Of all that is scheduled only the ends of leases happen. Thread-safe. */
final class ModelClock implements Scheduler {

    private final Duration lease;

    private final AtomicLong nanos = new AtomicLong();
    private volatile Runnable endOfLease = () -> {};

    ModelClock(Duration lease) {
        this.lease = lease;
    }

    @Override
    public Instant now() {
        return Instant.EPOCH;
    }

    @Override
    public long nanoTime() {
        return nanos.get();
    }

    /** Forgets no task that is cancelled: it may have begun just before. */
    @Override
    public Task schedule(Duration delay, Runnable task) {
        if (delay.equals(lease)) {
            endOfLease = task;
        }
        return () -> {};
    }

    void jump(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    /** Ends the lease that was the last to begin. */
    void endLease() {
        endOfLease.run();
    }
}
