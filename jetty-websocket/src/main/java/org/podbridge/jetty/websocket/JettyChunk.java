package org.podbridge.jetty.websocket;

import java.nio.ByteBuffer;
import org.eclipse.jetty.io.Retainable;
import org.podbridge.exchange.Chunk;

/**
 * A piece of one of Jetty's pooled buffers. Retaining it keeps the whole buffer from the pool, so small pieces are
 * copied instead: a peer that sends single bytes would otherwise hold a buffer with each of them.
 */
public final class JettyChunk implements Chunk {

    private final ByteBuffer data;
    private final Retainable buffer;
    private final int copyBelow;

    /**
     * Lends a piece.
     *
     * @param data the bytes
     * @param buffer the buffer that they lie in
     * @param copyBelow fewer bytes than this are copied when retained
     */
    public JettyChunk(ByteBuffer data, Retainable buffer, int copyBelow) {
        this.data = data;
        this.buffer = buffer;
        this.copyBelow = copyBelow;
    }

    @Override
    public ByteBuffer data() {
        return data;
    }

    @Override
    public Chunk retain() {
        if (data.remaining() < copyBelow || !buffer.canRetain()) {
            byte[] copy = new byte[data.remaining()];
            data.duplicate().get(copy);
            return Chunk.of(copy);
        }
        buffer.retain();
        return this;
    }

    @Override
    public void release() {
        buffer.release();
    }
}
