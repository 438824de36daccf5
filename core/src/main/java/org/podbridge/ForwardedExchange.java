package org.podbridge;

import java.nio.ByteBuffer;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;

/** An exchange whose request is told otherwise than the container has it. */
final class ForwardedExchange implements Exchange {

    private final Exchange exchange;
    private final RequestHead request;

    ForwardedExchange(Exchange exchange, RequestHead request) {
        this.exchange = exchange;
        this.request = request;
    }

    @Override
    public RequestHead request() {
        return request;
    }

    @Override
    public void read(BodyReader reader) {
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
