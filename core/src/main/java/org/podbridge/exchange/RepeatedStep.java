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
     * @return whether the steps ran within this call
     */
    public final boolean next() {
        if (due.getAndIncrement() != 0) {
            return false;
        }
        run();
        return true;
    }

    /**
     * Asked between two steps, though another is due, whether the thread has done enough for others. It never has,
     * unless this is overridden, together with {@link #handOver()}.
     *
     * @param steps how many it has done in a row
     * @return whether it leaves what is due to whoever comes next
     */
    protected boolean hasDoneEnough(int steps) {
        return false;
    }

    /** Sees to it that another thread comes, if none does by itself, and calls {@link #next()}. */
    protected void handOver() {
        // Nobody leaves.
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
            if (due.get() > 1 && hasDoneEnough(steps)) {
                due.set(0); // from here on anybody may come, and whoever has come meanwhile is seen to
                handOver();
                break;
            }
        } while (due.decrementAndGet() != 0);
        if (failure != null) {
            throw failure;
        }
    }
}
