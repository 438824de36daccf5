package org.podbridge.jetty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.testkit.RawWebSocket.BINARY;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.PING;
import static org.podbridge.testkit.RawWebSocket.PONG;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.testkit.FutureCompletion;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RecordingListener;

/** What a peer can make the server hold. */
class WebSocketMemoryTest {

    private static final int FRAME_BYTES = 20 << 20;

    private ConnectionListener listener = new RecordingListener();
    private final TestServer server =
            new TestServer(new PodbridgeHandler(head -> PodbridgeHandlerTest.accept(listener)), TestServer.http11(c -> {
                c.setSendServerVersion(false);
            }));

    @BeforeEach
    void start() throws Exception {
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private RawWebSocket open() {
        return RawWebSocket.open(server.uri("http"), "/");
    }

    @Test
    void handsABigFrameOnInPiecesOfTheInputBuffer() {
        RecordingListener pieces = new RecordingListener();
        listener = pieces;
        try (RawWebSocket peer = open()) {
            peer.send(FIN | BINARY, new byte[FRAME_BYTES]);
            assertThat(pieces.awaitMessage().content().remaining()).isEqualTo(FRAME_BYTES);
            assertThat(pieces.largestPart()).isLessThanOrEqualTo(WebSocketUpgrade.INPUT_BUFFER_BYTES);
            assertThat(server.largestBuffer()).isLessThanOrEqualTo(WebSocketUpgrade.INPUT_BUFFER_BYTES);
        }
        pieces.awaitClosed();
    }

    @Test
    void sendsABigMessageInFramesOfABoundedSize() {
        byte[] message = RawWebSocket.pattern(1_000_000);
        listener = new RecordingListener() {
            @Override
            protected void opened(Connection connection) {
                connection.send(ByteBuffer.wrap(message), MessageKind.BINARY, Completion.NONE);
            }
        };
        try (RawWebSocket peer = open()) {
            ByteBuffer received = ByteBuffer.allocate(message.length);
            RawWebSocket.Frame frame = peer.readFrame();
            assertThat(frame.opCode()).isEqualTo(BINARY);
            while (!frame.fin()) {
                assertThat(frame.payload().remaining()).isEqualTo((int) WebSocketUpgrade.MAX_FRAME_BYTES);
                received.put(frame.payload());
                frame = peer.readFrame();
                assertThat(frame.opCode()).isEqualTo(RawWebSocket.CONTINUATION);
            }
            assertThat(received.put(frame.payload()).array()).isEqualTo(message);
        }
    }

    @Test
    void holdsNoBufferForASmallPartThatIsRetained() {
        List<Chunk> kept = new ArrayList<>();
        RecordingListener retaining = new RecordingListener() {
            @Override
            protected void received(Chunk part, MessageKind kind, boolean last) {
                kept.add(part.retain());
            }
        };
        listener = retaining;
        try (RawWebSocket peer = open()) {
            for (int i = 0; i < 500; i++) {
                peer.sendText("x");
                retaining.awaitMessage();
            }
            assertThat(server.buffersInUse()).isLessThan(5);
            peer.send(FIN | BINARY, RawWebSocket.pattern(WebSocketUpgrade.INPUT_BUFFER_BYTES));
            retaining.awaitMessage();
            assertThat(server.buffersInUse()).isBetween(1, 10);
        }
        retaining.awaitClosed();
        assertThat(kept).hasSizeGreaterThan(500);
        kept.forEach(Chunk::release);
    }

    @Test
    void answersOnlyTheLatestOfPingsThatPileUp() {
        RecordingListener pinged = new RecordingListener();
        listener = pinged;
        try (RawWebSocket peer = open()) {
            FutureCompletion stuck = new FutureCompletion();
            pinged.awaitOpen().send(ByteBuffer.allocate(FRAME_BYTES), MessageKind.BINARY, stuck);
            int pings = 10_000;
            for (int i = 0; i < pings; i++) {
                peer.send(FIN | PING, ByteBuffer.allocate(4).putInt(i).array());
            }
            for (int i = 0; i < pings; i++) {
                pinged.awaitPing();
            }
            int pongs = 0;
            int last = -1;
            boolean messageEnded = false;
            while (last < pings - 1 || !messageEnded) {
                RawWebSocket.Frame frame = peer.readFrame();
                if (frame.opCode() == PONG) {
                    pongs++;
                    last = frame.payload().getInt();
                } else {
                    messageEnded |= frame.fin();
                }
            }
            assertThat(pongs).isLessThan(10);
            assertThat(stuck.await()).isTrue();
        }
        pinged.awaitClosed();
    }

    @Test
    void endsASessionThatHasFailedAndCannotSaySo() {
        RecordingListener failing = new RecordingListener();
        listener = failing;
        try (RawWebSocket peer = open()) {
            FutureCompletion stuck = new FutureCompletion();
            failing.awaitOpen().send(ByteBuffer.allocate(32 << 20), MessageKind.BINARY, stuck);
            peer.visitor().send(new byte[] {(byte) (FIN | TEXT), 2, 'h', 'i'}); // not masked
            server.setIdleTimeoutOfConnections(50);
            assertThat(failing.awaitClosed()).isEqualTo(CloseStatus.abnormal());
            assertThat(stuck.await()).isFalse();
        }
    }

    @Test
    void keepsAnIdleSession() {
        RecordingListener idle = new RecordingListener();
        listener = idle;
        try (RawWebSocket peer = open()) {
            Connection connection = idle.awaitOpen();
            server.setIdleTimeoutOfConnections(20);
            assertThat(new FutureCompletion().comesWithin(300)).isFalse();
            peer.sendText("still here");
            assertThat(idle.awaitMessage().text()).isEqualTo("still here");
            FutureCompletion sent = new FutureCompletion();
            connection.send(ByteBuffer.wrap(new byte[] {'x'}), MessageKind.TEXT, sent);
            assertThat(sent.await()).isTrue();
        }
        idle.awaitClosed();
    }
}
