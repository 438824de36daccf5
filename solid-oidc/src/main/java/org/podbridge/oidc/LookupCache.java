package org.podbridge.oidc;

import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.podbridge.oidc.fetch.FetchException;
import org.podbridge.time.Scheduler;

/**
 * Remembers what look-ups have found, and for a shorter time that they have failed. Several who want the same at a time
 * share one look-up. When there are too many entries, the one that has not been asked for longest is forgotten.
 * Thread-safe.
 */
final class LookupCache<K, V> {

    private final Scheduler scheduler;
    private final int maxEntries;
    private final Duration failureLife;
    private final Duration staleLife;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<K, Entry<V>> entries = new LinkedHashMap<>(16, 0.75f, true); // guarded by lock

    /**
     * Makes an empty cache.
     *
     * @param maxEntries how many entries there may be
     * @param failureLife for how long a failure is remembered
     * @param staleLife for how long an old value may stand in when it can't be looked up again
     */
    LookupCache(Scheduler scheduler, int maxEntries, Duration failureLife, Duration staleLife) {
        this.scheduler = scheduler;
        this.maxEntries = maxEntries;
        this.failureLife = failureLife;
        this.staleLife = staleLife;
    }

    /** What a look-up has found, and for how long that holds. */
    record Found<V>(V value, Duration life) {}

    /** Guarded by the cache's lock. Times are those of the monotonic clock. */
    private static final class Entry<V> {
        @Nullable V value;

        long freshUntil;

        @Nullable Throwable failure; // of the last look-up, unless it has succeeded

        long failedUntil;
        long lookedUpAt;

        @Nullable CompletableFuture<V> flight;
    }

    /**
     * Returns what is remembered, or looks it up.
     *
     * @param admission asked before a look-up begins; what it throws is thrown here. Must not call the cache
     * @param lookup looks up
     */
    CompletionStage<V> get(K key, Runnable admission, Supplier<CompletionStage<Found<V>>> lookup) {
        CompletableFuture<V> flight;
        lock.lock();
        try {
            Entry<V> entry = entries.get(key);
            if (entry != null) {
                long now = scheduler.nanoTime();
                if (entry.value != null && now < entry.freshUntil) {
                    return CompletableFuture.completedStage(entry.value);
                }
                if (entry.failure != null && now < entry.failedUntil) {
                    return entry.value != null && isUsable(entry, now)
                            ? CompletableFuture.completedStage(entry.value)
                            : CompletableFuture.failedStage(entry.failure);
                }
                if (entry.flight != null) {
                    return entry.flight.copy();
                }
            }
            admission.run();
            flight = begin(key);
        } finally {
            lock.unlock();
        }
        return fly(key, flight, lookup);
    }

    /**
     * Looks something up again before its time, unless that was just done.
     *
     * @param seen the value that doesn't do; if there is another one meanwhile, that is returned
     * @param pause how long after a look-up, whatever came of it, there is no other
     * @return what there is now; fails if the last look-up has failed
     */
    @SuppressWarnings("ReferenceEquality") // whether it is the very one that was seen
    CompletionStage<V> refresh(
            K key, V seen, Duration pause, Runnable admission, Supplier<CompletionStage<Found<V>>> lookup) {
        CompletableFuture<V> flight;
        lock.lock();
        try {
            Entry<V> entry = entries.get(key);
            if (entry != null) {
                if (entry.flight != null) {
                    return entry.flight.thenCompose(value -> current(key, value));
                }
                if (entry.value != null && entry.value != seen) {
                    return CompletableFuture.completedStage(entry.value);
                }
                if (scheduler.nanoTime() - entry.lookedUpAt < pause.toNanos()) {
                    return entry.failure != null
                            ? CompletableFuture.failedStage(entry.failure)
                            : CompletableFuture.completedStage(seen);
                }
            }
            admission.run();
            flight = begin(key);
        } finally {
            lock.unlock();
        }
        return fly(key, flight, lookup).thenCompose(value -> current(key, value));
    }

    private CompletionStage<V> current(K key, V value) {
        lock.lock();
        try {
            Entry<V> entry = entries.get(key);
            return entry != null && entry.failure != null
                    ? CompletableFuture.failedStage(entry.failure)
                    : CompletableFuture.completedStage(value);
        } finally {
            lock.unlock();
        }
    }

    private boolean isUsable(Entry<V> entry, long now) {
        return now < entry.freshUntil + staleLife.toNanos();
    }

    /** Called under the lock. */
    private CompletableFuture<V> begin(K key) {
        CompletableFuture<V> flight = new CompletableFuture<>();
        Entry<V> entry = entries.computeIfAbsent(key, any -> new Entry<>());
        entry.flight = flight;
        entry.lookedUpAt = scheduler.nanoTime();
        forgetOldest();
        return flight;
    }

    /** Called under the lock. */
    private void forgetOldest() {
        Iterator<Entry<V>> oldestFirst = entries.values().iterator();
        while (entries.size() > maxEntries && oldestFirst.hasNext()) {
            if (oldestFirst.next().flight == null) {
                oldestFirst.remove();
            }
        }
    }

    private CompletionStage<V> fly(K key, CompletableFuture<V> flight, Supplier<CompletionStage<Found<V>>> lookup) {
        CompletionStage<Found<V>> found;
        try {
            found = lookup.get();
        } catch (RuntimeException e) {
            found = CompletableFuture.failedStage(e);
        }
        found.whenComplete((value, failure) -> {
            if (value != null) {
                succeed(key, value);
                flight.complete(value.value());
            } else {
                Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                        ? failure.getCause()
                        : failure;
                V old = fail(key, cause);
                if (old != null) {
                    flight.complete(old);
                } else {
                    flight.completeExceptionally(cause);
                }
            }
        });
        return flight.copy();
    }

    private void succeed(K key, Found<V> found) {
        lock.lock();
        try {
            Entry<V> entry = entries.computeIfAbsent(key, any -> new Entry<>());
            entry.value = found.value();
            entry.freshUntil = scheduler.nanoTime() + found.life().toNanos();
            entry.failure = null;
            entry.flight = null;
        } finally {
            lock.unlock();
        }
    }

    /** Returns the old value, if it may stand in. */
    private @Nullable V fail(K key, Throwable failure) {
        lock.lock();
        try {
            Entry<V> entry = entries.computeIfAbsent(key, any -> new Entry<>());
            entry.flight = null;
            long now = scheduler.nanoTime();
            V old = entry.value != null && isUsable(entry, now) ? entry.value : null;
            boolean ofTheTarget =
                    !(failure instanceof FetchException fetch) || fetch.reason() != FetchException.Reason.LIMITED;
            if (ofTheTarget) {
                entry.failure = failure;
                entry.failedUntil = now + failureLife.toNanos();
            } else if (entry.value == null) {
                entries.remove(key);
            }
            return old;
        } finally {
            lock.unlock();
        }
    }
}
