package org.podbridge.tunnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.FrameDecoder;
import org.podbridge.tunnel.v2.FrameEncoder;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.StreamRequest;

/** The relay's end of a connection that speaks version 2, frame by frame. Blocking. */
final class FrameLink {

    private static final int BINARY = 2;

    private final RelayLink link;
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final FrameDecoder decoder = new FrameDecoder(frames::add);

    private FrameLink(RelayLink link) {
        this.link = link;
    }

    /** Accepts the next connection and gives it the name that it asks for, and version 2. */
    static FrameLink register(FakeRelay relay, String name) {
        RelayLink link = relay.nextLink();
        assertThat(link.readText()).contains("\"register\"").contains("\"" + name + "\"");
        return give(link, name);
    }

    /** Gives a connection that has asked for it a name, and version 2. */
    static FrameLink give(RelayLink link, String name) {
        link.sendText("{\"type\":\"registered\",\"name\":\"" + name + "\",\"url\":\"/tunnel/" + name
                + "/\",\"passthrough\":false,\"protocol\":2,\"publicUrl\":\"http://127.0.0.1/tunnel/" + name
                + "/\",\"window\":262144,\"maxStreams\":256,\"access\":\"public\"}");
        return new FrameLink(link);
    }

    RelayLink link() {
        return link;
    }

    FrameLink say(Frame frame) {
        ByteBuffer message = ByteBuffer.allocate(FrameEncoder.size(frame));
        FrameEncoder.encode(frame, message);
        link.send(RelayLink.FIN | BINARY, message.array());
        return this;
    }

    FrameLink get(int stream, String path) {
        StreamRequest request =
                new StreamRequest("myapp", "GET", path, "pod.example", "https", HeaderFields.empty(), false);
        return say(new Frame.Request(stream, HeadCodec.encode(request), true));
    }

    /** Returns the client's next frame; its pings are answered, and anything else fails. */
    Frame next() {
        while (frames.isEmpty()) {
            RelayLink.Frame frame = link.readFrame();
            if (frame.opCode() == RelayLink.PING) {
                link.send(RelayLink.FIN | RelayLink.PONG, frame.payload());
            } else {
                assertThat(frame.opCode()).as("opcode of a frame").isIn(BINARY, RelayLink.CONTINUATION);
                feed(frame);
            }
        }
        return frames.remove();
    }

    private void feed(RelayLink.Frame frame) {
        try {
            decoder.feed(ByteBuffer.wrap(frame.payload()), frame.fin());
        } catch (FrameException e) {
            throw new AssertionError(e);
        }
    }

    <T extends Frame> T next(Class<T> type) {
        Frame frame = next();
        assertThat(frame).isInstanceOf(type);
        return type.cast(frame);
    }

    /** Reads an answer as a whole, and returns its status and its content. */
    String answer(int stream) {
        Frame.Response head = next(Frame.Response.class);
        assertThat(head.stream()).isEqualTo(stream);
        StringBuilder answer = new StringBuilder(status(head));
        boolean end = head.end();
        while (!end) {
            Frame.Data data = next(Frame.Data.class);
            assertThat(data.stream()).isEqualTo(stream);
            answer.append(' ').append(UTF_8.decode(data.payload()));
            end = data.end();
        }
        return answer.toString();
    }

    private static String status(Frame.Response head) {
        try {
            return Integer.toString(HeadCodec.decodeResponse(head.head()).status());
        } catch (MalformedJsonException e) {
            throw new AssertionError(e);
        }
    }

    /** Reads what is left of control frames up to a close, and returns its code. */
    int readClose() {
        RelayLink.Frame frame = link.readFrame();
        while (frame.opCode() == RelayLink.PING) {
            link.send(RelayLink.FIN | RelayLink.PONG, frame.payload());
            frame = link.readFrame();
        }
        assertThat(frame.opCode()).isEqualTo(RelayLink.CLOSE);
        return ByteBuffer.wrap(frame.payload()).getChar();
    }
}
