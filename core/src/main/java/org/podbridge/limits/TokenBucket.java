package org.podbridge.limits;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Holds something to a rate. What it knows is one number, the time at which it will be full again: a bucket that is
 * full is just like a new one, and so can be forgotten. Thread-safe.
 */
public final class TokenBucket {

    private static final long RETIRED = -1;

    private final long nanosPerPermit;
    private final int burst;
    private final AtomicLong fullAt = new AtomicLong();

    /**
     * Makes a full bucket.
     *
     * @param rate the rate
     */
    public TokenBucket(Rate rate) {
        this.nanosPerPermit = rate.interval().toNanos();
        this.burst = rate.burst();
    }

    /** What came of an attempt to take permits. */
    enum Outcome {
        TAKEN,
        TOO_OFTEN,
        /** The bucket was forgotten; there is, or will be, another. */
        RETIRED
    }

    /**
     * Takes permits, all or none. More than the bucket holds count as all that it holds.
     *
     * @param permits how many
     * @param now the time, not negative and never going back
     * @return whether they were there
     */
    public boolean tryTake(int permits, long now) {
        return take(permits, now) == Outcome.TAKEN;
    }

    Outcome take(int permits, long now) {
        while (true) {
            long before = fullAt.get();
            if (before == RETIRED) {
                return Outcome.RETIRED;
            }
            long after = Math.max(before, now) + Math.min(permits, burst) * nanosPerPermit;
            if (after - now > burst * nanosPerPermit) {
                return Outcome.TOO_OFTEN;
            }
            if (fullAt.compareAndSet(before, after)) {
                return Outcome.TAKEN;
            }
        }
    }

    /** Tells whether permits could be taken. */
    boolean has(int permits, long now) {
        long after = Math.max(fullAt.get(), now) + Math.min(permits, burst) * nanosPerPermit;
        return after - now <= burst * nanosPerPermit;
    }

    /** Retires the bucket if it is full; then nobody can take from it any more. */
    boolean retire(long now) {
        long before = fullAt.get();
        return before <= now && fullAt.compareAndSet(before, RETIRED);
    }

    /** Retires the bucket whether it is full or not. */
    void retire() {
        fullAt.set(RETIRED);
    }
}
