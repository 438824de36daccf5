package org.podbridge.tunnel.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.FrameDecoder;
import org.podbridge.tunnel.v2.FrameEncoder;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.StreamRequest;
import org.podbridge.tunnel.v2.StreamResponse;

/** A tunnel client of version 2 that the test plays frame by frame, also against the rules. */
final class FrameClient {

    private final TunnelClient tunnel;
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final FrameDecoder decoder = new FrameDecoder(frames::add);

    private FrameClient(TunnelClient tunnel) {
        this.tunnel = tunnel;
    }

    /** Connects as alice and registers a name, with a window of 256 KiB unless members say otherwise. */
    static FrameClient serve(TunnelRelay relay, String name, String... members) {
        List<String> all = new java.util.ArrayList<>(List.of(members));
        all.add("\"protocol\":2");
        return new FrameClient(relay.serve(name, all.toArray(String[]::new)));
    }

    /** Connects as somebody and registers a name. */
    static FrameClient serveAs(TunnelRelay relay, String token, String name) {
        TunnelClient client = relay.connect(token);
        client.register(name, "\"protocol\":2");
        assertThat(client.heard()).startsWith("{\"type\":\"registered\"");
        return new FrameClient(client);
    }

    TunnelClient tunnel() {
        return tunnel;
    }

    LoopbackConnection connection() {
        return tunnel.connection();
    }

    /** Reads the binary messages that have come; those of text stay. */
    private void read() {
        List<LoopbackConnection.Message> messages = connection().messages();
        if (messages.stream().allMatch(message -> message.kind() == MessageKind.BINARY)) {
            messages.forEach(message -> {
                connection().take();
                decode(message);
            });
        }
    }

    /** Registers the name once more, with other members; what has come before stays to be read. */
    void registerAgain(String name, String... members) {
        read();
        List<String> all = new java.util.ArrayList<>(List.of(members));
        all.add("\"protocol\":2");
        tunnel.register(name, all.toArray(String[]::new));
        for (int left = connection().messages().size(); left > 0; left--) {
            LoopbackConnection.Message message = connection().take();
            if (message.kind() == MessageKind.TEXT) {
                assertThat(message.text()).startsWith("{\"type\":\"registered\"");
            } else {
                decode(message);
            }
        }
    }

    private void decode(LoopbackConnection.Message message) {
        try {
            decoder.feed(ByteBuffer.wrap(message.bytes()), true);
        } catch (FrameException e) {
            throw new AssertionError(e);
        }
    }

    /** Returns the relay's next frame. */
    Frame next() {
        read();
        assertThat(frames).as("frames").isNotEmpty();
        return frames.remove();
    }

    <T extends Frame> T next(Class<T> type) {
        Frame frame = next();
        assertThat(frame).isInstanceOf(type);
        return type.cast(frame);
    }

    void heardNothing() {
        read();
        assertThat(frames).isEmpty();
        tunnel.heardNothing();
    }

    /** Returns all frames that have come. */
    List<Frame> heard() {
        read();
        List<Frame> all = List.copyOf(frames);
        frames.clear();
        return all;
    }

    /** Returns the number of the stream that the relay has opened with its next frame. */
    int asked() {
        return next(Frame.Request.class).stream();
    }

    static StreamRequest head(Frame.Request request) {
        try {
            return HeadCodec.decodeRequest(request.head().duplicate());
        } catch (MalformedJsonException e) {
            throw new AssertionError(e);
        }
    }

    static HeaderFields fields(Frame.Trailers trailers) {
        try {
            return HeadCodec.decodeTrailers(trailers.fields().duplicate());
        } catch (MalformedJsonException e) {
            throw new AssertionError(e);
        }
    }

    void isReset(int stream, ResetCode code) {
        Frame.Reset reset = next(Frame.Reset.class);
        assertThat(reset.stream()).isEqualTo(stream);
        assertThat(reset.code()).isEqualTo(code);
    }

    /** Sends frames in one message. */
    void say(Frame... said) {
        connection().receiveBinary(bytes(said));
    }

    static byte[] bytes(Frame... frames) {
        int size = 0;
        for (Frame frame : frames) {
            size += FrameEncoder.size(frame);
        }
        ByteBuffer message = ByteBuffer.allocate(size);
        for (Frame frame : frames) {
            FrameEncoder.encode(frame, message);
        }
        return message.array();
    }

    static Frame.Response response(int stream, int status, boolean end, String... fields) {
        return new Frame.Response(stream, HeadCodec.encode(new StreamResponse(status, HeaderFields.of(fields))), end);
    }

    static Frame.Response rawResponse(int stream, String json) {
        return new Frame.Response(stream, ByteBuffer.wrap(json.getBytes(UTF_8)), false);
    }

    static Frame.Data data(int stream, String text, boolean end) {
        return data(stream, text.getBytes(UTF_8), end);
    }

    static Frame.Data data(int stream, byte[] bytes, boolean end) {
        return new Frame.Data(stream, ByteBuffer.wrap(bytes), end, false, false);
    }

    static Frame.Trailers trailers(int stream, String... fields) {
        return new Frame.Trailers(stream, HeadCodec.encodeTrailers(HeaderFields.of(fields)));
    }

    static Frame.Reset reset(int stream, ResetCode code) {
        return new Frame.Reset(stream, code, "as the test wants");
    }

    static String text(Frame.Data data) {
        return UTF_8.decode(data.payload().duplicate()).toString();
    }

    /** Answers a request as a whole. */
    void answer(int stream, int status, String body, String... fields) {
        say(response(stream, status, false, fields), data(stream, body, true));
    }

    /** Sends as many bytes as said, in frames of 16 KiB. */
    void send(int stream, int bytes) {
        for (int sent = 0; sent < bytes; ) {
            int size = Math.min(bytes - sent, 16 * 1024);
            say(data(stream, new byte[size], false));
            sent += size;
        }
    }
}
