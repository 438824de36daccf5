package org.podbridge.tunnel;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be done when something is over: once, in the order added, and at once if it is over already. A step that
 * fails is logged, and keeps neither the others from being done nor whoever says that it is over. Thread-safe.
 */
final class Afterwards implements Runnable {

    private static final Logger logger = LoggerFactory.getLogger(Afterwards.class);

    /** Null once it is over. */
    private final AtomicReference<@Nullable Runnable> actions = new AtomicReference<>(() -> {});

    void add(Runnable action) {
        Runnable before = actions.getAndUpdate(earlier -> earlier == null
                ? null
                : () -> {
                    earlier.run();
                    guarded(action);
                });
        if (before == null) {
            guarded(action);
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

    private static void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            logger.error("What was to be done at the end of a visit has failed", e);
        }
    }
}
