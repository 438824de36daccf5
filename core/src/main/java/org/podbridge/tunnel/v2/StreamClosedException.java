package org.podbridge.tunnel.v2;

import java.io.IOException;

/** Data can't be sent any more, since its stream or its connection is over. */
public final class StreamClosedException extends IOException {

    private static final long serialVersionUID = 1L;

    StreamClosedException() {
        super("the stream is over");
    }

    @Override
    public Throwable fillInStackTrace() {
        return this; // ordinary, so no stack trace
    }
}
