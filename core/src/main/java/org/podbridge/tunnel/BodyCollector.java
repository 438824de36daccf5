package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.BiConsumer;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.RepeatedStep;
import org.podbridge.limits.ByteBudget;

/** Reads a request's whole body, up to a limit and within the budget. */
final class BodyCollector extends RepeatedStep implements BodyReader {

    private static final int INITIAL_BYTES = 1_024;

    private final Exchange exchange;
    private final long maxBytes;
    private final long expectedBytes;
    private final ByteBudget budget;
    private final BodyPace pace;
    private final BiConsumer<BodyCollector, Outcome> whenDone;

    private byte[] bytes = new byte[0];
    private int length;

    enum Outcome {
        /** The body is there. */
        COLLECTED,
        /** It has more bytes than allowed. */
        TOO_LARGE,
        /** There is no memory for it at the moment. */
        OVER_BUDGET,
        /** It broke off. */
        FAILED
    }

    /** Makes one. The expected number of bytes is -1 if unknown. */
    BodyCollector(
            Exchange exchange,
            long maxBytes,
            long expectedBytes,
            ByteBudget budget,
            BodyPace pace,
            BiConsumer<BodyCollector, Outcome> whenDone) {
        this.exchange = exchange;
        this.maxBytes = maxBytes;
        this.expectedBytes = expectedBytes;
        this.budget = budget;
        this.pace = pace;
        this.whenDone = whenDone;
    }

    @Override
    protected void step() {
        pace.waitFor(() -> exchange.read(this));
    }

    @Override
    public void onChunk(Chunk chunk, boolean last) {
        ByteBuffer data = chunk.data();
        int size = data.remaining();
        pace.came(size);
        if (length + (long) size > maxBytes) {
            whenDone.accept(this, Outcome.TOO_LARGE);
        } else if (!ensureCapacity(length + size)) {
            whenDone.accept(this, Outcome.OVER_BUDGET);
        } else {
            data.get(bytes, length, size);
            length += size;
            if (last) {
                whenDone.accept(this, Outcome.COLLECTED);
            } else {
                next();
            }
        }
    }

    @Override
    public void onFailure(Throwable cause) {
        whenDone.accept(this, Outcome.FAILED);
    }

    /** Returns the body, exactly. */
    byte[] body() {
        return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
    }

    /** Gives the memory back. */
    void release() {
        budget.release(bytes.length);
        bytes = new byte[0];
        length = 0;
    }

    private boolean ensureCapacity(int needed) {
        if (needed <= bytes.length) {
            return true;
        }
        // By what has come, not by what was announced: announcing is free.
        long doubled = Math.min(maxBytes, Math.max(INITIAL_BYTES, bytes.length * 2L));
        if (expectedBytes >= needed) {
            doubled = Math.min(doubled, expectedBytes);
        }
        int capacity = (int) Math.max(needed, doubled);
        if (!budget.tryReserve(capacity - bytes.length)) {
            return false;
        }
        bytes = Arrays.copyOf(bytes, capacity);
        return true;
    }
}
