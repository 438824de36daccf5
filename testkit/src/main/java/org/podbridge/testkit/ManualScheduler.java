package org.podbridge.testkit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;

/**
 * A scheduler whose time stands still until a test moves it. Due tasks run in the order of their times, those of one
 * time in the order in which they were scheduled, on the thread that calls {@link #advance(Duration)}. What a task
 * throws reaches that caller. Thread-safe.
 */
public final class ManualScheduler implements Scheduler {

    private final ReentrantLock lock = new ReentrantLock();
    private final PriorityQueue<Entry> queue =
            new PriorityQueue<>(Comparator.comparingLong(Entry::due).thenComparingLong(Entry::sequence));
    private final Instant start;
    private long nanos;
    private long sequence;

    private record Entry(long due, long sequence, Runnable task) {}

    /** Creates a scheduler whose wall clock shows the beginning of 2026. */
    public ManualScheduler() {
        this(Instant.parse("2026-01-01T00:00:00Z"));
    }

    /**
     * Creates a scheduler.
     *
     * @param start what its wall clock shows
     */
    public ManualScheduler(Instant start) {
        this.start = requireNonNull(start, "start");
    }

    @Override
    public Instant now() {
        return start.plusNanos(nanoTime());
    }

    @Override
    public long nanoTime() {
        lock.lock();
        try {
            return nanos;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
        requireNonNull(task, "task");
        lock.lock();
        try {
            Entry entry = new Entry(nanos + Math.max(0, delay.toNanos()), sequence++, task);
            queue.add(entry);
            return () -> remove(entry);
        } finally {
            lock.unlock();
        }
    }

    private void remove(Entry entry) {
        lock.lock();
        try {
            queue.remove(entry);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Moves both clocks on and runs what falls due on the way, also what those tasks schedule. While a task runs, the
     * clocks show its time.
     *
     * @param time by how much; zero runs what is due now
     */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("time: " + time + " (expected: >= 0)");
        }
        long target = nanoTime() + time.toNanos();
        for (Entry entry = nextUntil(target); entry != null; entry = nextUntil(target)) {
            entry.task().run();
        }
    }

    private @Nullable Entry nextUntil(long target) {
        lock.lock();
        try {
            Entry first = queue.peek();
            if (first == null || first.due() > target) {
                nanos = Math.max(nanos, target);
                return null;
            }
            nanos = Math.max(nanos, first.due());
            return queue.poll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how many tasks wait for their time, so that a test can see that none was forgotten.
     *
     * @return the number of tasks neither run nor cancelled
     */
    public int pending() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }
}
