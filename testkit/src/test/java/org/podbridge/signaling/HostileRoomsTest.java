package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

/** Every field of every message of rooms and trackers replaced by everything that it shouldn't be. */
class HostileRoomsTest {

    private static final String ROOM = "a".repeat(40);
    private static final String VICTIM = "1".repeat(40);
    private static final String ATTACKER = "2".repeat(40);

    @RegisterExtension
    final SignalingServer server = SignalingServer.start(builder -> builder.anonymousRooms(true));

    private final Agent victim = server.open("victim", SignalingServer.PATH);
    private final Agent attacker = server.open("attacker", SignalingServer.PATH);

    @BeforeEach
    void meet() {
        for (Agent agent : List.of(victim, attacker)) {
            agent.says("{'type':'announce','resource':'" + ROOM + "'}");
            agent.says("{'action':'announce','info_hash':'" + ROOM + "','peer_id':'"
                    + (agent == victim ? VICTIM : ATTACKER) + "'}");
        }
        victim.hears();
        attacker.hears();
    }

    private static final Map<String, String> MESSAGES = Map.of(
            "announce",
            "{'type':'announce','resource':'%s','offers':[{'offer_id':'o','sdp':'s'}]}".formatted(ROOM),
            "answer",
            "{'type':'answer','resource':'%s','to':'%s','offer_id':'o','sdp':'s'}".formatted(ROOM, VICTIM),
            "leave",
            "{'type':'leave','resource':'bbbbbbbb'}",
            "tracker announce",
            ("{'action':'announce','info_hash':'%s','peer_id':'%s','numwant':5,'event':'started','left':1,"
                            + "'offers':[{'offer_id':'o','offer':{'sdp':'s'}}]}")
                    .formatted(ROOM, ATTACKER),
            "tracker answer",
            ("{'action':'announce','info_hash':'%s','peer_id':'%s','to_peer_id':'%s','offer_id':'o',"
                            + "'answer':{'sdp':'s'}}")
                    .formatted(ROOM, ATTACKER, VICTIM),
            "scrape",
            "{'action':'scrape','info_hash':'%s'}".formatted(ROOM));

    static Stream<Arguments> replacements() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("null", "null");
        values.put("a number", "1");
        values.put("a huge number", "9".repeat(100));
        values.put("a huge fraction", "1e999");
        values.put("a boolean", "true");
        values.put("an array", "['x']");
        values.put("nested arrays", "[[[{}]]]");
        values.put("an object", "{'type':'announce','sdp':'s','toString':1}");
        values.put("an empty string", "''");
        values.put("a huge string", "'" + "x".repeat(60_000) + "'");
        values.put("a lone surrogate", "'\\ud800'");
        values.put("control characters", "'\\u0000\\r\\n\\u001b'");
        values.put("__proto__", "'__proto__'");
        values.put("constructor", "'constructor'");
        return MESSAGES.entrySet().stream()
                .flatMap(message -> Stream.of(
                                "type",
                                "resource",
                                "to",
                                "offers",
                                "offer_id",
                                "sdp",
                                "action",
                                "info_hash",
                                "peer_id",
                                "to_peer_id",
                                "answer",
                                "offer",
                                "numwant",
                                "event",
                                "left",
                                "__proto__")
                        .flatMap(field -> values.entrySet().stream()
                                .map(value -> Arguments.of(
                                        message.getKey(),
                                        field,
                                        value.getKey(),
                                        replaced(json(message.getValue()), field, json(value.getValue()))))));
    }

    /** Replaces a field wherever it stands, or adds it at the end. */
    private static String replaced(String message, String field, String value) {
        String name = "\"" + field + "\":";
        int start = message.indexOf(name);
        if (start < 0) {
            return message.substring(0, message.length() - 1) + "," + name + value + "}";
        }
        int begin = start + name.length();
        int depth = 0;
        int end = begin;
        while (depth > 0 || ",}]".indexOf(message.charAt(end)) < 0) {
            depth += "{[".indexOf(message.charAt(end)) >= 0 ? 1 : 0;
            depth -= "}]".indexOf(message.charAt(end)) >= 0 ? 1 : 0;
            end++;
        }
        return message.substring(0, begin) + value + message.substring(end);
    }

    @ParameterizedTest(name = "{0} whose \"{1}\" is {2}")
    @MethodSource("replacements")
    void isAnsweredOrRelayedAndNeverMoreThanThat(String message, String field, String name, String text) {
        attacker.saysRaw(text);

        List<String> answers = attacker.hears();
        assertThat(answers.size()).isLessThanOrEqualTo(2); // a relayed offer of its own to its other peer, and a reply
        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer)
                        .matches("(?s)\\{\"(type\":\"(error|offer|resource-peers)|action\":\"(announce|scrape))\".*"));
        assertThat(victim.hears())
                .hasSizeLessThanOrEqualTo(2)
                .allSatisfy(relayed ->
                        assertThat(relayed).matches("(?s)\\{\"(type\":\"(offer|answer)|action\":\"announce)\".*"));
        attacker.says("{'type':'leave','resource':'bbbbbbbb'}");
        assertThat(attacker.connection().closeStatus()).isEmpty();
        everythingIsAsBefore();
    }

    private void everythingIsAsBefore() {
        assertThat(server.podbridge().diagnostics().roomMembers()).isEqualTo(4);
        attacker.says("{'action':'announce','info_hash':'" + ROOM + "','peer_id':'" + ATTACKER + "'}");
        assertThat(attacker.hears())
                .containsExactly(json(
                        "{'action':'announce','info_hash':'" + ROOM + "','complete':0,'incomplete':4,'interval':120}"));
        assertThat(victim.hears()).isEmpty();
        victim.says("{'action':'announce','info_hash':'" + ROOM + "','peer_id':'" + VICTIM + "','to_peer_id':'"
                + ATTACKER + "','answer':{}}");
        assertThat(attacker.hears()).hasSize(1);
    }

    @Test
    void gettingCutOffAnywhereIsInvalidJson() {
        for (String message : MESSAGES.values()) {
            byte[] bytes = json(message).getBytes(StandardCharsets.UTF_8);
            for (int length = 0; length < bytes.length; length++) {
                attacker.connection().receiveBinary(Arrays.copyOf(bytes, length));
                assertThat(attacker.hears()).as("cut at %d", length).containsExactly(error("Invalid JSON"));
            }
        }
        everythingIsAsBefore();
    }

    @Test
    void randomDamageIsSurvived() {
        Random random = new Random(42);
        List<String> messages = MESSAGES.values().stream().sorted().toList();
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = json(messages.get(round % messages.size())).getBytes(StandardCharsets.UTF_8);
            for (int i = random.nextInt(4); i >= 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte)
                        (random.nextBoolean() ? random.nextInt(256) : "{}[]\":,\\ue0".charAt(random.nextInt(11)));
            }
            attacker.connection().receiveParts(round % 2 == 0 ? MessageKind.BINARY : MessageKind.TEXT, damaged);
            assertThat(attacker.hears().size() + victim.hears().size()).isLessThanOrEqualTo(5);
        }
        assertThat(attacker.connection().closeStatus()).isEmpty();
        assertThat(server.podbridge().diagnostics().roomMembers()).isLessThanOrEqualTo(52);
        attacker.connection().cut();
        assertThat(server.podbridge().diagnostics().roomMembers()).isEqualTo(2);
    }

    @Test
    void tenThousandOffersAreTen() {
        attacker.saysRaw(json("{'type':'announce','resource':'" + ROOM + "','offers':[" + "{'sdp':''},".repeat(5_000)
                + "{'sdp':''}]}"));
        assertThat(victim.hears()).hasSize(2); // its two peers
        attacker.saysRaw(json("{'action':'announce','info_hash':'" + ROOM + "','peer_id':'" + ATTACKER + "','offers':["
                + "[],".repeat(20_000) + "[]]}"));
        assertThat(victim.hears()).isEmpty();
        attacker.hears();
        everythingIsAsBefore();
    }
}
