package org.podbridge.tunnel.v2;

/** Bytes came that are no frames. The connection can't be made sense of any more and has to end. */
public final class FrameException extends Exception {

    private static final long serialVersionUID = 1L;

    FrameException(String message) {
        super(message, null, false, false); // ordinary with hostile peers, so no stack trace
    }
}
