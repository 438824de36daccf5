package org.podbridge.time;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A scheduler whose two clocks a test moves, together or the wall clock alone. For one thread. */
public final class HandClock implements Scheduler {

    private final List<Entry> entries = new ArrayList<>();
    private Duration wallAhead = Duration.ZERO;
    private long nanos = Long.MAX_VALUE - 1_000; // overflows soon, as System.nanoTime() may

    private record Entry(long due, Runnable task) {}

    @Override
    public Instant now() {
        return Instant.parse("2026-01-01T00:00:00Z").plus(wallAhead).plusNanos(nanos - (Long.MAX_VALUE - 1_000));
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
        Entry entry = new Entry(nanos + Math.max(0, delay.toNanos()), task);
        entries.add(entry);
        return () -> entries.remove(entry);
    }

    /** Moves both clocks on and runs what falls due. */
    public void advance(Duration time) {
        long target = nanos + time.toNanos();
        while (true) {
            Entry next = entries.stream()
                    .min(Comparator.comparingLong(entry -> entry.due() - nanos))
                    .filter(entry -> entry.due() - target <= 0)
                    .orElse(null);
            if (next == null) {
                nanos = target;
                return;
            }
            entries.remove(next);
            nanos += Math.max(0, next.due() - nanos);
            next.task().run();
        }
    }

    /** Sets the wall clock forward or back, as an administrator does. */
    public void jump(Duration time) {
        wallAhead = wallAhead.plus(time);
    }

    /** Returns how many tasks wait. */
    public int pending() {
        return entries.size();
    }
}
