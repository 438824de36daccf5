package org.podbridge.exchange;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Repeats an asynchronous step, in a loop where it completes at once and on the completing thread where it doesn't:
 * never by recursion, never two at a time. Thread-safe.
 */
public abstract class RepeatedStep {

    private final AtomicInteger due = new AtomicInteger();

    /** Makes one whose first step is still to come. */
    protected RepeatedStep() {}

    /** Starts one operation; its completion calls {@link #next()} if there is to be another. */
    protected abstract void step();

    /**
     * Makes one more step due. It runs within this call, unless a thread is in one: then on that thread after it. A
     * step that fails doesn't keep those behind it; the first failure is thrown when none is due any more.
     *
     * @return whether the steps that were due ran within this call, the one that it made due among them
     */
    public final boolean next() {
        if (due.getAndIncrement() != 0) {
            return false;
        }
        RuntimeException failure = null;
        do {
            try {
                step();
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
        } while (due.decrementAndGet() != 0);
        if (failure != null) {
            throw failure;
        }
        return true;
    }
}
