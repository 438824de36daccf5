package org.podbridge.tunnel;

import java.util.concurrent.atomic.AtomicBoolean;

/** An action that is done at most once, whoever asks for it. Thread-safe. */
final class Once implements Runnable {

    private final Runnable action;
    private final AtomicBoolean done = new AtomicBoolean();

    Once(Runnable action) {
        this.action = action;
    }

    @Override
    public void run() {
        if (done.compareAndSet(false, true)) {
            action.run();
        }
    }
}
