package org.podbridge.oidc.fetch;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.podbridge.limits.Rate;
import org.podbridge.limits.TokenBucket;

/**
 * One rate for each of many. Who has been quiet longest is forgotten first when there are too many; with so many under
 * way at once the limit grows laxer, but nobody is refused for what others do. Thread-safe.
 */
public final class KeyedRate {

    private static final int MAX_KEYS = 10_000;

    private final Rate rate;
    private final LongSupplier nanoTime;
    private final long origin;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Object, TokenBucket> buckets = new LinkedHashMap<>(16, 0.75f, true); // guarded by lock

    /**
     * Makes one.
     *
     * @param rate the rate of each
     * @param nanoTime the monotonic clock
     */
    public KeyedRate(Rate rate, LongSupplier nanoTime) {
        this.rate = rate;
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
    }

    /**
     * Takes a permit.
     *
     * @param key whose; of a type with value equality
     * @return whether there was one
     */
    public boolean tryTake(Object key) {
        long now = nanoTime.getAsLong() - origin;
        lock.lock();
        try {
            TokenBucket bucket = buckets.computeIfAbsent(key, any -> new TokenBucket(rate));
            if (buckets.size() > MAX_KEYS) {
                Iterator<TokenBucket> oldest = buckets.values().iterator();
                oldest.next();
                oldest.remove();
            }
            return bucket.tryTake(1, now);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the rate.
     *
     * @return the rate of each
     */
    public Rate rate() {
        return rate;
    }
}
