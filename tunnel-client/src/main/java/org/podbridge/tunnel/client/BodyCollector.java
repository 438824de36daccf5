package org.podbridge.tunnel.client;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.podbridge.limits.ByteBudget;

/** Collects a body within its own limit and the budget that all share. Not thread-safe. */
final class BodyCollector {

    private static final int FIRST_BYTES = 8_192;

    private final ByteBudget budget;
    private final long maxBytes;
    private byte[] bytes = new byte[0];
    private int length;

    BodyCollector(ByteBudget budget, long maxBytes) {
        this.budget = budget;
        this.maxBytes = maxBytes;
    }

    /**
     * Makes room for a body whose length is known.
     *
     * @throws ForwardingFailure if there is none
     */
    void expect(long contentLength) {
        if (contentLength > maxBytes) {
            throw ForwardingFailure.tooLarge(maxBytes);
        }
        if (contentLength > bytes.length) {
            growTo((int) contentLength);
        }
    }

    /**
     * Adds bytes.
     *
     * @throws ForwardingFailure if there are too many
     */
    void add(ByteBuffer more) {
        long needed = (long) length + more.remaining();
        if (needed > maxBytes) {
            throw ForwardingFailure.tooLarge(maxBytes);
        }
        if (needed > bytes.length) {
            growTo((int) Math.min(maxBytes, Math.max(needed, Math.max(FIRST_BYTES, bytes.length * 2L))));
        }
        int count = more.remaining();
        more.get(bytes, length, count);
        length += count;
    }

    private void growTo(int capacity) {
        if (!budget.tryReserve(capacity - bytes.length)) {
            throw ForwardingFailure.noRoom();
        }
        bytes = Arrays.copyOf(bytes, capacity);
    }

    byte[] toArray() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    int length() {
        return length;
    }

    /** Gives the room back. Idempotent. */
    void release() {
        budget.release(bytes.length);
        bytes = new byte[0];
        length = 0;
    }
}
