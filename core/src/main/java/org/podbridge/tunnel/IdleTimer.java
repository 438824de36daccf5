package org.podbridge.tunnel;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;

/**
 * Runs an action when nothing has happened for a while. One timer, set again only when it has run off: noting progress
 * costs one write. Thread-safe.
 */
final class IdleTimer {

    /** Told apart by identity. */
    private static final Duration UNSET = Duration.ofSeconds(-1);

    private final Scheduler scheduler;
    private final Runnable action;
    private volatile long lastProgress;
    /** Null while any time may pass. */
    private final AtomicReference<@Nullable Duration> limit = new AtomicReference<>(UNSET);

    private volatile boolean stopped;
    private volatile Scheduler.Task task = () -> {};

    IdleTimer(Scheduler scheduler, Runnable action) {
        this.scheduler = scheduler;
        this.action = action;
    }

    /** Starts it, unless it was started or suspended already. */
    void startFirst(Duration idle) {
        progress();
        if (limit.compareAndSet(UNSET, idle)) {
            arm(idle);
        }
    }

    /** Starts it, or starts it anew with another limit. */
    void start(Duration idle) {
        progress();
        limit.set(idle);
        task.cancel();
        arm(idle);
    }

    /** Lets any time pass from now on. */
    void suspend() {
        limit.set(null);
        task.cancel();
    }

    void progress() {
        lastProgress = scheduler.nanoTime();
    }

    void stop() {
        stopped = true;
        task.cancel();
    }

    private void arm(Duration delay) {
        task = scheduler.schedule(delay, this::check);
        if (stopped) {
            task.cancel();
        }
    }

    private void check() {
        Duration idle = limit.get();
        if (stopped || idle == null) {
            return;
        }
        Duration left = idle.minusNanos(scheduler.nanoTime() - lastProgress);
        if (left.isNegative() || left.isZero()) {
            action.run();
        } else {
            arm(left);
        }
    }
}
