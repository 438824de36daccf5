package org.podbridge.signaling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

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
import org.podbridge.exchange.Completion;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

/** A container that throws where it must not harms its own connection only. */
class FaultyTransportTest {

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    /** Works until it breaks; from then on every send throws. Ends as an adapter would, by telling the listener. */
    private static final class Faulty implements Connection {
        private final ConnectionListener listener;
        private final List<String> texts = new ArrayList<>();
        private boolean broken;
        private boolean ended;

        Faulty(ConnectionListener listener) {
            this.listener = listener;
        }

        @Override
        public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
            if (broken) {
                throw new IllegalStateException("fault");
            }
            texts.add(UTF_8.decode(message).toString());
            completion.succeeded();
        }

        @Override
        public boolean tryPing() {
            return !ended;
        }

        @Override
        public void close(CloseStatus status) {
            abort();
        }

        @Override
        public void abort() {
            if (!ended) {
                ended = true;
                listener.onClosed(CloseStatus.abnormal());
            }
        }

        @Override
        public void pause(boolean paused) {
            // Nothing is read.
        }
    }

    private Faulty connectFaulty() {
        HandshakeDecision decision = server.handshake("/.webrtc", "authorization", "Bearer token-of-faulty")
                .toCompletableFuture()
                .join();
        ConnectionListener listener = ((HandshakeDecision.Accept) decision).listener();
        Faulty faulty = new Faulty(listener);
        listener.onOpen(faulty);
        return faulty;
    }

    @Test
    void thatThrowsWhenSomebodyJoinsIsDroppedAndAllOthersAreTold() {
        Agent alice = server.connect("alice");
        Faulty faulty = connectFaulty();
        Agent bob = server.connect("bob");
        assertThat(faulty.texts).hasSize(2);
        faulty.broken = true;
        alice.hears();
        bob.hears();

        Agent carol = server.connect("carol");
        assertThat(faulty.ended).isTrue();
        String joined = json("{'type':'peer-joined','webId':'https://carol.example/#me'}");
        String left = json("{'type':'peer-left','webId':'https://faulty.example/#me'}");
        assertThat(alice.hears()).containsExactlyInAnyOrder(joined, left);
        assertThat(bob.hears()).containsExactlyInAnyOrder(joined, left);
        assertThat(carol.hears()).hasSize(1).first().asString().doesNotContain("faulty");
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(3);
    }

    @Test
    void thatThrowsAtTheWelcomeIsDropped() {
        Agent alice = server.online("alice").get(0);
        HandshakeDecision decision = server.handshake("/.webrtc", "authorization", "Bearer token-of-faulty")
                .toCompletableFuture()
                .join();
        ConnectionListener listener = ((HandshakeDecision.Accept) decision).listener();
        Faulty faulty = new Faulty(listener);
        faulty.broken = true;
        listener.onOpen(faulty);
        assertThat(faulty.ended).isTrue();
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(1);
        assertThat(alice.hears())
                .containsExactly(
                        json("{'type':'peer-joined','webId':'https://faulty.example/#me'}"),
                        json("{'type':'peer-left','webId':'https://faulty.example/#me'}"));
    }

    @Test
    void thatThrowsWhenItIsCalledHarmsNoCaller() {
        Agent alice = server.connect("alice");
        Faulty faulty = connectFaulty();
        faulty.broken = true;
        alice.hears();
        alice.says("{'type':'offer','to':'https://faulty.example/#me'}");
        assertThat(alice.hears()).containsExactly(json("{'type':'peer-left','webId':'https://faulty.example/#me'}"));
        assertThat(alice.connection().closeStatus()).isEmpty();
    }
}
