package org.podbridge.servlet;

import java.nio.ByteBuffer;
import org.podbridge.exchange.Chunk;

/** A piece of a buffer that its container uses again: retaining copies. */
final class LentChunk implements Chunk {

    private final ByteBuffer data;

    LentChunk(ByteBuffer data) {
        this.data = data;
    }

    @Override
    public ByteBuffer data() {
        return data;
    }

    @Override
    public Chunk retain() {
        byte[] copy = new byte[data.remaining()];
        data.duplicate().get(copy);
        return Chunk.of(copy);
    }

    @Override
    public void release() {
        throw new IllegalStateException("the chunk was not retained");
    }
}
