package org.podbridge.limits;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How often something may happen: so many times at once after a pause, and so many times in a period as it goes on.
 *
 * @param permits how many times in each period, more than zero
 * @param period the period, more than zero
 * @param burst how many times at once, more than zero
 */
public record Rate(int permits, Duration period, int burst) {

    /** Checks the range. */
    public Rate {
        requireNonNull(period, "period");
        if (permits <= 0) {
            throw new IllegalArgumentException("permits: " + permits + " (expected: > 0)");
        }
        if (period.isZero() || period.isNegative()) {
            throw new IllegalArgumentException("period: " + period + " (expected: > 0)");
        }
        if (period.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("period: " + period + " (expected: at most PT24H)");
        }
        if (burst <= 0) {
            throw new IllegalArgumentException("burst: " + burst + " (expected: > 0)");
        }
        if (period.toNanos() / permits > Duration.ofDays(365).toNanos() / burst) {
            throw new IllegalArgumentException("burst: " + burst + " (expected: what is permitted within a year)");
        }
    }

    /**
     * Returns a rate by the second.
     *
     * @param permits how many times in each second
     * @param burst how many times at once
     * @return the rate
     */
    public static Rate perSecond(int permits, int burst) {
        return new Rate(permits, Duration.ofSeconds(1), burst);
    }

    /**
     * Returns a rate by the minute.
     *
     * @param permits how many times in each minute
     * @param burst how many times at once
     * @return the rate
     */
    public static Rate perMinute(int permits, int burst) {
        return new Rate(permits, Duration.ofMinutes(1), burst);
    }

    /**
     * Returns how long it takes until something may happen once more.
     *
     * @return the time, at least a nanosecond
     */
    public Duration interval() {
        return Duration.ofNanos(Math.max(1, period.toNanos() / permits));
    }
}
