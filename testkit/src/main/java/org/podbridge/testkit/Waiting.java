package org.podbridge.testkit;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits with a limit that only a hanging test reaches. */
final class Waiting {

    /** The limit. */
    static final Duration LIMIT = Duration.ofSeconds(20);

    private static final Duration PAUSE = Duration.ofMillis(5);

    private Waiting() {}

    /** Looks again and again; only for what nobody tells of. */
    static void until(BooleanSupplier condition, String what) {
        long deadline = System.nanoTime() + LIMIT.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("no " + what + " within " + LIMIT);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
        }
    }

    static <T> T take(BlockingQueue<T> queue, String what) {
        try {
            T taken = queue.poll(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (taken == null) {
                throw new AssertionError("no " + what + " within " + LIMIT);
            }
            return taken;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    static <T> T get(CompletableFuture<T> future, String what) {
        try {
            return future.get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("no " + what + " within " + LIMIT, e);
        } catch (ExecutionException e) {
            throw new AssertionError(what + " failed", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
