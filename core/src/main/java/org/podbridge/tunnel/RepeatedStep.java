package org.podbridge.tunnel;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Repeats an asynchronous step, in a loop where it completes at once and on the completing thread where it doesn't:
 * never by recursion, never two at a time.
 */
abstract class RepeatedStep {

    private final AtomicInteger due = new AtomicInteger();

    /** Starts one operation; its completion calls {@link #next()} if there is to be another. */
    abstract void step();

    final void next() {
        if (due.getAndIncrement() == 0) {
            do {
                step();
            } while (due.decrementAndGet() != 0);
        }
    }
}
