package org.podbridge.tunnel.relay;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamRequest;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * One request as a tunnel client serves it, step by step. The body of its answer is the request's path, repeated as
 * often as its number says, so that a visitor can tell whether it got what was meant for it.
 */
final class ServedStream implements StreamListener {

    private final Stream stream;
    private final StreamRequest request;
    private final Random random;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private byte[] content;
    private int sent;
    private boolean sending;
    private boolean headSent;
    private boolean endSent;
    private boolean endCame;
    private boolean over;
    private Completion held;
    private StreamData heldData;

    ServedStream(Stream stream, ByteBuffer head, Random random) {
        this.stream = stream;
        this.random = random;
        try {
            this.request = HeadCodec.decodeRequest(head);
        } catch (MalformedJsonException e) {
            throw new AssertionError(e);
        }
        this.content = content(request.path());
    }

    /** Returns what is answered to a request for a path that ends with a number. */
    static byte[] content(String path) {
        int times = Integer.parseInt(path.substring(path.lastIndexOf('-') + 1));
        return path.repeat(times).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }

    StreamRequest request() {
        return request;
    }

    byte[] received() {
        return received.toByteArray();
    }

    boolean isWholeRequest() {
        return endCame;
    }

    boolean isOver() {
        return over;
    }

    boolean hasSentAll() {
        return endSent && !sending;
    }

    boolean holds() {
        return held != null;
    }

    boolean canSend() {
        return !over && !sending && !endSent;
    }

    /** Sends the next piece of the answer: an interim head, the head, or some of the body. */
    void send(boolean mayInform) {
        if (!headSent && mayInform) {
            stream.sendHead(HeadCodec.encode(new StreamResponse(103, HeaderFields.of("link", "x"))));
            return;
        }
        if (!headSent) {
            headSent = true;
            HeaderFields fields = random.nextBoolean()
                    ? HeaderFields.of("content-length", Integer.toString(content.length))
                    : HeaderFields.of("trailer", "x-sum");
            stream.sendHead(HeadCodec.encode(new StreamResponse(200, fields)));
            return;
        }
        int size = Math.min(content.length - sent, 1 + random.nextInt(40_000));
        boolean last = sent + size == content.length;
        boolean trailers = last && random.nextInt(3) == 0;
        if (trailers && size == 0) {
            endSent = true;
            stream.sendTrailers(HeadCodec.encodeTrailers(HeaderFields.of("x-sum", "1")));
            return;
        }
        byte[] piece = Arrays.copyOfRange(content, sent, sent + size);
        sent += size;
        sending = true;
        endSent = last && !trailers;
        stream.send(StreamData.of(ByteBuffer.wrap(piece), endSent), new Completion() {
            @Override
            public void succeeded() {
                sending = false;
                Arrays.fill(piece, (byte) '!');
            }

            @Override
            public void failed(Throwable cause) {
                sending = false;
                over = true;
            }
        });
    }

    void reset(ResetCode code) {
        over = true;
        stream.reset(code, "by lot");
    }

    /** Takes what is held back of the request's body. */
    void release() {
        Completion completion = held;
        if (completion != null) {
            held = null;
            take();
            completion.succeeded();
        }
    }

    private void take() {
        byte[] bytes = new byte[heldData.bytes().remaining()];
        heldData.bytes().get(bytes);
        received.writeBytes(bytes);
        endCame |= heldData.last();
    }

    @Override
    public boolean onHead(ByteBuffer head) {
        throw new AssertionError("a head from who asks");
    }

    @Override
    public void onData(StreamData data, Completion handedOn) {
        if (held != null || endCame) {
            throw new AssertionError("data out of turn");
        }
        held = handedOn;
        heldData = data;
        if (random.nextInt(3) > 0) {
            release();
        }
    }

    @Override
    public void onTrailers(ByteBuffer fields) {}

    @Override
    public void onReset(ResetCode code, String reason) {
        over = true;
    }

    @Override
    public void onDisconnected() {
        over = true;
    }
}
