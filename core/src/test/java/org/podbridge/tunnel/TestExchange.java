package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;

/** An exchange whose body the test feeds; answers a read within the call if there is something. */
final class TestExchange implements Exchange {

    private final RequestHead request;
    private final Deque<byte[]> chunks = new ArrayDeque<>();
    private @Nullable BodyReader reader;
    private Runnable gone = () -> {};
    int reads;
    boolean failsToAbort;

    TestExchange(RequestHead request) {
        this.request = request;
    }

    /** Adds a chunk; an empty one is the last. */
    void feed(byte[] chunk) {
        chunks.add(chunk);
        deliver();
    }

    void fail() {
        BodyReader waiting = reader;
        if (waiting != null) {
            reader = null;
            waiting.onFailure(new IllegalStateException("broken"));
        }
    }

    private void deliver() {
        BodyReader waiting = reader;
        byte[] chunk = waiting == null ? null : chunks.poll();
        if (waiting != null && chunk != null) {
            reader = null;
            waiting.onChunk(Chunk.of(chunk), chunk.length == 0);
        }
    }

    @Override
    public RequestHead request() {
        return request;
    }

    @Override
    public void read(BodyReader reader) {
        reads++;
        this.reader = reader;
        deliver();
    }

    @Override
    public HeaderFields requestTrailers() {
        return HeaderFields.empty();
    }

    @Override
    public void inform(int status, HeaderFields fields) {}

    @Override
    public void trailers(HeaderFields trailers) {}

    @Override
    public void begin(ResponseHead head) {}

    @Override
    public void write(ByteBuffer data, boolean last, Completion completion) {
        completion.succeeded();
    }

    @Override
    public void onGone(Runnable action) {
        gone = action;
    }

    /** Lets the visitor go away. */
    void leave() {
        gone.run();
    }

    @Override
    public void abort(Throwable cause) {
        if (failsToAbort) {
            throw new IllegalStateException("over already");
        }
    }
}
