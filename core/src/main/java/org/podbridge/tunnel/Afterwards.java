package org.podbridge.tunnel;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What is to be done when something is over: once, in the order added, and at once if it is over already. Thread-safe.
 */
final class Afterwards implements Runnable {

    /** Null once it is over. */
    private final AtomicReference<@Nullable Runnable> actions = new AtomicReference<>(() -> {});

    void add(Runnable action) {
        Runnable before = actions.getAndUpdate(earlier -> earlier == null
                ? null
                : () -> {
                    earlier.run();
                    action.run();
                });
        if (before == null) {
            action.run();
        }
    }

    /** It is over. Idempotent. */
    @Override
    public void run() {
        Runnable all = actions.getAndSet(null);
        if (all != null) {
            all.run();
        }
    }
}
