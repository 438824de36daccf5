package org.podbridge.time;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Executor;

/**
 * The source of time and of delayed work. Everything in Podbridge that waits does so through this one seam, so that a
 * test can own the clock. Thread-safe.
 */
public interface Scheduler {

    /**
     * Returns the wall clock's time, for what is compared with times from outside, such as the expiry of a token.
     *
     * @return now
     */
    Instant now();

    /**
     * Returns the monotonic clock's time, for measuring how much time has passed.
     *
     * @return nanoseconds since an arbitrary origin, as of {@link System#nanoTime()}
     */
    long nanoTime();

    /**
     * Runs a task once, after a delay, on a thread where it may not block.
     *
     * @param delay how long to wait; none or a negative one means at once, but never within this call
     * @param task the task; what it throws is logged
     * @return a handle to cancel it
     */
    Task schedule(Duration delay, Runnable task);

    /** A task that waits for its time. */
    @FunctionalInterface
    interface Task {
        /** Keeps the task from running if it hasn't begun, and lets go of it. Idempotent. */
        void cancel();
    }

    /**
     * Returns a scheduler on the system's clocks. The JDK's own timer wakes the tasks and the given executor runs them:
     * no thread is started.
     *
     * @param executor runs the tasks
     * @return the scheduler
     */
    static Scheduler system(Executor executor) {
        return new SystemScheduler(executor);
    }
}
