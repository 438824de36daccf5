package org.podbridge.testkit;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.podbridge.exchange.Completion;

/** A completion that a test can wait for. Being told twice is an error that {@link #await()} reports. Thread-safe. */
public final class FutureCompletion implements Completion {

    private final CompletableFuture<Boolean> outcome = new CompletableFuture<>();
    private volatile boolean toldTwice;

    /** Creates a completion that nobody has told yet. */
    public FutureCompletion() {}

    @Override
    public void succeeded() {
        toldTwice |= !outcome.complete(true);
    }

    @Override
    public void failed(Throwable cause) {
        toldTwice |= !outcome.complete(false);
    }

    /**
     * Tells whether the completion was told.
     *
     * @return whether it was
     */
    public boolean isDone() {
        return outcome.isDone();
    }

    /**
     * Waits until the completion is told.
     *
     * @return whether it was success
     */
    public boolean await() {
        boolean success = Waiting.get(outcome, "completion");
        if (toldTwice) {
            throw new AssertionError("the completion was told twice");
        }
        return success;
    }

    /**
     * Waits for a moment, for a completion that is expected not to come.
     *
     * @param millis how long
     * @return whether it came
     */
    public boolean comesWithin(long millis) {
        try {
            outcome.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }
}
