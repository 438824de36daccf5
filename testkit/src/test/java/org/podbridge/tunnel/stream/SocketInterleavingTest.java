package org.podbridge.tunnel.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.limits.ByteBudget;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.testkit.ManualScheduler;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.SocketBridge;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * A WebSocket through both ends of a tunnel: whatever happens in whatever order, each side hears what the other has
 * said, or the beginning of it, and nothing stays.
 */
class SocketInterleavingTest {

    private static final int STEPS = 400;
    private static final int WINDOW = 64 * 1024;

    private final ByteBudget growth = new ByteBudget(400_000);
    private final ByteBudget buffers = new ByteBudget(10_000_000);
    private final ManualScheduler time = new ManualScheduler();
    private Random random;
    private Wire toClient;
    private Wire toRelay;
    private Multiplexer relay;
    private Multiplexer client;
    private org.podbridge.tunnel.v2.Stream stream;
    private Side visitor;
    private Side service;
    private boolean disturbed;

    static Stream<Long> seeds() {
        return LongStream.range(0, Long.getLong("podbridge.interleavings", 400)).boxed();
    }

    /** One peer with its socket and the bridge behind it. */
    private final class Side {

        private final SocketBridge bridge;
        private final AtomicInteger ends = new AtomicInteger();
        private final List<Said> said = new ArrayList<>();
        private LoopbackConnection socket;
        private MessageKind kind;
        private CloseStatus closedWith;
        private boolean cut;

        Side(org.podbridge.tunnel.v2.Stream carrier) {
            bridge = new SocketBridge(
                    carrier, time, Duration.ofSeconds(20), Duration.ofSeconds(60), () -> true, ends::incrementAndGet);
        }

        void open() {
            socket = LoopbackConnection.open(bridge);
            socket.holdSends();
            socket.ignoreClose();
        }

        boolean isOpen() {
            return socket != null && !socket.isClosed();
        }

        void speak() {
            if ((socket.isPaused() && random.nextInt(6) > 0) || closedWith != null) {
                return; // some come in spite of a pause
            }
            if (kind == null) {
                kind = random.nextBoolean() ? MessageKind.TEXT : MessageKind.BINARY;
            }
            boolean last = random.nextInt(3) > 0;
            byte[] part = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(40_000)];
            random.nextBytes(part);
            if (socket.closeStatus().isEmpty()) {
                said.add(new Said(kind, part, last));
                socket.receivePart(kind, part, last);
            }
            kind = last ? null : kind;
        }

        void close() {
            CloseStatus own = new CloseStatus(4000 + random.nextInt(900), "by lot");
            closedWith = socket.closeStatus().isPresent() ? socket.closeStatus().get() : own;
            socket.peerCloses(closedWith);
        }

        void cut() {
            cut = true;
            socket.cut();
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // bytes that nobody compares
    private record Said(MessageKind kind, byte[] bytes, boolean last) {}

    private record Message(MessageKind kind, ByteBuffer content, boolean complete) {}

    private static List<Message> messages(List<Said> parts) {
        List<Message> messages = new ArrayList<>();
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        boolean begun = false;
        for (Said part : parts) {
            message.writeBytes(part.bytes());
            begun = message.size() > 0;
            if (part.last()) {
                messages.add(new Message(part.kind(), ByteBuffer.wrap(message.toByteArray()), true));
                message.reset();
                begun = false;
            }
        }
        if (begun) {
            messages.add(
                    new Message(parts.get(parts.size() - 1).kind(), ByteBuffer.wrap(message.toByteArray()), false));
        }
        return messages;
    }

    private static List<Message> heardBy(Side side) {
        return messages(side.socket.messages().stream()
                .map(part -> new Said(part.kind(), part.bytes(), part.isLast()))
                .toList());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void eachSideHearsWhatTheOtherSays(long seed) throws FrameException {
        random = new Random(seed);
        connect();
        int lively = 50 + random.nextInt(STEPS);
        for (int i = 0; i < STEPS; i++) {
            step(i > lively);
        }
        boolean disconnected = random.nextInt(6) == 0;
        if (disconnected) {
            disturbed = true;
            relay.close();
            client.close();
        }
        finish();
        check();
    }

    private void connect() {
        toClient = new Wire(random);
        toRelay = new Wire(random);
        Multiplexer.Settings settings = new Multiplexer.Settings(WINDOW, 8 * WINDOW, WINDOW, 4, growth, buffers);
        relay = Multiplexer.ofRelay(settings, toClient, new SteadyRoundTrip(1_000_000), time, new Quiet());
        client = Multiplexer.ofClient(settings, toRelay, new SteadyRoundTrip(1_000_000), time, new Quiet() {
            @Override
            public StreamListener onRequest(org.podbridge.tunnel.v2.Stream opened, ByteBuffer head, boolean end) {
                service = new Side(opened);
                opened.sendHead(HeadCodec.encode(new StreamResponse(101, HeaderFields.empty())));
                service.open();
                return service.bridge;
            }
        });
        toClient.to(client);
        toRelay.to(relay);
        stream = relay.open(ByteBuffer.wrap("{}".getBytes(StandardCharsets.US_ASCII)), opened -> {
                    visitor = new Side(opened);
                    return visitor.bridge;
                })
                .orElseThrow();
        stream.start();
        relay.flush();
    }

    private static class Quiet implements Multiplexer.Events {
        @Override
        public void onGoAway(int lastStream, String reason) {
            throw new AssertionError("nobody leaves");
        }

        @Override
        public void onPlaceFree() {}
    }

    private void step(boolean ending) throws FrameException {
        Side side = random.nextBoolean() ? visitor : service;
        int lot = random.nextInt(20);
        if (lot < 8) {
            transmit();
        } else if (side == null) {
            return;
        } else if (side.socket == null) {
            if (random.nextInt(10) == 0) {
                side.open();
            }
        } else if (lot < 13 && side.isOpen()) {
            side.speak();
        } else if (lot < 18) {
            side.socket.completeSend();
        } else if (ending && random.nextInt(10) == 0 && side.isOpen()) {
            end(side);
        } else {
            time.advance(Duration.ofMillis(random.nextInt(100)));
        }
    }

    private void end(Side side) {
        switch (random.nextInt(5)) {
            case 0 -> {
                disturbed = true;
                side.cut();
            }
            case 1 -> {
                disturbed = true;
                stream.reset(ResetCode.CANCEL, "by lot");
                visitor.bridge.onReset(ResetCode.CANCEL, "by lot");
            }
            default -> side.close();
        }
    }

    private void transmit() throws FrameException {
        Wire wire = random.nextBoolean() ? toClient : toRelay;
        if (wire.isSending() && random.nextBoolean()) {
            wire.completeSend();
        }
        if (wire.hasMessages()) {
            wire.deliver();
        }
    }

    /** Lets what was said arrive; then the visitor closes unless somebody has closed before. */
    private void finish() throws FrameException {
        settle();
        if (visitor.socket == null) {
            visitor.open();
        }
        settle();
        if (visitor.isOpen()) {
            visitor.close();
        }
        settle();
        for (Side side : List.of(visitor, service)) {
            if (side.isOpen()) {
                side.close();
            }
        }
        settle();
    }

    private void settle() throws FrameException {
        boolean moved = true;
        while (moved) {
            moved = false;
            for (Wire wire : List.of(toClient, toRelay)) {
                if (wire.isSending()) {
                    wire.completeSend();
                    moved = true;
                }
                if (wire.hasMessages()) {
                    wire.deliver();
                    moved = true;
                }
            }
            for (Side side : Arrays.asList(visitor, service)) {
                moved |= side != null && side.socket != null && side.socket.completeSend();
                if (side != null && side.isOpen() && side.socket.closeStatus().isPresent()) {
                    side.close();
                    moved = true;
                }
            }
        }
    }

    private void check() {
        checkHeard(visitor, service);
        checkHeard(service, visitor);
        assertThat(relay.streams()).isZero();
        assertThat(client.streams()).isZero();
        assertThat(growth.used()).isZero();
        assertThat(buffers.used()).isZero();
        assertThat(toClient.retained()).isZero();
        assertThat(toRelay.retained()).isZero();
        assertThat(time.pending()).isZero();
        for (Side side : List.of(visitor, service)) {
            assertThat(side.socket.isClosed()).isTrue();
            assertThat(side.socket.retainedParts()).isZero();
            assertThat(side.ends).hasValue(1);
        }
    }

    private void checkHeard(Side speaker, Side listener) {
        List<Message> said = messages(speaker.said);
        List<Message> heard = heardBy(listener);
        assertThat(heard.size()).isLessThanOrEqualTo(said.size());
        for (int i = 0; i < heard.size(); i++) {
            Message whole = said.get(i);
            Message part = heard.get(i);
            assertThat(part.kind()).isEqualTo(whole.kind());
            if (part.complete()) {
                assertThat(part).isEqualTo(whole);
            } else {
                assertThat(i).isEqualTo(heard.size() - 1);
                int length = part.content().remaining();
                assertThat(length).isLessThanOrEqualTo(whole.content().remaining());
                assertThat(whole.content().slice(0, length)).isEqualTo(part.content());
            }
        }
        boolean firstToClose =
                speaker.closedWith != null && speaker.socket.closeStatus().isEmpty();
        if (!disturbed && firstToClose && listener.socket.closeStatus().isPresent() && !speaker.cut) {
            assertThat(heard).isEqualTo(said);
            assertThat(listener.socket.closeStatus()).contains(speaker.closedWith);
        }
    }
}
