package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.identity.WebId;

class PresenceTest {

    private static final String BOB_JOINED = json("{'type':'peer-joined','webId':'https://bob.example/#me'}");
    private static final String BOB_LEFT = json("{'type':'peer-left','webId':'https://bob.example/#me'}");
    private static final WebId BOB = SignalingServer.webId("bob");

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    @Test
    void tellsEverybodyElseWhoJoinsAndWhoLeaves() {
        List<Agent> others = server.online("alice", "carol");
        Agent bob = server.connect("bob");
        bob.hears();
        assertThat(others).allSatisfy(agent -> assertThat(agent.hears()).containsExactly(BOB_JOINED));

        bob.connection().peerCloses(new CloseStatus(CloseStatus.NORMAL, ""));
        assertThat(others).allSatisfy(agent -> assertThat(agent.hears()).containsExactly(BOB_LEFT));
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void tellsOfAConnectionThatBreaks() {
        Agent alice = server.online("alice", "bob").get(0);
        Agent bob = server.connect("bob"); // in place of the first
        bob.connection().cut();
        assertThat(alice.hears()).containsExactly(BOB_LEFT);
    }

    @Test
    void tellsAgainWhoComesBack() {
        Agent alice = server.online("alice").get(0);
        for (int i = 0; i < 3; i++) {
            server.connect("bob").connection().cut();
        }
        assertThat(alice.hears()).containsExactly(BOB_JOINED, BOB_LEFT, BOB_JOINED, BOB_LEFT, BOB_JOINED, BOB_LEFT);
    }

    @Test
    void tellsOnlyThoseWhoMaySee() {
        server.policy().seesIf((viewer, other) -> !viewer.equals(SignalingServer.webId("carol")));
        List<Agent> others = server.online("alice", "carol");
        server.connect("bob").connection().cut();
        assertThat(others.get(0).hears()).containsExactly(BOB_JOINED, BOB_LEFT);
        assertThat(others.get(1).hears()).isEmpty();
    }

    @Test
    void tellsThatSomebodyLeftEvenIfItCouldNoLongerBeSeen() {
        Agent alice = server.online("alice").get(0);
        Agent bob = server.connect("bob");
        assertThat(alice.hears()).containsExactly(BOB_JOINED);
        server.policy().seesIf((viewer, other) -> false);
        bob.connection().cut();
        assertThat(alice.hears()).containsExactly(BOB_LEFT);
    }

    @Test
    void doesNotTellThatSomebodyLeftWhoWasNeverSeen() {
        server.policy().seesIf((viewer, other) -> false);
        Agent alice = server.online("alice").get(0);
        Agent bob = server.connect("bob");
        server.policy().seesIf((viewer, other) -> true);
        bob.connection().cut();
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void tellsOnceOfWhoJoinsWhileTheSnapshotIsDecided() {
        server.connect("carol");
        server.policy().hold();
        Agent alice = server.connect("alice");
        server.connect("bob");
        server.policy().release();
        List<String> heard = alice.hears();
        assertThat(heard).hasSize(2);
        assertThat(heard.get(0)).endsWith(json("'peers':['https://carol.example/#me']}"));
        assertThat(heard.get(1)).isEqualTo(BOB_JOINED);
    }

    @Test
    void takesBackWhoLeavesWhileTheSnapshotIsDecided() {
        Agent bob = server.connect("bob");
        server.policy().hold();
        Agent alice = server.connect("alice");
        bob.connection().cut();
        server.policy().release();
        List<String> heard = alice.hears();
        assertThat(heard).hasSize(2);
        assertThat(heard.get(0)).endsWith(json("'peers':['https://bob.example/#me']}"));
        assertThat(heard.get(1)).isEqualTo(BOB_LEFT);
    }

    @Test
    void saysNothingOfWhoComesAndGoesWhileTheSnapshotIsDecided() {
        server.connect("carol");
        server.policy().hold();
        Agent alice = server.connect("alice");
        server.connect("bob").connection().cut();
        server.policy().release();
        assertThat(alice.hears()).hasSize(1);
    }

    @Test
    void saysNothingOfWhoComesAndGoesWhileThePolicyDecides() {
        Agent alice = server.online("alice").get(0);
        server.policy().hold();
        server.connect("carol"); // keeps alice's view busy
        server.connect("bob").connection().cut();
        server.policy().release();
        assertThat(alice.hears()).containsExactly(json("{'type':'peer-joined','webId':'https://carol.example/#me'}"));
    }

    @Test
    void saysNothingOfWhoLeavesAndComesBackWhileThePolicyDecides() {
        List<Agent> agents = server.online("alice", "bob");
        server.policy().hold();
        server.connect("carol");
        agents.get(1).connection().cut();
        server.connect("bob");
        server.policy().release();
        assertThat(agents.get(0).hears())
                .containsExactly(json("{'type':'peer-joined','webId':'https://carol.example/#me'}"));
    }

    @Test
    void doesNotTellWhatAPolicyDecidesTooLate() {
        Agent alice = server.online("alice").get(0);
        server.policy().hold();
        Agent bob = server.connect("bob");
        server.advance(java.time.Duration.ofSeconds(10));
        assertThat(alice.hears()).isEmpty();
        assertThat(bob.hears()).singleElement().asString().endsWith(json("'peers':[]}"));
        server.policy().release();
        assertThat(alice.hears()).isEmpty();
        assertThat(bob.hears()).isEmpty();

        bob.connection().cut();
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void keepsTwoAgentsApartOfWhichOneCameWhenTheOtherHadGone() {
        Agent alice = server.online("alice").get(0);
        Agent bob = server.connect("bob");
        bob.connection().cut();
        server.policy().seesIf((viewer, other) -> other.equals(BOB));
        Agent carol = server.connect("carol"); // whom alice can't see takes what identified bob
        alice.hears();
        carol.connection().cut();
        assertThat(alice.hears()).isEmpty();
    }
}
