package org.podbridge.tunnel.client;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;

/** Pings at intervals, and tells if nothing at all comes within a while after one. Thread-safe. */
final class Heartbeat {

    private final Scheduler scheduler;
    private final Duration interval;
    private final Duration timeout;
    private final Runnable ping;
    private final Runnable onSilence;
    private final AtomicLong signs = new AtomicLong();
    private final ReentrantLock lock = new ReentrantLock();
    private Scheduler.@Nullable Task task;
    private boolean stopped;

    Heartbeat(Scheduler scheduler, Settings.Times times, Runnable ping, Runnable onSilence) {
        this.scheduler = scheduler;
        this.interval = times.pingInterval();
        this.timeout = times.pingTimeout();
        this.ping = ping;
        this.onSilence = onSilence;
    }

    void start() {
        schedule(interval, this::beat);
    }

    /** Notes that the other side has been heard. */
    void sign() {
        signs.incrementAndGet();
    }

    /** Ends the pings. Idempotent. */
    void stop() {
        lock.lock();
        try {
            stopped = true;
            if (task != null) {
                task.cancel();
            }
        } finally {
            lock.unlock();
        }
    }

    private void beat() {
        long before = signs.get();
        schedule(timeout, () -> check(before));
        ping.run();
    }

    private void check(long before) {
        if (signs.get() == before) {
            onSilence.run();
        } else {
            schedule(interval.minus(timeout), this::beat);
        }
    }

    private void schedule(Duration delay, Runnable next) {
        lock.lock();
        try {
            if (!stopped) {
                task = scheduler.schedule(delay, next);
            }
        } finally {
            lock.unlock();
        }
    }
}
