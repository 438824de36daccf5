package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;

class MessageLimitTest {

    private static final int LIMIT = 64 * 1024;
    private static final int MIB = 1024 * 1024;

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private final Agent alice = server.connect("alice");
    private final Agent bob = server.connect("bob");

    @BeforeEach
    void forgetTheWelcome() {
        alice.hears();
        bob.hears();
    }

    private static byte[] messageOf(int bytes) {
        String head = json("{'type':'offer','to':'https://bob.example/#me','sdp':'");
        String tail = json("'}");
        return (head + "x".repeat(bytes - head.length() - tail.length()) + tail).getBytes(StandardCharsets.UTF_8);
    }

    private static String offerOf(int bytes) {
        String head = json("{'type':'offer','from':'https://alice.example/#me','sdp':'");
        int sdp = bytes
                - json("{'type':'offer','to':'https://bob.example/#me','sdp':''}")
                        .length();
        return head + "x".repeat(sdp) + json("'}");
    }

    private void hangsUp() {
        alice.says("{'type':'hangup','to':'https://bob.example/#me'}");
        assertThat(bob.hears())
                .as("works on")
                .containsExactly(json("{'type':'hangup','from':'https://alice.example/#me'}"));
    }

    @ParameterizedTest
    @EnumSource(MessageKind.class)
    void takesAMessageOfExactly64KiB(MessageKind kind) {
        alice.connection().receiveParts(kind, messageOf(LIMIT));
        assertThat(bob.hears()).containsExactly(offerOf(LIMIT));
        assertThat(alice.hears()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(MessageKind.class)
    void discardsAMessageOfOneByteMore(MessageKind kind) {
        alice.connection().receiveParts(kind, messageOf(LIMIT + 1));
        assertThat(alice.hears()).containsExactly(error("Message too large"));
        assertThat(alice.connection().closeStatus()).isEmpty();
        assertThat(bob.hears()).isEmpty();
        hangsUp();
    }

    @Test
    void countsBytesAndNotCharacters() {
        String head = json("{'type':'offer','to':'https://bob.example/#me','sdp':'");
        alice.says(head + "\u4e2d".repeat(21_800) + "'}"); // 65,400 bytes
        assertThat(bob.hears()).hasSize(1);
        alice.says(head + "\u4e2d".repeat(21_900) + "'}"); // 65,700 bytes, fewer than 64 Ki characters
        assertThat(alice.hears()).containsExactly(error("Message too large"));
    }

    @Test
    void countsTheSumOfTheParts() {
        byte[] message = messageOf(LIMIT + 1);
        for (int i = 0; i < message.length; i++) {
            assertThat(alice.connection().messages()).isEmpty();
            alice.connection().receivePart(MessageKind.TEXT, new byte[] {message[i]}, i == message.length - 1);
        }
        assertThat(alice.hears()).containsExactly(error("Message too large"));
        hangsUp();
    }

    @Test
    void answersOnceAtTheEndOfALargeMessageAndKeepsNothingOfIt() {
        byte[] part = new byte[LIMIT];
        for (int i = 0; i < 255; i++) {
            alice.connection().receivePart(MessageKind.TEXT, part, false);
            assertThat(alice.connection().retainedParts()).isZero();
        }
        assertThat(alice.hears()).isEmpty();
        alice.connection().receivePart(MessageKind.TEXT, part, true); // 16 MiB in all
        assertThat(alice.hears()).containsExactly(error("Message too large"));
        assertThat(alice.connection().closeStatus()).isEmpty();
        hangsUp();
    }

    @Test
    void endsTheConnectionBeyond16MiB() {
        byte[] part = new byte[MIB];
        for (int i = 0; i < 16; i++) {
            alice.connection().receivePart(MessageKind.TEXT, part, false);
        }
        assertThat(alice.connection().closeStatus()).isEmpty();
        alice.connection().receivePart(MessageKind.TEXT, new byte[1], false);
        assertThat(alice.connection().closeStatus())
                .contains(new CloseStatus(CloseStatus.TOO_BIG, "Message too large"));
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void doesNotAddUpSeveralMessages() {
        for (int i = 0; i < 20; i++) {
            alice.connection().receiveParts(MessageKind.TEXT, new byte[MIB]);
        }
        assertThat(alice.hears()).hasSize(20).containsOnly(error("Message too large"));
        hangsUp();
    }

    @Test
    void hasALimitThatCanBeSet() {
        SignalingServer small = SignalingServer.start(builder ->
                builder.limits(Limits.builder().maxSignalingMessageBytes(1_024).build()));
        Agent carol = small.connect("carol");
        carol.hears();
        carol.saysRaw(" ".repeat(1_024));
        carol.saysRaw(" ".repeat(1_025));
        assertThat(carol.hears()).containsExactly(error("Invalid JSON"), error("Message too large"));
    }

    private static String nested(String open, String close, int depth) {
        return open.repeat(depth) + close.repeat(depth);
    }

    @Test
    void takesNestingUpTo64Levels() {
        String candidate = "{'c':" + nested("[", "]", 62) + "}"; // the message is one level, the candidate another
        alice.says("{'type':'candidate','to':'https://bob.example/#me','candidate':" + candidate + "}");
        assertThat(bob.hears())
                .containsExactly(
                        json("{'type':'candidate','from':'https://alice.example/#me','candidate':" + candidate + "}"));

        String deeper = "{'c':" + nested("[", "]", 63) + "}";
        alice.says("{'type':'candidate','to':'https://bob.example/#me','candidate':" + deeper + "}");
        assertThat(alice.hears()).containsExactly(error("Invalid JSON"));
        hangsUp();
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":", "[{\"a\":"})
    void refusesHostileNesting(String open) {
        alice.saysRaw("{\"type\":\"offer\",\"x\":" + open.repeat(60_000 / open.length()));
        assertThat(alice.hears()).containsExactly(error("Invalid JSON"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-"})
    void takesNumbersOfUpTo100Digits(String sign) {
        String candidate = "{'n':" + sign + "1".repeat(100) + "}";
        alice.says("{'type':'candidate','to':'https://bob.example/#me','candidate':" + candidate + "}");
        assertThat(bob.hears()).singleElement().asString().endsWith(json(candidate + "}"));

        alice.says(
                "{'type':'candidate','to':'https://bob.example/#me','candidate':{'n':" + sign + "1".repeat(101) + "}}");
        assertThat(alice.hears()).containsExactly(error("Invalid JSON"));
        hangsUp();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.", "1e", "1."})
    void countsTheDigitsOfFractionsAndExponents(String start) {
        alice.says("{'type':'candidate','to':'https://bob.example/#me','candidate':{'n':" + start + "1".repeat(101)
                + "}}");
        assertThat(alice.hears()).containsExactly(error("Invalid JSON"));
    }

    @Test
    void refusesTooManyMembers() {
        StringBuilder message = new StringBuilder("{");
        for (int i = 0; i < 5_000; i++) {
            message.append('"').append(i).append("\":1,");
        }
        alice.saysRaw(message.append("\"type\":\"offer\"}").toString());
        assertThat(alice.hears()).containsExactly(error("Invalid JSON"));
        hangsUp();
    }
}
