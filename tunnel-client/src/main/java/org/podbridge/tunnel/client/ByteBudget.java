package org.podbridge.tunnel.client;

import java.util.concurrent.atomic.AtomicLong;

/** Bytes that all bodies of a client share. Thread-safe. */
final class ByteBudget {

    private final AtomicLong left;

    ByteBudget(long bytes) {
        this.left = new AtomicLong(bytes);
    }

    /** Takes bytes, all or none; they must be given back. */
    boolean reserve(long bytes) {
        long before = left.getAndUpdate(now -> now >= bytes ? now - bytes : now);
        return before >= bytes;
    }

    void release(long bytes) {
        left.addAndGet(bytes);
    }
}
