package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;
import static org.podbridge.fixture.Agent.notOnline;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.MessageKind;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

class RelayTest {

    private static final String TO_BOB = "'to':'https://bob.example/#me'";
    private static final String FROM_ALICE = "'from':'https://alice.example/#me'";

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private final Agent alice = server.connect("alice");
    private final Agent bob = server.connect("bob");

    @BeforeEach
    void forgetTheWelcome() {
        alice.hears();
        bob.hears();
    }

    private void relays(String said, String heard) {
        alice.says(said);
        assertThat(bob.hears()).containsExactly(json(heard));
        assertThat(alice.hears()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"offer", "answer", "candidate", "hangup"})
    void relaysEachTypeWithItsFieldsInOrder(String type) {
        relays(
                "{'candidate':{'candidate':'c','sdpMid':'0'},'sdp':'v=0'," + TO_BOB + ",'type':'" + type + "'}",
                "{'type':'" + type + "'," + FROM_ALICE + ",'sdp':'v=0','candidate':{'candidate':'c','sdpMid':'0'}}");
    }

    @Test
    void relaysAMessageWithoutContent() {
        relays("{'type':'hangup'," + TO_BOB + "}", "{'type':'hangup'," + FROM_ALICE + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "true", "[]", "['v=0']", "{}", "{'type':'offer','sdp':'v=0'}"})
    void dropsAnSdpThatIsNoString(String sdp) {
        relays("{'type':'offer'," + TO_BOB + ",'sdp':" + sdp + "}", "{'type':'offer'," + FROM_ALICE + "}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "1", "true", "[]", "[{}]", "'candidate:1'"})
    void dropsACandidateThatIsNoObject(String candidate) {
        relays(
                "{'type':'candidate'," + TO_BOB + ",'candidate':" + candidate + "}",
                "{'type':'candidate'," + FROM_ALICE + "}");
    }

    @Test
    void stampsTheSenderAndDropsEverythingElse() {
        relays(
                "{'from':'https://mallory.example/#me','webId':'x','you':'x','peerId':'x','peers':[],'message':'m',"
                        + "'toPeer':'p','call':1,'__proto__':{'a':1},'constructor':{},'@type':'java.lang.Object','':0,"
                        + "'type':'offer'," + TO_BOB + ",'sdp':'s','FROM':'x','Sdp':'x'}",
                "{'type':'offer'," + FROM_ALICE + ",'sdp':'s'}");
    }

    @Test
    void keepsTheDigitsOfNumbers() {
        String candidate = "{'a':12345678901234567890123,'b':1E400,'c':-0,'d':0.10,'e':1.0e+2,'f':-0.0}";
        relays(
                "{'type':'candidate'," + TO_BOB + ",'candidate':" + candidate + "}",
                "{'type':'candidate'," + FROM_ALICE + ",'candidate':" + candidate + "}");
    }

    @Test
    void keepsUnicodeAndEscapes() {
        String text =
                "\u00e9 \u4e2d \ud83d\ude00 \u202e \\u00e9 \\ud83d\\ude00 \\n \\r\\n \\/ \\\" \\\\ \\u0000 \\u2028";
        relays(
                "{'type':'offer'," + TO_BOB + ",'sdp':'" + text + "','candidate':{'" + text + "':'" + text + "'}}",
                "{'type':'offer'," + FROM_ALICE + ",'sdp':'" + text + "','candidate':{'" + text + "':'" + text + "'}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\ud800", "\\udc00", "\\ud800\\ud800", "a\\udfffb", "\\udc00\\ud800"})
    void keepsLoneSurrogates(String text) {
        relays(
                "{'type':'offer'," + TO_BOB + ",'sdp':'" + text + "','candidate':{'c':'" + text + "'}}",
                "{'type':'offer'," + FROM_ALICE + ",'sdp':'" + text + "','candidate':{'c':'" + text + "'}}");
    }

    @Test
    void keepsNestingAndWhitespaceWithinACandidate() {
        String candidate = "{ 'a' : [ { 'b' : [ [ ] , { } , null , true , false ] } ] ,\n\t'a' : 2 }";
        relays(
                " { 'type' : 'candidate' , " + TO_BOB + " , 'candidate' : " + candidate + " } ",
                "{'type':'candidate'," + FROM_ALICE + ",'candidate':" + candidate + "}");
    }

    @Test
    void takesTheLastOfDuplicateMembers() {
        relays(
                "{'type':'nonsense','type':'offer','to':'https://alice.example/#me'," + TO_BOB
                        + ",'sdp':'first','sdp':'last','candidate':{'first':1},'candidate':{'last':1}}",
                "{'type':'offer'," + FROM_ALICE + ",'sdp':'last','candidate':{'last':1}}");
        relays("{'type':'offer'," + TO_BOB + ",'sdp':'first','sdp':null}", "{'type':'offer'," + FROM_ALICE + "}");
    }

    @Test
    void understandsEscapedMembersAndAddresses() {
        relays(
                "{'\\u0074ype':'\\u006fffer','t\\u006f':'https:\\/\\/bob.example\\u002f#me','\\u0073dp':'s'}",
                "{'type':'offer'," + FROM_ALICE + ",'sdp':'s'}");
    }

    @Test
    void readsBinaryMessagesAsText() {
        alice.connection()
                .receiveBinary(
                        json("{'type':'offer'," + TO_BOB + ",'sdp':'\u00e9'}").getBytes(StandardCharsets.UTF_8));
        assertThat(bob.connection().messages().get(0).kind()).isEqualTo(MessageKind.TEXT);
        assertThat(bob.hears()).containsExactly(json("{'type':'offer'," + FROM_ALICE + ",'sdp':'\u00e9'}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"80", "C3", "C328", "E282", "EDA080", "F8888080", "C080", "F4908080", "FF"})
    void refusesBinaryThatIsNoUtf8(String hex) {
        byte[] broken = java.util.HexFormat.of().parseHex(hex);
        byte[] head = json("{'type':'offer'," + TO_BOB + ",'sdp':'").getBytes(StandardCharsets.UTF_8);
        byte[] tail = json("'}").getBytes(StandardCharsets.UTF_8);
        byte[] message = java.nio.ByteBuffer.allocate(head.length + broken.length + tail.length)
                .put(head)
                .put(broken)
                .put(tail)
                .array();
        alice.connection().receiveBinary(message);
        assertThat(alice.hears()).containsExactly(Agent.error("Invalid JSON"));
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void putsAMessageTogetherFromItsParts() {
        byte[] message = json("{'type':'offer'," + TO_BOB + ",'sdp':'\u00e9\ud83d\ude00'}")
                .getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < message.length; i++) {
            alice.connection().receivePart(MessageKind.TEXT, new byte[] {message[i]}, i == message.length - 1);
        }
        assertThat(bob.hears()).containsExactly(json("{'type':'offer'," + FROM_ALICE + ",'sdp':'\u00e9\ud83d\ude00'}"));
    }

    @Test
    void keepsTheOrder() {
        for (int i = 0; i < 100; i++) {
            alice.says("{'type':'" + (i % 3 == 0 ? "offer" : "candidate") + "'," + TO_BOB + ",'sdp':'" + i + "'}");
        }
        assertThat(bob.hears()).hasSize(100).satisfies(heard -> {
            for (int i = 0; i < 100; i++) {
                assertThat(heard.get(i)).endsWith(json("'sdp':'" + i + "'}"));
            }
        });
    }

    @Test
    void relaysToTheSenderItselfWhateverThePolicySays() {
        server.policy().callsIf((from, to) -> false);
        server.policy().seesIf((viewer, other) -> false);
        alice.says("{'type':'offer','to':'https://alice.example/#me','sdp':'s'}");
        assertThat(alice.hears()).containsExactly(json("{'type':'offer'," + FROM_ALICE + ",'sdp':'s'}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://carol.example/#me",
                "https://bob.example/",
                "https://BOB.example/#me",
                "https://bob.example:443/#me",
                "https://bob.example/#me ",
                "https://bob.example/%23me",
                "https://b\u043eb.example/#me",
                "bob",
                "",
                "javascript:alert(1)",
                "__proto__",
                "\\u0000",
                "\\uD800"
            })
    void saysThatNobodyElseIsThere(String to) {
        alice.says("{'type':'offer','to':'" + to + "','sdp':'s'}");
        assertThat(alice.hears()).containsExactly(notOnline(to));
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void saysThatWhoHasLeftIsNotThere() {
        bob.connection().cut();
        alice.hears();
        alice.says("{'type':'offer'," + TO_BOB + "}");
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));
    }
}
