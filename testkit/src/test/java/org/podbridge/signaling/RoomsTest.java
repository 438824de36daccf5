package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;

class RoomsTest {

    private static final String ROOM = "0123456789abcdef";

    @RegisterExtension
    final SignalingServer server = SignalingServer.start(builder -> builder.anonymousRooms(true));

    /** Somebody without an identity, who doesn't know its own peer id. */
    private Agent visitor() {
        return server.open("visitor", SignalingServer.PATH);
    }

    private static String peers(int count) {
        return json("{'type':'resource-peers','resource':'" + ROOM + "','count':" + count + "}");
    }

    private static void announce(Agent agent, String... sdps) {
        List<String> offers = new ArrayList<>();
        for (String sdp : sdps) {
            offers.add("{'offer_id':'id-" + sdp + "','sdp':'" + sdp + "'}");
        }
        agent.says("{'type':'announce','resource':'" + ROOM + "','offers':[" + String.join(",", offers) + "]}");
    }

    private static String offer(String from, String sdp) {
        return json("{'type':'offer','resource':'" + ROOM + "','from':'" + from + "','offer_id':'id-" + sdp
                + "','sdp':'" + sdp + "'}");
    }

    private void assertRooms(int rooms, int members) {
        assertThat(server.podbridge().diagnostics().rooms()).isEqualTo(rooms);
        assertThat(server.podbridge().diagnostics().roomMembers()).isEqualTo(members);
    }

    @Test
    void followTheProtocolMessageForMessage() {
        Agent alice = server.connect("alice");
        Agent bob = server.connect("bob");
        String aliceId = alice.peerId();
        String bobId = bob.peerId();
        alice.hears();
        bob.hears();

        alice.says("{'type':'announce','resource':'" + ROOM + "','offers':[{'offer_id':'o1','sdp':'v=0 alice'}]}");
        assertThat(alice.hears())
                .containsExactly(json("{'type':'resource-peers','resource':'" + ROOM + "','count':0}"));
        assertThat(bob.hears()).isEmpty();

        bob.says("{'type':'announce','resource':'" + ROOM + "','offers':[{'offer_id':'o2','sdp':'v=0 bob'}]}");
        assertThat(alice.hears())
                .containsExactly(json("{'type':'offer','resource':'" + ROOM + "','from':'" + bobId
                        + "','offer_id':'o2','sdp':'v=0 bob'}"));
        assertThat(bob.hears()).containsExactly(json("{'type':'resource-peers','resource':'" + ROOM + "','count':1}"));

        alice.says("{'type':'answer','resource':'" + ROOM + "','to':'" + bobId
                + "','offer_id':'o2','sdp':'v=0 answer','extra':1}");
        assertThat(bob.hears())
                .containsExactly(json("{'type':'answer','resource':'" + ROOM + "','from':'" + aliceId
                        + "','offer_id':'o2','sdp':'v=0 answer'}"));
        assertThat(alice.hears()).isEmpty();

        alice.says("{'type':'leave','resource':'" + ROOM + "'}");
        assertThat(alice.hears()).isEmpty();
        assertThat(bob.hears()).isEmpty();
        bob.says("{'type':'announce','resource':'" + ROOM + "','offers':[{'offer_id':'o3','sdp':'v=0 again'}]}");
        assertThat(bob.hears()).containsExactly(peers(0));
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void giveOffersToThoseWhoWereThereFirst() {
        List<Agent> members = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            members.add(visitor());
            announce(members.get(i));
            assertThat(members.get(i).hears()).containsExactly(peers(i));
        }
        announce(members.get(0)); // who announces again keeps its place
        assertThat(members.get(0).hears()).containsExactly(peers(3));
        Agent alice = server.connect("alice");
        String aliceId = alice.peerId();
        alice.hears();
        announce(alice, "a", "b", "c");
        assertThat(members.get(0).hears()).containsExactly(offer(aliceId, "a"));
        assertThat(members.get(1).hears()).containsExactly(offer(aliceId, "b"));
        assertThat(members.get(2).hears()).containsExactly(offer(aliceId, "c"));
        assertThat(members.get(3).hears()).isEmpty();
        assertThat(alice.hears()).containsExactly(peers(4));

        members.get(1).says("{'type':'leave','resource':'" + ROOM + "'}");
        announce(alice, "d", "e", "f", "g");
        assertThat(members.get(0).hears()).containsExactly(offer(aliceId, "d"));
        assertThat(members.get(1).hears()).isEmpty();
        assertThat(members.get(2).hears()).containsExactly(offer(aliceId, "e"));
        assertThat(members.get(3).hears()).containsExactly(offer(aliceId, "f"));
        assertThat(alice.hears()).containsExactly(peers(3));
    }

    @Test
    void giveNoMoreThanTenOffers() {
        List<Agent> members = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            members.add(visitor());
            announce(members.get(i));
        }
        members.forEach(Agent::hears);
        Agent last = visitor();
        announce(last, "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11");
        for (int i = 0; i < 12; i++) {
            assertThat(members.get(i).hears()).hasSize(i < 10 ? 1 : 0);
        }
        assertThat(last.hears()).containsExactly(peers(12));
    }

    @Test
    void passOverAnUnusableOfferTogetherWithItsMember() {
        List<Agent> members = List.of(visitor(), visitor(), visitor(), visitor(), visitor(), visitor());
        members.forEach(RoomsTest::announce);
        members.forEach(Agent::hears);
        Agent alice = server.connect("alice");
        String from = alice.peerId();
        alice.hears();
        alice.says("{'type':'announce','resource':'" + ROOM
                + "','offers':[null,{'offer_id':'x'},{'sdp':1},{'sdp':'a'},{'offer_id':7,'sdp':'b'},'c']}");
        String prefix = "{'type':'offer','resource':'" + ROOM + "','from':'" + from + "','offer_id':'";
        assertThat(members.subList(0, 3))
                .allSatisfy(member -> assertThat(member.hears()).isEmpty());
        assertThat(members.get(3).hears()).containsExactly(json(prefix + "3','sdp':'a'}"));
        assertThat(members.get(4).hears()).containsExactly(json(prefix + "4','sdp':'b'}"));
        assertThat(members.get(5).hears()).isEmpty();
        assertThat(alice.hears()).containsExactly(peers(6));
    }

    @Test
    void relayDescriptionsAsTheyCame() {
        Agent member = visitor();
        announce(member);
        member.hears();
        String text = "\\u00e9\\ud800 \\/ \u00e9\\r\\n";
        visitor()
                .says("{'type':'announce','resource':'" + ROOM + "','offers':[{'offer_id':'" + text + "','sdp':'" + text
                        + "'}]}");
        assertThat(member.hears())
                .singleElement()
                .asString()
                .endsWith(json("'offer_id':'" + text + "','sdp':'" + text + "'}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'0123456'",
                "''",
                "'0123456g'",
                "'01234567\\n'",
                "' 01234567'",
                "'0123456\u0660'",
                "1234567890",
                "null",
                "['0123456789abcdef']"
            })
    void haveNamesOfHexDigits(String resource) {
        Agent visitor = visitor();
        visitor.says("{'type':'announce','resource':" + resource + ",'offers':[]}");
        assertThat(visitor.hears()).containsExactly(error("Invalid resource hash"));
        visitor.says("{'type':'leave','resource':" + resource + "}");
        assertThat(visitor.hears()).isEmpty();
        assertRooms(0, 0);
    }

    @Test
    void haveNamesOfEightToAHundredAndTwentyEightDigits() {
        Agent visitor = visitor();
        for (String name : new String[] {"a".repeat(8), "A".repeat(128)}) {
            visitor.says("{'type':'announce','resource':'" + name + "'}");
            assertThat(visitor.hears())
                    .containsExactly(json("{'type':'resource-peers','resource':'" + name + "','count':0}"));
        }
        for (String name : new String[] {"a".repeat(7), "a".repeat(129)}) {
            visitor.says("{'type':'announce','resource':'" + name + "'}");
            assertThat(visitor.hears()).containsExactly(error("Invalid resource hash"));
        }
    }

    @Test
    void tellUpperFromLowerCase() {
        visitor().says("{'type':'announce','resource':'abcdef01'}");
        Agent visitor = visitor();
        visitor.says("{'type':'announce','resource':'ABCDEF01'}");
        assertThat(visitor.hears().get(0)).endsWith(json("'count':0}"));
        assertRooms(2, 2);
    }

    @Test
    void refuseTheFiftyFirstRoomButNoneThatOneIsIn() {
        Agent visitor = visitor();
        for (int i = 0; i < 50; i++) {
            visitor.says("{'type':'announce','resource':'" + (10_000_000 + i) + "'}");
        }
        assertThat(visitor.hears()).hasSize(50).noneMatch(message -> message.contains("error"));
        visitor.says("{'type':'announce','resource':'20000000'}");
        visitor.says("{'action':'announce','info_hash':'" + "a".repeat(40) + "','peer_id':'" + "b".repeat(40) + "'}");
        visitor.says("{'type':'announce','resource':'10000000'}");
        assertThat(visitor.hears())
                .containsExactly(
                        error("Too many resources"),
                        json("{'action':'announce','info_hash':'" + "a".repeat(40)
                                + "','failure reason':'Too many resources'}"),
                        json("{'type':'resource-peers','resource':'10000000','count':0}"));
        assertRooms(50, 50);
        visitor.says("{'type':'leave','resource':'10000000'}");
        visitor.says("{'type':'announce','resource':'20000000'}");
        assertThat(visitor.hears()).containsExactly(json("{'type':'resource-peers','resource':'20000000','count':0}"));
    }

    @Test
    void canBeFull() {
        SignalingServer small = SignalingServer.start(builder -> builder.anonymousRooms(true)
                .limits(Limits.builder().maxMembersPerRoom(2).build()));
        List<Agent> visitors = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            visitors.add(small.open("visitor", SignalingServer.PATH));
            announce(visitors.get(i), "offer");
        }
        assertThat(visitors.get(2).hears()).containsExactly(error("Resource is full"));
        assertThat(visitors.get(0).hears()).hasSize(2);
        visitors.get(0).says("{'type':'leave','resource':'" + ROOM + "'}");
        announce(visitors.get(2));
        assertThat(visitors.get(2).hears()).containsExactly(peers(1));
        small.checkNothingIsLeft();
    }

    @Test
    void letMembersOnlyAnswer() {
        Agent alice = server.connect("alice");
        String aliceId = alice.peerId();
        announce(alice);
        alice.hears();
        Agent stranger = visitor();
        String answer = "{'type':'answer','resource':'" + ROOM + "','to':'" + aliceId + "','offer_id':'o','sdp':'s'}";
        stranger.says(answer);
        stranger.says(answer.replace(ROOM, "99999999"));
        stranger.says(answer.replace(aliceId, "nobody"));
        assertThat(stranger.hears()).isEmpty();
        assertThat(alice.hears()).isEmpty();

        stranger.says("{'type':'announce','resource':'99999999'}");
        stranger.hears();
        stranger.says(answer.replace(ROOM, "99999999")); // alice isn't there
        assertThat(stranger.hears()).containsExactly(error("Peer not in resource group"));
        assertThat(alice.hears()).isEmpty();

        announce(stranger);
        stranger.hears();
        stranger.says(answer);
        assertThat(alice.hears()).hasSize(1);
        assertThat(stranger.hears()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",'to':null", ",'to':1", ",'to':'nobody'", ",'to':''"})
    void sayWhenAnAnswerReachesNobody(String to) {
        Agent visitor = visitor();
        announce(visitor);
        visitor.hears();
        visitor.says("{'type':'answer','resource':'" + ROOM + "'" + to + ",'sdp':'s'}");
        assertThat(visitor.hears()).containsExactly(error("Peer not in resource group"));
    }

    @Test
    void relayNoAnswerWithoutADescription() {
        Agent alice = server.connect("alice");
        announce(alice);
        String to = alice.peerId();
        alice.hears();
        alice.says("{'type':'answer','resource':'" + ROOM + "','to':'" + to + "','offer_id':'o'}");
        assertThat(alice.hears()).isEmpty();
        alice.says("{'type':'answer','resource':'" + ROOM + "','to':'" + to + "','sdp':'s'}");
        assertThat(alice.hears())
                .containsExactly(json("{'type':'answer','resource':'" + ROOM + "','from':'" + to + "','sdp':'s'}"));
    }

    @Test
    void leaveAnswersBetweenAgentsAlone() {
        List<Agent> agents = server.online("alice", "bob");
        agents.get(0).says("{'type':'answer','to':'https://bob.example/#me','sdp':'s'}");
        agents.get(0).says("{'type':'answer','resource':null,'to':'https://bob.example/#me','sdp':'s'}");
        assertThat(agents.get(1).hears()).hasSize(2);
        agents.get(0).says("{'type':'answer','resource':7,'to':'https://bob.example/#me','sdp':'s'}");
        assertThat(agents.get(1).hears()).isEmpty();
        assertThat(agents.get(0).hears()).isEmpty();
    }

    @Test
    void vanishWithTheLastMember() {
        Agent first = visitor();
        Agent second = visitor();
        announce(first);
        announce(second);
        assertRooms(1, 2);
        first.connection().cut();
        assertRooms(1, 1);
        second.says("{'type':'leave','resource':'" + ROOM + "'}");
        second.says("{'type':'leave','resource':'" + ROOM + "'}");
        assertRooms(0, 0);
    }

    @Test
    void areLeftByAConnectionThatIsReplaced() {
        Agent old = server.connect("alice");
        announce(old);
        old.connection().ignoreClose();
        Agent bob = server.connect("bob");
        announce(bob);
        server.connect("alice");
        assertRooms(1, 1);
        announce(old, "too-late");
        old.says("{'type':'leave','resource':'" + ROOM + "'}");
        assertRooms(1, 1);
        announce(bob, "x");
        assertThat(bob.hears()).endsWith(peers(0));
    }

    @Test
    void areLeftByAConnectionWhoseIdentityEnds() {
        server.expire("alice", Instant.parse("2026-01-01T00:01:00Z"));
        Agent alice = server.connect("alice");
        alice.connection().ignoreClose();
        announce(alice);
        assertRooms(1, 1);
        server.advance(Duration.ofSeconds(95), alice);
        assertRooms(0, 0);
    }

    @Test
    void areLeftWhenTheServerStops() {
        announce(visitor());
        announce(server.connect("alice"));
        assertRooms(1, 2);
        server.podbridge().close();
        assertRooms(0, 0);
    }

    @Test
    void speakToAnAgentAfterItsWelcomeOnly() {
        server.online("bob"); // so that the policy has somebody to think about
        server.policy().hold();
        Agent alice = server.connect("alice");
        announce(alice);
        announce(visitor(), "x");
        assertThat(alice.hears()).isEmpty();
        server.policy().release();
        List<String> heard = alice.hears();
        assertThat(heard).hasSize(3);
        assertThat(heard.get(0)).startsWith(json("{'type':'peers'"));
        assertThat(heard.get(1)).isEqualTo(peers(0));
        assertThat(heard.get(2)).startsWith(json("{'type':'offer'"));
    }
}
