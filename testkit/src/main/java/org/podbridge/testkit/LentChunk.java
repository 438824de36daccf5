package org.podbridge.testkit;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.podbridge.exchange.Chunk;

/**
 * A chunk as unforgiving as a pooled buffer: when the last reference is gone its bytes are overwritten, so that who
 * keeps it without retaining sees garbage, and releasing once too often throws.
 */
final class LentChunk implements Chunk {

    private static final byte GARBAGE = (byte) 0xEE;

    private final byte[] bytes;
    private final ByteBuffer data;
    private final AtomicInteger lentOut;
    private final AtomicInteger references = new AtomicInteger(1);

    /** Copies the bytes; {@code lentOut} counts the chunks that are referenced. */
    LentChunk(byte[] bytes, AtomicInteger lentOut) {
        this.bytes = bytes.clone();
        this.data = ByteBuffer.wrap(this.bytes).asReadOnlyBuffer();
        this.lentOut = lentOut;
        lentOut.incrementAndGet();
    }

    @Override
    public ByteBuffer data() {
        return data;
    }

    @Override
    public Chunk retain() {
        if (references.getAndUpdate(n -> n > 0 ? n + 1 : n) <= 0) {
            throw new IllegalStateException("retain after the last release");
        }
        return this;
    }

    @Override
    public void release() {
        int left = references.decrementAndGet();
        if (left < 0) {
            throw new IllegalStateException("release without retain");
        }
        if (left == 0) {
            Arrays.fill(bytes, GARBAGE);
            lentOut.decrementAndGet();
        }
    }
}
