package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.RepeatedStep;

/** Writes a body that is whole in memory, slice by slice: the JDK copies what it writes to a buffer of equal size. */
final class BodySender extends RepeatedStep implements Completion {

    private static final int SLICE_BYTES = 64 * 1024;

    private final Exchange exchange;
    private final byte[] body;
    private final Completion completion;
    private int sent;

    BodySender(Exchange exchange, byte[] body, Completion completion) {
        this.exchange = exchange;
        this.body = body;
        this.completion = completion;
    }

    @Override
    protected void step() {
        int size = Math.min(SLICE_BYTES, body.length - sent);
        ByteBuffer slice = ByteBuffer.wrap(body, sent, size);
        sent += size;
        exchange.write(slice, sent == body.length, this);
    }

    @Override
    public void succeeded() {
        if (sent == body.length) {
            completion.succeeded();
        } else {
            next();
        }
    }

    @Override
    public void failed(Throwable cause) {
        completion.failed(cause);
    }
}
