package org.podbridge.connection;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.podbridge.limits.ByteBudget;

/**
 * Puts the parts of messages together, up to a limit. What goes beyond is discarded as it comes and never held.
 * Confined to its connection.
 */
final class MessageAssembler {

    private static final int INITIAL_BYTES = 1_024;

    /** A buffer of this size is kept for the next message, belongs to the connection, and takes none of the budget. */
    private static final int KEPT_BYTES = 4_096;

    private final long maxBytes;
    private final long fatalBytes;
    private final ByteBudget budget;

    private byte[] bytes = new byte[0];
    private int length;
    private long seen;
    private long discardedBytes;
    private boolean discarding;

    enum Outcome {
        /** More parts are to come. */
        PARTIAL,
        /** The message is whole. */
        COMPLETE,
        /** The message has just become too large; its beginning can still be looked at. */
        OVERFLOW,
        /** A part of a message that is too large was discarded. */
        DISCARDED,
        /** The last part of a message that was too large was discarded. */
        TOO_LARGE,
        /** The message is so large that the connection has to end. */
        FATAL
    }

    MessageAssembler(long maxBytes, long fatalBytes, ByteBudget budget) {
        this.maxBytes = maxBytes;
        this.fatalBytes = fatalBytes;
        this.budget = budget;
    }

    Outcome add(ByteBuffer part, boolean last) {
        seen += part.remaining();
        if (seen > fatalBytes) {
            return Outcome.FATAL;
        }
        if (discarding) {
            return last ? endDiscarding() : Outcome.DISCARDED;
        }
        if (seen > maxBytes || !ensureCapacity(length + part.remaining())) {
            discarding = true;
            append(part, beginning(part));
            return Outcome.OVERFLOW;
        }
        append(part, part.remaining());
        return last ? Outcome.COMPLETE : Outcome.PARTIAL;
    }

    /** As much of the part that is too much as makes a beginning that can be looked at. */
    private int beginning(ByteBuffer part) {
        int missing = (int) Math.min(KEPT_BYTES, maxBytes) - length;
        int size = Math.max(0, Math.min(missing, part.remaining()));
        return ensureCapacity(length + size) ? size : 0;
    }

    private void append(ByteBuffer part, int size) {
        part.get(bytes, length, size);
        length += size;
    }

    /** To be called when the outcome was {@link Outcome#OVERFLOW} and the beginning has been looked at. */
    Outcome discard(boolean last) {
        free();
        return last ? endDiscarding() : Outcome.DISCARDED;
    }

    private Outcome endDiscarding() {
        discarding = false;
        discardedBytes = seen;
        seen = 0;
        return Outcome.TOO_LARGE;
    }

    /** How large the message was that was too large. */
    long discardedBytes() {
        return discardedBytes;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    /** Makes room for the next message; a large buffer isn't kept for it. */
    void reset() {
        seen = 0;
        length = 0;
        if (bytes.length > KEPT_BYTES) {
            free();
        }
    }

    /** Gives the buffer back. */
    void free() {
        budget.release(counted(bytes.length));
        bytes = new byte[0];
        length = 0;
    }

    private boolean ensureCapacity(int needed) {
        if (needed <= bytes.length) {
            return true;
        }
        int capacity = (int) Math.min(maxBytes, Math.max(Math.max(INITIAL_BYTES, needed), bytes.length * 2L));
        if (!budget.tryReserve(counted(capacity) - counted(bytes.length))) {
            return false;
        }
        bytes = Arrays.copyOf(bytes, capacity);
        return true;
    }

    private static int counted(int capacity) {
        return Math.max(0, capacity - KEPT_BYTES);
    }
}
