package org.podbridge.signaling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;
import org.podbridge.testkit.LoopbackConnection;

/** How many may be connected, and what becomes of all when the server stops. */
class CapacityTest {

    private static final CloseStatus GOING_AWAY = new CloseStatus(1001, "The server stops");
    private static final String[] ALICE = {"authorization", "Bearer token-of-alice"};
    private static final String[] BOB = {"authorization", "Bearer token-of-bob"};

    @RegisterExtension
    final SignalingServer server = SignalingServer.start(builder ->
            builder.limits(Limits.builder().maxConnections(2).build()).anonymousRooms(true));

    private HandshakeDecision decide(String... fields) {
        return server.handshake(SignalingServer.PATH, fields)
                .toCompletableFuture()
                .getNow(null);
    }

    private static LoopbackConnection open(HandshakeDecision decision) {
        return LoopbackConnection.open(((HandshakeDecision.Accept) decision).listener());
    }

    @Test
    void refusesOneConnectionMoreThanTheLimit() {
        server.connect("alice");
        Agent somebody = server.open("somebody", SignalingServer.PATH);
        assertThat(decide(BOB)).isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(503);
            assertThat(reject.fields().first("retry-after")).contains("30");
            assertThat(reject.text()).isEqualTo("{\"status\":503,\"detail\":\"Too many connections\"}");
        });
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(2);

        somebody.connection().cut();
        server.connect("bob");
    }

    @Test
    void saysSoInBandToAPage() {
        server.online("alice", "bob");
        Agent carol = server.open(
                "carol",
                SignalingServer.PATH,
                "authorization",
                "Bearer token-of-carol",
                "origin",
                "https://app.example");
        assertThat(carol.hears()).containsExactly("{\"type\":\"error\",\"message\":\"Too many connections\"}");
        assertThat(carol.connection().closeStatus())
                .contains(new CloseStatus(CloseStatus.TRY_AGAIN_LATER, "Too many connections"));
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(2);
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(2);
    }

    @Test
    void holdsTheLimitWhenManyShakeHandsAtOnce() {
        List<HandshakeDecision> decisions = List.of(decide(ALICE), decide(BOB), decide());
        List<LoopbackConnection> connections =
                decisions.stream().map(CapacityTest::open).toList();
        assertThat(connections.get(0).closeStatus()).isEmpty();
        assertThat(connections.get(1).closeStatus()).isEmpty();
        assertThat(connections.get(2).closeStatus())
                .contains(new CloseStatus(CloseStatus.TRY_AGAIN_LATER, "Too many connections"));
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(2);
        connections.forEach(LoopbackConnection::cut);
    }

    @Test
    void closesEverybodyWhenTheServerStops() {
        Agent alice = server.connect("alice");
        Agent somebody = server.open("somebody", SignalingServer.PATH);
        server.podbridge().close();
        assertThat(alice.connection().closeStatus()).contains(GOING_AWAY);
        assertThat(somebody.connection().closeStatus()).contains(GOING_AWAY);
        assertThat(server.podbridge().diagnostics().connections()).isZero();
        server.podbridge().close();
    }

    @Test
    void letsNobodyInOnceTheServerHasStopped() {
        server.podbridge().close();
        assertThat(decide(ALICE))
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(503));
    }

    @Test
    void closesWhoWasLetInJustBeforeTheServerStopped() {
        HandshakeDecision decision = decide(ALICE);
        server.podbridge().close();
        LoopbackConnection connection = open(decision);
        assertThat(connection.closeStatus()).contains(GOING_AWAY);
        assertThat(connection.texts()).isEmpty();
        assertThat(server.podbridge().diagnostics().connections()).isZero();
        assertThat(server.podbridge().diagnostics().agentsOnline()).isZero();
    }

    @Test
    void hearsNothingFromWhoIsClosedAtOnceAndIgnoresIt() {
        HandshakeDecision decision = decide(ALICE);
        List<Agent> others = server.online("bob", "carol");
        ConnectionListener listener = ((HandshakeDecision.Accept) decision).listener();
        DeafConnection connection = new DeafConnection();
        listener.onOpen(connection);
        listener.onPart(
                Chunk.of("{\"type\":\"hangup\",\"to\":\"https://bob.example/#me\"}".getBytes(UTF_8)),
                MessageKind.TEXT,
                true);
        listener.onPong();
        listener.onClosed(CloseStatus.abnormal());
        assertThat(connection.calls).containsExactly("close 1013");
        assertThat(others).allSatisfy(agent -> assertThat(agent.hears()).isEmpty());
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(2);
    }

    /** A peer that answers nothing. */
    private static final class DeafConnection implements Connection {
        private final List<String> calls = new ArrayList<>();

        @Override
        public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
            calls.add("send");
        }

        @Override
        public boolean tryPing() {
            calls.add("ping");
            return true;
        }

        @Override
        public void close(CloseStatus status) {
            calls.add("close " + status.code());
        }

        @Override
        public void abort() {
            calls.add("abort");
        }

        @Override
        public void pause(boolean paused) {
            calls.add("pause");
        }
    }
}
