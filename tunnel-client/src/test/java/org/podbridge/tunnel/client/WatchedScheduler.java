package org.podbridge.tunnel.client;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.podbridge.testkit.ManualScheduler;
import org.podbridge.time.Scheduler;

/** A manual scheduler with which a test can wait until something was scheduled. */
final class WatchedScheduler implements Scheduler {

    private final ManualScheduler scheduler = new ManualScheduler();
    private final BlockingQueue<Duration> delays = new LinkedBlockingQueue<>();

    @Override
    public Instant now() {
        return scheduler.now();
    }

    @Override
    public long nanoTime() {
        return scheduler.nanoTime();
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
        Task scheduled = scheduler.schedule(delay, task);
        delays.add(delay);
        return scheduled;
    }

    void advance(Duration time) {
        scheduler.advance(time);
    }

    int pending() {
        return scheduler.pending();
    }

    /** Waits until a task was scheduled with this delay. */
    void awaitScheduled(Duration delay) {
        await(delay::equals);
    }

    /** Waits until a task was scheduled with this delay or a shorter one. */
    void awaitScheduledBelow(Duration longest) {
        await(delay -> delay.compareTo(longest) <= 0);
    }

    private void await(Predicate<Duration> wanted) {
        try {
            Duration next;
            do {
                next = delays.poll(FakeRelay.LIMIT_MILLIS, TimeUnit.MILLISECONDS);
                if (next == null) {
                    throw new AssertionError("no such task scheduled");
                }
            } while (!wanted.test(next));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
