package org.podbridge.tunnel.v2;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;

/**
 * Bytes of a body, or of a WebSocket's message, which may come in several pieces.
 *
 * @param bytes the bytes, possibly none
 * @param text whether they are of a text message; false for bodies
 * @param messageEnd whether a message ends with them; false for bodies
 * @param last whether the direction ends with them
 */
public record StreamData(ByteBuffer bytes, boolean text, boolean messageEnd, boolean last) {

    /** Checks that the bytes are there. */
    public StreamData {
        requireNonNull(bytes, "bytes");
    }

    /**
     * Makes data of a body.
     *
     * @param bytes the bytes, possibly none
     * @param last whether the body ends with them
     * @return the data
     */
    public static StreamData of(ByteBuffer bytes, boolean last) {
        return new StreamData(bytes, false, false, last);
    }

    /** Tells whether it says nothing at all, and so needs no frame. */
    boolean isNothing() {
        return !bytes.hasRemaining() && !messageEnd && !last;
    }
}
