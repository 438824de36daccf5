package org.podbridge.oidc;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.podbridge.time.Scheduler;

/**
 * Remembers for a minute which tokens had a good signature, by their digests. It spares the work of verifying it; all
 * else is checked each time. Thread-safe.
 */
final class VerifiedTokens {

    private static final int MAX_TOKENS = 10_000;
    private static final Duration LIFE = Duration.ofSeconds(60);

    private final Scheduler scheduler;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Long> deadlines = new LinkedHashMap<>(16, 0.75f, true) { // guarded by lock
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
                    return size() > MAX_TOKENS;
                }
            };

    VerifiedTokens(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    boolean contains(String token) {
        String digest = Digest.of(token);
        lock.lock();
        try {
            Long deadline = deadlines.get(digest);
            return deadline != null && scheduler.nanoTime() < deadline;
        } finally {
            lock.unlock();
        }
    }

    void add(String token, Instant now, Instant expiresAt) {
        Duration left = Duration.between(now, expiresAt);
        long life = left.compareTo(LIFE) < 0 ? left.toNanos() : LIFE.toNanos();
        String digest = Digest.of(token);
        lock.lock();
        try {
            deadlines.put(digest, scheduler.nanoTime() + life);
        } finally {
            lock.unlock();
        }
    }
}
