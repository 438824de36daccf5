package org.podbridge.tunnel.v2;

import java.util.concurrent.atomic.AtomicInteger;
import org.podbridge.exchange.Chunk;

/** A part of a message that several pieces of data lie in. It is given back when the last of them was. Thread-safe. */
final class SharedPart {

    private final Chunk kept;
    private final AtomicInteger holders = new AtomicInteger(1);

    /** Takes over a chunk that was retained. */
    SharedPart(Chunk kept) {
        this.kept = kept;
    }

    SharedPart hold() {
        holders.incrementAndGet();
        return this;
    }

    void release() {
        if (holders.decrementAndGet() == 0) {
            kept.release();
        }
    }
}
