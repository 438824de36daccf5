package org.podbridge.tunnel.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.podbridge.connection.CloseStatus;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.limits.ByteBudget;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.testkit.ManualScheduler;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.SocketBridge;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * A bridge of the relay, with a stream to a far end that the test plays. When the test is over everybody leaves, and
 * then nothing may be left.
 */
final class BridgedSocket implements AfterEachCallback {

    static final int WINDOW = 64 * 1024;
    static final Duration PING_INTERVAL = Duration.ofSeconds(20);
    static final Duration SILENCE = Duration.ofSeconds(30);

    final ManualScheduler time = new ManualScheduler();
    final FarEnd far = new FarEnd();
    final AtomicInteger ends = new AtomicInteger();

    /** How often the visitor may still send nothing. */
    final AtomicInteger overhead = new AtomicInteger(1_000);

    private final ByteBudget growth = new ByteBudget(0);
    private final ByteBudget buffers = new ByteBudget(10_000_000);
    private final Wire toClient = new Wire(new Random(1));
    private final Wire toRelay = new Wire(new Random(2));
    private final Multiplexer relay;
    private final Multiplexer client;
    private final Stream stream;
    private SocketBridge bridge;
    private LoopbackConnection visitor;

    BridgedSocket() {
        Multiplexer.Settings settings = new Multiplexer.Settings(WINDOW, WINDOW, WINDOW, 4, growth, buffers);
        relay = Multiplexer.ofRelay(settings, toClient, new SteadyRoundTrip(1_000_000), time, new Quiet());
        client = Multiplexer.ofClient(settings, toRelay, new SteadyRoundTrip(1_000_000), time, new Quiet() {
            @Override
            public StreamListener onRequest(Stream opened, ByteBuffer head, boolean end) {
                far.stream = opened;
                opened.sendHead(HeadCodec.encode(new StreamResponse(101, HeaderFields.empty())));
                return far;
            }
        });
        toClient.to(client);
        toRelay.to(relay);
        ByteBuffer head = ByteBuffer.wrap("{}".getBytes(StandardCharsets.US_ASCII));
        stream = relay.open(head, opened -> {
                    bridge = new SocketBridge(
                            opened,
                            time,
                            PING_INTERVAL,
                            SILENCE,
                            () -> overhead.decrementAndGet() >= 0,
                            ends::incrementAndGet);
                    return bridge;
                })
                .orElseThrow();
        stream.start();
        relay.flush();
        pump();
    }

    private static class Quiet implements Multiplexer.Events {
        @Override
        public void onGoAway(int lastStream, String reason) {
            throw new AssertionError("nobody leaves");
        }

        @Override
        public void onPlaceFree() {}
    }

    SocketBridge bridge() {
        return bridge;
    }

    Stream stream() {
        return stream;
    }

    LoopbackConnection open() {
        visitor = LoopbackConnection.open(bridge);
        return visitor;
    }

    /** Lets everything through that is on its way. */
    void pump() {
        try {
            while (toClient.isSending() || toClient.hasMessages() || toRelay.isSending() || toRelay.hasMessages()) {
                for (Wire wire : List.of(toClient, toRelay)) {
                    if (wire.isSending()) {
                        wire.completeSend();
                    }
                    if (wire.hasMessages()) {
                        wire.deliver();
                    }
                }
            }
        } catch (FrameException e) {
            throw new AssertionError(e);
        }
    }

    /** Ends the connection that carries the stream. */
    void disconnect() {
        relay.close();
        client.close();
    }

    /** Returns what waits in the relay for the visitor to take it. */
    long buffered() {
        return buffers.used();
    }

    int streams() {
        return relay.streams() + client.streams();
    }

    /** Returns how many parts of the connection are held. */
    int retained() {
        return toClient.retained() + toRelay.retained();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        far.release();
        pump();
        if (visitor != null) {
            visitor.releaseSends();
            visitor.cut();
        } else {
            bridge.abandon();
        }
        stream.reset(ResetCode.CANCEL, "the test is over");
        pump();
        assertThat(ends).as("told of the end").hasValue(1);
        assertThat(streams()).isZero();
        assertThat(retained()).isZero();
        assertThat(buffers.used()).isZero();
        assertThat(time.pending()).as("timers left").isZero();
        if (visitor != null) {
            assertThat(visitor.retainedParts()).isZero();
        }
    }

    /** The other end of the stream, which takes what comes unless it is told to hold it. */
    static final class FarEnd implements StreamListener {

        private final List<StreamData> data = new ArrayList<>();
        private Stream stream;
        private boolean holds;
        private Completion held;
        private ResetCode reset;

        Stream stream() {
            return stream;
        }

        /** Sends one part of a message and returns how that went, as far as it went. */
        Sent send(String text, boolean messageEnd) {
            return send(StandardCharsets.UTF_8.encode(text), true, messageEnd);
        }

        Sent send(ByteBuffer bytes, boolean text, boolean messageEnd) {
            Sent sent = new Sent();
            stream.send(new StreamData(bytes, text, messageEnd, false), sent);
            return sent;
        }

        void close(byte... payload) {
            stream.send(new StreamData(ByteBuffer.wrap(payload), false, false, true), Completion.NONE);
        }

        void hold() {
            holds = true;
        }

        /** Takes what it holds, and what comes from now on. */
        void release() {
            holds = false;
            takeOne();
        }

        /** Takes what it holds; what comes next is held again. */
        boolean takeOne() {
            Completion taken = held;
            held = null;
            if (taken != null) {
                taken.succeeded();
            }
            return taken != null;
        }

        List<StreamData> received() {
            return data;
        }

        int receivedBytes() {
            return data.stream().mapToInt(piece -> piece.bytes().remaining()).sum();
        }

        /** Returns what the other side closed with: 1005 if it gave no code. */
        CloseStatus closed() {
            StreamData last = data.get(data.size() - 1);
            assertThat(last.last()).isTrue();
            ByteBuffer payload = last.bytes().duplicate();
            return payload.hasRemaining()
                    ? new CloseStatus(
                            payload.getChar(),
                            StandardCharsets.UTF_8.decode(payload).toString())
                    : new CloseStatus(CloseStatus.NO_STATUS, "");
        }

        ResetCode resetCode() {
            return reset;
        }

        @Override
        public boolean onHead(ByteBuffer head) {
            throw new AssertionError("the relay sends no second head");
        }

        @Override
        public void onData(StreamData piece, Completion handedOn) {
            ByteBuffer copy = ByteBuffer.allocate(piece.bytes().remaining());
            copy.put(piece.bytes().duplicate()).flip();
            data.add(new StreamData(copy, piece.text(), piece.messageEnd(), piece.last()));
            if (holds) {
                held = handedOn;
            } else {
                handedOn.succeeded();
            }
        }

        @Override
        public void onTrailers(ByteBuffer fields) {
            throw new AssertionError("a WebSocket has no trailers");
        }

        @Override
        public void onReset(ResetCode code, String reason) {
            reset = code;
        }

        @Override
        public void onDisconnected() {}
    }

    /** How a send went. */
    static final class Sent implements Completion {

        private boolean succeeded;
        private boolean failed;

        @Override
        public void succeeded() {
            succeeded = true;
        }

        @Override
        public void failed(Throwable cause) {
            failed = true;
        }

        boolean isDone() {
            return succeeded;
        }

        boolean isFailed() {
            return failed;
        }
    }
}
