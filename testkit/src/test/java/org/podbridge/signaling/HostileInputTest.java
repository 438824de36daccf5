package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.connection.MessageKind;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

/** Every field of a message replaced by everything that it shouldn't be. */
class HostileInputTest {

    private static final String BOB = "https://bob.example/#me";
    private static final String HANGUP = json("{'type':'hangup','from':'https://alice.example/#me'}");

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private final Agent alice = server.connect("alice");
    private final Agent bob = server.connect("bob");

    @BeforeEach
    void forgetTheWelcome() {
        alice.hears();
        bob.hears();
    }

    static Stream<Arguments> values() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("null", "null");
        values.put("a number", "1");
        values.put("a huge number", "9".repeat(100));
        values.put("a boolean", "true");
        values.put("an array", "['offer']");
        values.put("an array of its like", "[[[{}]]]");
        values.put("an object", "{'type':'offer','to':'" + BOB + "'}");
        values.put("an empty string", "''");
        values.put("a huge string", "'" + "x".repeat(60_000) + "'");
        values.put("a lone surrogate", "'\\ud800'");
        values.put("control characters", "'\\u0000\\r\\n\\u001b'");
        values.put("markup", "'<script>${jndi:ldap://x}%n'");
        values.put("__proto__", "'__proto__'");
        values.put("constructor", "'constructor'");
        values.put("a reversal", "'\\u202e'");
        return Stream.of("type", "to", "sdp", "candidate", "from", "__proto__", "")
                .flatMap(field -> values.entrySet().stream()
                        .map(value -> Arguments.of(field, value.getKey(), json(value.getValue()))));
    }

    @ParameterizedTest(name = "\"{0}\" is {1}")
    @MethodSource("values")
    void isAnsweredOrRelayedAndNeverMoreThanThat(String field, String name, String value) {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("type", json("'offer'"));
        members.put("to", json("'" + BOB + "'"));
        members.put("sdp", json("'s'"));
        members.put("candidate", "{}");
        members.put(field, value);
        StringBuilder message = new StringBuilder();
        members.forEach((member, content) -> message.append(message.isEmpty() ? "{" : ",")
                .append('"')
                .append(member)
                .append("\":")
                .append(content));
        alice.saysRaw(message.append('}').toString());

        boolean isString = value.startsWith("\"");
        if (field.equals("type")) {
            assertThat(bob.hears()).isEmpty();
            assertThat(alice.hears())
                    .singleElement()
                    .asString()
                    .hasSizeLessThan(500)
                    .startsWith(
                            isString
                                    ? "{\"type\":\"error\",\"message\":\"Unknown type \\\""
                                    : error("Missing \"type\" field"));
        } else if (field.equals("to")) {
            assertThat(bob.hears()).isEmpty();
            List<String> heard = alice.hears();
            assertThat(heard).hasSize(1);
            if (isString) {
                assertThat(heard.get(0)).startsWith(json("{'type':'error','message':'Peer not online','peer':'"));
            } else {
                assertThat(heard.get(0)).isEqualTo(error("Missing \"to\" field"));
            }
        } else {
            String sdp = field.equals("sdp") ? (isString ? ",\"sdp\":" + value : "") : ",\"sdp\":\"s\"";
            boolean isObject = value.startsWith("{");
            String candidate =
                    field.equals("candidate") ? (isObject ? ",\"candidate\":" + value : "") : ",\"candidate\":{}";
            assertThat(alice.hears()).isEmpty();
            assertThat(bob.hears())
                    .containsExactly(
                            json("{'type':'offer','from':'https://alice.example/#me'") + sdp + candidate + "}");
        }
        stillWorks();
    }

    private void stillWorks() {
        alice.says("{'type':'hangup','to':'" + BOB + "'}");
        assertThat(bob.hears()).containsExactly(HANGUP);
        assertThat(alice.hears()).isEmpty();
        assertThat(alice.connection().closeStatus()).isEmpty();
        assertThat(alice.connection().retainedParts()).isZero();
    }

    /** JSON allows it, but our parser doesn't. In values it is kept. */
    @Test
    void aLoneSurrogateInANameIsInvalidJson() {
        alice.saysRaw(json("{'type':'offer','to':'" + BOB + "','\\ud800':1}"));
        alice.saysRaw(json("{'type':'offer','to':'" + BOB + "','candidate':{'\\ud800':1}}"));
        assertThat(alice.hears()).containsExactly(error("Invalid JSON"), error("Invalid JSON"));
        stillWorks();
    }

    @Test
    void gettingCutOffAnywhereIsInvalidJson() {
        byte[] message = json("{'type':'offer','to':'" + BOB + "','sdp':'\u00e9\\n','candidate':{'a':[1,true,null]}}")
                .getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < message.length; length++) {
            alice.connection().receiveBinary(java.util.Arrays.copyOf(message, length));
            assertThat(alice.hears()).as("cut at %d", length).containsExactly(error("Invalid JSON"));
        }
        assertThat(bob.hears()).isEmpty();
        stillWorks();
    }

    @Test
    void randomDamageIsSurvived() {
        Random random = new Random(42);
        byte[] message = json("{'type':'offer','to':'" + BOB + "','sdp':'v=0\\r\\n','candidate':{'a':[1,{'b':null}]}}")
                .getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = message.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte)
                        (random.nextBoolean() ? random.nextInt(256) : "{}[]\":,\\ue0".charAt(random.nextInt(11)));
            }
            MessageKind kind = round % 2 == 0 ? MessageKind.BINARY : MessageKind.TEXT; // a lax container's text
            alice.connection().receiveParts(kind, damaged);
            assertThat(alice.hears().size() + bob.hears().size())
                    .as("answers to round %d", round)
                    .isEqualTo(1);
        }
        stillWorks();
    }

    @Test
    void emptyPartsAreHarmless() {
        for (int i = 0; i < 10_000; i++) {
            alice.connection().receivePart(MessageKind.TEXT, new byte[0], false);
        }
        alice.connection().receivePart(MessageKind.TEXT, new byte[0], true);
        assertThat(alice.hears()).containsExactly(error("Invalid JSON"));
        stillWorks();
    }
}
