package org.podbridge.time;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A scheduler that the test drives. Not thread-safe. */
public final class TestScheduler implements Scheduler {

    private final List<Entry> entries = new ArrayList<>();
    private long nanos;

    /** What was scheduled. */
    public record Entry(long due, Runnable task) {}

    @Override
    public Instant now() {
        return Instant.EPOCH.plusNanos(nanos);
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
        Entry entry = new Entry(nanos + delay.toNanos(), task);
        entries.add(entry);
        return () -> entries.remove(entry);
    }

    /** Returns what waits, so that a test can run what was cancelled too late. */
    public List<Entry> entries() {
        return List.copyOf(entries);
    }

    /** Lets time pass and runs what falls due. */
    public void advance(Duration time) {
        long target = nanos + time.toNanos();
        while (true) {
            var next = entries.stream().filter(e -> e.due() <= target).min(Comparator.comparingLong(Entry::due));
            if (next.isEmpty()) {
                nanos = target;
                return;
            }
            nanos = Math.max(nanos, next.get().due());
            entries.remove(next.get());
            next.get().task().run();
        }
    }
}
