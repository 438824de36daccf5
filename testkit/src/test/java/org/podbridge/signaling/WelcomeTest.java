package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Completion;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;

class WelcomeTest {

    private static final Pattern PEER_ID = Pattern.compile("'peerId':'([A-Za-z0-9_-]{22})'".replace('\'', '"'));

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private static String peerId(String welcome) {
        Matcher matcher = PEER_ID.matcher(welcome);
        assertThat(matcher.find()).as(welcome).isTrue();
        return matcher.group(1);
    }

    private static String welcome(String you, String peerId, String peers) {
        return json("{'type':'peers','you':'" + you + "','peerId':'" + peerId + "','peers':" + peers + "}");
    }

    @Test
    void isTheFirstMessageWithItsKeysInOrder() {
        Agent alice = server.connect("alice");
        assertThat(alice.connection().messages().get(0).kind()).isEqualTo(MessageKind.TEXT);

        String welcome = alice.connection().texts().get(0);
        assertThat(alice.hears()).containsExactly(welcome("https://alice.example/#me", peerId(welcome), "[]"));
    }

    @Test
    void namesTheOthersButNotTheAgentItself() {
        server.connect("alice");
        Agent bob = server.connect("bob");
        String welcome = bob.hears().get(0);
        assertThat(welcome)
                .isEqualTo(welcome("https://bob.example/#me", peerId(welcome), "[\"https://alice.example/#me\"]"));
    }

    @Test
    void doesNotWaitForThePolicyWhenNobodyElseIsThere() {
        server.policy().hold();
        assertThat(server.connect("alice").hears()).hasSize(1);
    }

    @Test
    void namesOnlyVisibleAgents() {
        server.policy().seesIf((viewer, other) -> !other.equals(SignalingServer.webId("alice")));
        server.connect("alice");
        server.connect("carol");
        assertThat(server.connect("bob").hears().get(0)).endsWith(json("'peers':['https://carol.example/#me']}"));
    }

    @Test
    void givesEveryConnectionAnIdOfItsOwn() {
        assertThat(List.of(
                        peerId(server.connect("alice").hears().get(0)),
                        peerId(server.connect("alice").hears().get(0)),
                        peerId(server.connect("bob").hears().get(0))))
                .doesNotHaveDuplicates();
    }

    @Test
    void comesBeforeAnOfferThatArrivesWhileThePolicyDecides() {
        Agent alice = server.connect("alice");
        server.policy().hold();
        Agent bob = server.connect("bob");
        assertThat(server.policy().waiting()).isEqualTo(2); // what alice may see of bob, and bob of alice
        assertThat(bob.hears()).isEmpty();

        alice.says("{'type':'offer','to':'https://bob.example/#me','sdp':'one'}");
        server.policy().answer(2); // whether alice may see bob when she calls him
        server.policy().answer(2); // whether alice may call him
        alice.says("{'type':'candidate','to':'https://bob.example/#me','candidate':{'n':2}}");
        assertThat(bob.hears()).isEmpty();

        server.policy().release();
        List<String> heard = bob.hears();
        assertThat(heard).hasSize(3);
        assertThat(heard.get(0)).startsWith(json("{'type':'peers'"));
        assertThat(heard.subList(1, 3))
                .containsExactly(
                        json("{'type':'offer','from':'https://alice.example/#me','sdp':'one'}"),
                        json("{'type':'candidate','from':'https://alice.example/#me','candidate':{'n':2}}"));
    }

    @Test
    void comesBeforeTheErrorsOfWhatTheAgentSaysMeanwhile() {
        server.connect("alice");
        server.policy().hold();
        Agent bob = server.connect("bob");
        bob.saysRaw("[]");
        assertThat(bob.hears()).isEmpty();

        server.policy().release();
        assertThat(bob.hears())
                .satisfiesExactly(
                        welcome -> assertThat(welcome).startsWith(json("{'type':'peers'")),
                        error -> assertThat(error).isEqualTo(Agent.error("Invalid JSON")));
    }

    @Test
    void holdsBackABoundedNumberOfBytesAndThenCloses() {
        long limit = Limits.defaults().maxSendQueueBytes();
        server.connect("alice");
        server.policy().hold();
        Agent bob = server.connect("bob");

        long error = Agent.error("Invalid JSON").length();
        for (long held = error; held <= limit; held += error) {
            bob.saysRaw("[]");
        }
        assertThat(bob.connection().closeStatus()).isEmpty();
        bob.saysRaw("[]");
        assertThat(bob.connection().closeStatus())
                .contains(new CloseStatus(CloseStatus.TRY_AGAIN_LATER, "Slow consumer"));
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void isNotSentToWhoHasLeftWhileThePolicyDecides() {
        server.connect("alice");
        server.policy().hold();
        Agent bob = server.connect("bob");
        bob.connection().cut();
        server.policy().release();
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void keepsTheOrderOfWhatComesWhileTheFirstMessagesAreSent() {
        Agent alice = server.connect("alice");
        server.policy().hold();
        HandshakeDecision.Accept accept = (HandshakeDecision.Accept)
                server.handshake(SignalingServer.PATH, "authorization", "Bearer token-of-bob")
                        .toCompletableFuture()
                        .join();
        List<String> heard = new ArrayList<>();
        accept.listener().onOpen(new Peer(message -> {
            heard.add(message);
            if (message.contains("first")) {
                alice.says("{'type':'offer','to':'https://bob.example/#me','sdp':'third'}");
            }
        }));
        alice.says("{'type':'offer','to':'https://bob.example/#me','sdp':'first'}");
        alice.says("{'type':'offer','to':'https://bob.example/#me','sdp':'second'}");
        server.policy().answer(2); // whether alice may see bob
        server.policy().answer(2); // whether she may call him
        assertThat(heard).isEmpty();

        server.policy().release();
        assertThat(heard).hasSize(4);
        assertThat(heard.get(1)).contains("first");
        assertThat(heard.get(2)).contains("second");
        assertThat(heard.get(3)).contains("third");
        accept.listener().onClosed(CloseStatus.abnormal());
    }

    /** A connection that does something with each message while it is sent. */
    private record Peer(Consumer<String> hears) implements Connection {
        @Override
        public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
            hears.accept(StandardCharsets.UTF_8.decode(message).toString());
            completion.succeeded();
        }

        @Override
        public boolean tryPing() {
            return true;
        }

        @Override
        public void close(CloseStatus status) {
            throw new AssertionError(status);
        }

        @Override
        public void abort() {
            throw new AssertionError();
        }

        @Override
        public void pause(boolean paused) {
            // Nothing is read.
        }
    }
}
