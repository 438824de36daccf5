package org.podbridge.policy;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a question to a host's code safe: what goes wrong, or takes too long, has an answer too. Thread-safe. */
final class Guard {

    private static final Logger logger = LoggerFactory.getLogger(Guard.class);

    private final @Nullable Scheduler scheduler;
    private final Duration timeLimit;

    private Guard(@Nullable Scheduler scheduler, Duration timeLimit) {
        this.scheduler = scheduler;
        this.timeLimit = timeLimit;
    }

    /** Returns a guard that waits as long as it takes, for code that nobody has told the time yet. */
    static Guard patient() {
        return new Guard(null, Duration.ZERO);
    }

    static Guard within(Duration timeLimit, Scheduler scheduler) {
        return new Guard(scheduler, timeLimit);
    }

    /** Asks, and logs what goes wrong. Stages that are complete already stay so. */
    <T> CompletionStage<T> ask(Supplier<CompletionStage<T>> question, T whenFailed) {
        return ask(question, whenFailed, failure -> {
            if (failure == null) {
                logger.warn("The access policy took longer than {}", timeLimit);
            } else {
                logger.warn("The access policy failed", failure);
            }
        });
    }

    /** Asks, and reports what goes wrong; null is a lack of time. */
    <T> CompletionStage<T> ask(
            Supplier<CompletionStage<T>> question, T whenFailed, Consumer<@Nullable Throwable> report) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            question.get().whenComplete((result, failure) -> {
                if (failure != null) {
                    report.accept(failure);
                }
                answer.complete(failure != null || result == null ? whenFailed : result);
            });
        } catch (Throwable e) { // the host's code may fail in any way, and that is no reason to fail others
            report.accept(e);
            answer.complete(whenFailed);
        }
        if (answer.isDone() || scheduler == null) {
            return answer; // no timer needed
        }
        Scheduler.Task limit = scheduler.schedule(timeLimit, () -> {
            if (answer.complete(whenFailed)) {
                report.accept(null);
            }
        });
        return answer.whenComplete((result, failure) -> limit.cancel());
    }
}
