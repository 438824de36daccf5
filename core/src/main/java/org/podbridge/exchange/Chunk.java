package org.podbridge.exchange;

import java.nio.ByteBuffer;

/**
 * A piece of a body or of a message, counted by references.
 *
 * <p>A chunk is lent for the duration of the call that brings it. Who needs it longer calls {@link #retain()} within
 * that call and {@link #release()} later, on any thread; where the container can't leave its buffer, retaining copies.
 * Confined to the call, apart from {@code release()}.
 */
public interface Chunk {

    /**
     * Returns the bytes, between position and limit. The caller may move the position and must not change the content.
     *
     * @return the bytes; after {@link #retain()}, those of the retained chunk
     */
    ByteBuffer data();

    /**
     * Keeps the chunk beyond the call that brought it.
     *
     * @return the chunk to keep, which is this one or a copy; each call needs one {@link #release()} of what it
     *     returned
     */
    Chunk retain();

    /**
     * Gives back what {@link #retain()} kept. To be called once for each retain; the bytes must not be used after it.
     */
    void release();

    /**
     * Returns a chunk around an array that nobody else changes: retaining is free and releasing does nothing.
     *
     * @param bytes the bytes, which the chunk takes over
     * @return the chunk
     */
    static Chunk of(byte[] bytes) {
        ByteBuffer data = ByteBuffer.wrap(bytes);
        return new Chunk() {
            @Override
            public ByteBuffer data() {
                return data;
            }

            @Override
            public Chunk retain() {
                return this;
            }

            @Override
            public void release() {
                // An array of our own needs no giving back.
            }
        };
    }
}
