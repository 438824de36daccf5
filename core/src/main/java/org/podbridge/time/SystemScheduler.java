package org.podbridge.time;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The system's clocks and the JDK's shared timer, which forgets a cancelled task at once. */
final class SystemScheduler implements Scheduler {

    private static final Logger logger = LoggerFactory.getLogger(SystemScheduler.class);

    private final Executor executor;

    SystemScheduler(Executor executor) {
        this.executor = requireNonNull(executor, "executor");
    }

    @Override
    public Instant now() {
        return Instant.now();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }

    @Override
    public Task schedule(Duration delay, Runnable task) {
        CompletableFuture<Boolean> due = new CompletableFuture<>();
        due.completeOnTimeout(true, Math.max(0, delay.toNanos()), TimeUnit.NANOSECONDS)
                .thenAcceptAsync(ignored -> runGuarded(task), executor)
                .exceptionally(notRun -> null);
        return () -> due.cancel(false);
    }

    private static void runGuarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            logger.warn("A scheduled task failed", e);
        }
    }
}
