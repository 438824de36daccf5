package org.podbridge.tunnel.relay;

import java.nio.ByteBuffer;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;

/** An exchange of which something else always gets ahead: it happens between the asking for the body and the answer. */
record HeldUpExchange(Exchange exchange, Runnable somethingElse) implements Exchange {

    @Override
    public RequestHead request() {
        return exchange.request();
    }

    @Override
    public void read(BodyReader reader) {
        somethingElse.run();
        exchange.read(reader);
    }

    @Override
    public HeaderFields requestTrailers() {
        return exchange.requestTrailers();
    }

    @Override
    public void inform(int status, HeaderFields fields) {
        exchange.inform(status, fields);
    }

    @Override
    public void begin(ResponseHead head) {
        exchange.begin(head);
    }

    @Override
    public void write(ByteBuffer data, boolean last, Completion completion) {
        exchange.write(data, last, completion);
    }

    @Override
    public void trailers(HeaderFields fields) {
        exchange.trailers(fields);
    }

    @Override
    public void onGone(Runnable action) {
        exchange.onGone(action);
    }

    @Override
    public void abort(Throwable cause) {
        exchange.abort(cause);
    }
}
