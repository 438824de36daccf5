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
        run();
        return true;
    }

    /** Goes on where {@link #handsOver} has left off, and only then. */
    protected final void resume() {
        run();
    }

    /**
     * Asked between two steps whether the thread has done enough for others. None unless overridden.
     *
     * @param steps how many it has done in a row
     * @return true if another thread is going to call {@link #resume()}, to which all that is due is left
     */
    protected boolean handsOver(int steps) {
        return false;
    }

    private void run() {
        RuntimeException failure = null;
        int steps = 0;
        do {
            try {
                step();
            } catch (RuntimeException e) {
                failure = failure == null ? e : failure;
            }
            steps++;
        } while (due.decrementAndGet() != 0 && !handsOver(steps));
        if (failure != null) {
            throw failure;
        }
    }
}
