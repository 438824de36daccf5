package org.podbridge.auth;

import java.time.Duration;
import java.util.function.Supplier;
import org.podbridge.time.Scheduler;

/** Waits for an end that may move, since it is measured by a clock that may be set. */
public final class ExpiryTimer implements Scheduler.Task {

    /** How often to look at the clock. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(1);

    private final Scheduler scheduler;
    private final Supplier<Duration> left;
    private final Runnable action;
    private volatile boolean cancelled;
    private volatile Scheduler.Task next = () -> {};

    private ExpiryTimer(Scheduler scheduler, Supplier<Duration> left, Runnable action) {
        this.scheduler = scheduler;
        this.left = left;
        this.action = action;
    }

    /**
     * Runs an action once when no time is left, but never within this call.
     *
     * @param scheduler time
     * @param left how much time is left; asked at least once a minute
     * @param action what to do
     * @return cancels the wait
     */
    public static Scheduler.Task start(Scheduler scheduler, Supplier<Duration> left, Runnable action) {
        ExpiryTimer timer = new ExpiryTimer(scheduler, left, action);
        timer.schedule(left.get());
        return timer;
    }

    private void schedule(Duration delay) {
        next = scheduler.schedule(delay.compareTo(LONGEST_WAIT) < 0 ? delay : LONGEST_WAIT, this::check);
        if (cancelled) {
            next.cancel();
        }
    }

    private void check() {
        if (cancelled) {
            return;
        }
        Duration rest = left.get();
        if (rest.compareTo(Duration.ZERO) > 0) {
            schedule(rest);
        } else {
            action.run();
        }
    }

    @Override
    public void cancel() {
        cancelled = true;
        next.cancel();
    }
}
