package org.podbridge.tunnel;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** What one action at a time waits for. Once open, it stays open. Thread-safe. */
final class Gate {

    private static final Runnable OPEN = Gate::nothing;

    private final AtomicReference<@Nullable Runnable> waiting;

    private Gate(@Nullable Runnable waiting) {
        this.waiting = new AtomicReference<>(waiting);
    }

    private static void nothing() {}

    static Gate closed() {
        return new Gate(null);
    }

    static Gate opened() {
        return new Gate(OPEN);
    }

    /** Runs the action, at once if the gate is open. Not to be called again while an action waits. */
    void whenOpen(Runnable action) {
        if (!waiting.compareAndSet(null, action)) {
            action.run();
        }
    }

    /** Opens the gate, and runs what waits. Idempotent. */
    void open() {
        Runnable action = waiting.getAndSet(OPEN);
        if (action != null) {
            action.run();
        }
    }
}
