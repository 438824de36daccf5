package org.podbridge.it.load;

import java.time.Duration;
import java.util.Arrays;

/** How long things took. Thread-safe. */
public final class Latencies {

    private long[] nanos = new long[1024];
    private int count;

    /**
     * Adds one.
     *
     * @param taken how long it took
     */
    public synchronized void add(Duration taken) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = taken.toNanos();
    }

    /**
     * Returns how many there are.
     *
     * @return the count
     */
    public synchronized int count() {
        return count;
    }

    /**
     * Returns the smallest value that so many don't exceed, by nearest rank.
     *
     * @param percent more than 0, at most 100; 50 for the median
     * @return the value
     */
    public synchronized Duration percentile(double percent) {
        if (count == 0) {
            throw new IllegalStateException("nothing was measured");
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return Duration.ofNanos(sorted[(int) Math.ceil(percent / 100 * count) - 1]);
    }

    @Override
    public String toString() {
        return String.format(
                "p50 %.2f ms, p99 %.2f ms, max %.2f ms (%d)",
                millis(percentile(50)), millis(percentile(99)), millis(percentile(100)), count());
    }

    /**
     * Returns milliseconds with their fractions.
     *
     * @param duration the duration
     * @return the milliseconds
     */
    public static double millis(Duration duration) {
        return duration.toNanos() / 1e6;
    }
}
