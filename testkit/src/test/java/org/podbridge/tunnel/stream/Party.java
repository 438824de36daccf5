package org.podbridge.tunnel.stream;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Random;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;

/** One side of one stream: sends a body of its own in pieces, and takes what comes, as fast as the test lets it. */
final class Party implements StreamListener {

    private final Random random;
    private final byte[] body;
    private final boolean trailers;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private Stream stream;
    private int sent;
    private boolean sending;
    private boolean finished;
    private Completion held;
    private byte[] heldBytes;
    private StreamData heldData;
    private boolean complete;
    private boolean trailersCame;
    private ResetCode reset;
    private boolean disconnected;
    private boolean resetByMe;
    private int heads;

    Party(Random random, int bytes, boolean trailers) {
        this.random = random;
        this.body = new byte[bytes];
        random.nextBytes(body);
        this.trailers = trailers;
    }

    StreamListener on(Stream opened) {
        stream = opened;
        return this;
    }

    Stream stream() {
        return stream;
    }

    byte[] body() {
        return body;
    }

    byte[] received() {
        return received.toByteArray();
    }

    boolean isOver() {
        return reset != null || disconnected || resetByMe;
    }

    boolean isComplete() {
        return complete;
    }

    boolean sentAll() {
        return finished && !sending;
    }

    boolean sawTrailers() {
        return trailersCame;
    }

    boolean sendsTrailers() {
        return trailers;
    }

    int heads() {
        return heads;
    }

    ResetCode resetCode() {
        return reset;
    }

    boolean canSend() {
        return !sending && !finished && !isOver();
    }

    void send() {
        int size = Math.min(body.length - sent, random.nextInt(100_000));
        if (size == body.length - sent && trailers) {
            if (size == 0) {
                finished = true;
                stream.sendTrailers(HeadCodec.encodeTrailers(HeaderFields.of("x", "y")));
                return;
            }
            size = Math.max(1, size / 2);
        }
        boolean last = sent + size == body.length && !trailers;
        byte[] piece = java.util.Arrays.copyOfRange(body, sent, sent + size);
        sent += size;
        sending = true;
        finished = last;
        stream.send(StreamData.of(ByteBuffer.wrap(piece), last), new Completion() {
            @Override
            public void succeeded() {
                sending = false;
                java.util.Arrays.fill(piece, (byte) 0xDD);
            }

            @Override
            public void failed(Throwable cause) {
                sending = false;
                java.util.Arrays.fill(piece, (byte) 0xDD);
            }
        });
    }

    boolean holds() {
        return held != null;
    }

    void release(boolean succeed) {
        byte[] now = new byte[heldData.bytes().remaining()];
        heldData.bytes().duplicate().get(now);
        if (!java.util.Arrays.equals(now, heldBytes)) {
            throw new AssertionError("the bytes changed while they were lent");
        }
        Completion completion = held;
        held = null;
        if (succeed) {
            received.writeBytes(heldBytes);
            complete |= heldData.last();
            completion.succeeded();
        } else {
            resetByMe = true;
            completion.failed(new AssertionError("the visitor is gone"));
        }
    }

    void reset() {
        resetByMe = true;
        stream.reset(ResetCode.CANCEL, "by lot");
    }

    @Override
    public boolean onHead(ByteBuffer head) {
        heads++;
        return true;
    }

    @Override
    public void onData(StreamData data, Completion handedOn) {
        if (held != null || complete) {
            throw new AssertionError("data out of turn");
        }
        held = handedOn;
        heldData = data;
        heldBytes = new byte[data.bytes().remaining()];
        data.bytes().duplicate().get(heldBytes);
        if (random.nextInt(3) > 0) {
            release(true);
        }
    }

    @Override
    public void onTrailers(ByteBuffer fields) {
        trailersCame = true;
    }

    @Override
    public void onReset(ResetCode code, String reason) {
        if (isOver()) {
            throw new AssertionError("over already");
        }
        reset = code;
    }

    @Override
    public void onDisconnected() {
        disconnected = true;
    }
}
