package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;

class SlowConsumerTest {

    private static final CloseStatus SLOW = new CloseStatus(CloseStatus.TRY_AGAIN_LATER, "Slow consumer");
    private static final String TO_BOB = "{'type':'candidate','to':'https://bob.example/#me','sdp':'";
    private static final String FROM_ALICE = json("{'type':'candidate','from':'https://alice.example/#me','sdp':'");

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    /** Returns a message that arrives with the given number of bytes. */
    private static String arrivingWith(int bytes) {
        return TO_BOB + "x".repeat(bytes - FROM_ALICE.length() - 2) + "'}";
    }

    @Test
    void isClosedWhenMoreThan256KiBWait() {
        List<Agent> agents = server.online("alice", "bob");
        Agent alice = agents.get(0);
        Agent bob = agents.get(1);
        bob.connection().holdSends();
        alice.says(arrivingWith(1_000)); // on its way, so it doesn't wait
        for (int i = 0; i < 8; i++) {
            alice.says(arrivingWith(32 * 1024));
        }
        assertThat(bob.connection().closeStatus()).isEmpty();
        alice.says(arrivingWith(100));
        assertThat(bob.connection().closeStatus()).contains(SLOW);
        assertThat(bob.connection().messages()).hasSize(1);
        assertThat(alice.hears()).containsExactly(json("{'type':'peer-left','webId':'https://bob.example/#me'}"));
    }

    @Test
    void getsEverythingAfterAllIfItReadsInTime() {
        List<Agent> agents = server.online("alice", "bob");
        Agent bob = agents.get(1);
        bob.connection().holdSends();
        for (int i = 0; i < 200; i++) {
            agents.get(0).says(TO_BOB + i + "'}");
        }
        bob.connection().releaseSends();
        assertThat(bob.hears()).hasSize(200).satisfies(heard -> {
            for (int i = 0; i < 200; i++) {
                assertThat(heard.get(i)).isEqualTo(FROM_ALICE + i + json("'}"));
            }
        });
    }

    @Test
    void doesNotKeepOthersFromGettingEverything() {
        List<Agent> agents = server.online("alice", "bob", "carol");
        Agent alice = agents.get(0);
        Agent bob = agents.get(1);
        Agent carol = agents.get(2);
        bob.connection().holdSends();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            alice.says(arrivingWith(32 * 1024));
            alice.says("{'type':'candidate','to':'https://carol.example/#me','sdp':'" + i + "'}");
            expected.add(json("{'type':'candidate','from':'https://alice.example/#me','sdp':'" + i + "'}"));
        }
        assertThat(bob.connection().closeStatus()).contains(SLOW);
        expected.add(9, json("{'type':'peer-left','webId':'https://bob.example/#me'}"));
        assertThat(carol.hears()).isEqualTo(expected);
    }

    @Test
    void isAbortedWhenASendTakesTooLong() {
        List<Agent> agents = server.online("alice", "bob");
        Agent bob = agents.get(1);
        bob.connection().holdSends();
        agents.get(0).says(TO_BOB + "x'}");
        server.scheduler().advance(Duration.ofMillis(9_999));
        bob.connection().receivePong(); // it is alive all right
        assertThat(bob.connection().isAborted()).isFalse();

        server.scheduler().advance(Duration.ofMillis(2));
        assertThat(bob.connection().isAborted()).isTrue();
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(1);
    }

    @Test
    void maySpendTheTimeOfASendAnewOnEachMessage() {
        List<Agent> agents = server.online("alice", "bob");
        Agent bob = agents.get(1);
        bob.connection().holdSends();
        for (int i = 0; i < 5; i++) {
            agents.get(0).says(TO_BOB + "x'}");
        }
        for (int i = 0; i < 5; i++) {
            server.scheduler().advance(Duration.ofSeconds(9));
            agents.forEach(agent -> agent.connection().receivePong());
            assertThat(bob.connection().isAborted()).isFalse();
            bob.connection().completeSend();
        }
        assertThat(bob.hears()).hasSize(5);
    }

    /** Each that is closed leaves, of which all others are told, which closes the next. */
    @Test
    void isClosedTogetherWithAllOthersThatAreSlow() {
        SignalingServer small = SignalingServer.start(builder ->
                builder.limits(Limits.builder().maxSendQueueBytes(1_024).build()));
        List<Agent> agents = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            agents.add(small.connect("a" + i));
        }
        agents.forEach(agent -> agent.connection().holdSends());
        for (int i = 0; i < 20; i++) { // more than the queue holds
            small.connect("x").connection().cut();
        }
        assertThat(agents)
                .allSatisfy(
                        agent -> assertThat(agent.connection().closeStatus()).contains(SLOW));
        small.checkNothingIsLeft();
    }
}
