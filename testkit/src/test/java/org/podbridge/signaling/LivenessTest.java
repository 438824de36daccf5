package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.MessageKind;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

class LivenessTest {

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    @Test
    void pingsAtLeastEvery20SecondsAndNotMuchMoreOften() {
        Agent alice = server.connect("alice");
        for (int i = 1; i <= 100; i++) {
            int before = alice.connection().pings();
            server.scheduler().advance(Duration.ofSeconds(20));
            alice.connection().receivePong();
            assertThat(alice.connection().pings() - before).isBetween(1, 2);
        }
        assertThat(alice.connection().pings()).isBetween(100, 126); // every 16 to 20 s
    }

    @Test
    void spreadsThePingsOfManyWhoCameAtOnce() {
        List<Agent> agents = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            agents.add(server.connect("a" + i));
        }
        Set<Integer> moments = new HashSet<>();
        for (int second = 1; second <= 20; second++) {
            server.scheduler().advance(Duration.ofSeconds(1));
            int now = second;
            agents.stream()
                    .filter(agent -> agent.connection().pings() == 1)
                    .findAny()
                    .ifPresent(a -> moments.add(now));
            agents.removeIf(agent -> agent.connection().pings() > 0);
        }
        assertThat(moments)
                .hasSizeGreaterThan(1)
                .allSatisfy(second -> assertThat(second).isBetween(16, 20));
        assertThat(agents).isEmpty();
    }

    @Test
    void dropsWhoIsSilentFor45Seconds() {
        Agent alice = server.connect("alice");
        server.scheduler().advance(Duration.ofMillis(44_999));
        assertThat(alice.connection().isAborted()).isFalse();
        server.scheduler().advance(Duration.ofSeconds(20)); // found out at a ping
        assertThat(alice.connection().isAborted()).isTrue();
        assertThat(server.podbridge().diagnostics().agentsOnline()).isZero();
    }

    @Test
    void tellsTheOthersWhoWasDropped() {
        Agent alice = server.connect("alice");
        server.connect("bob");
        alice.hears();
        server.advance(Duration.ofSeconds(70), alice);
        assertThat(alice.hears()).containsExactly(json("{'type':'peer-left','webId':'https://bob.example/#me'}"));
    }

    @Test
    void takesAPongForASignOfLife() {
        Agent alice = server.connect("alice");
        server.advance(Duration.ofMinutes(10), alice);
        assertThat(alice.connection().isClosed()).isFalse();
    }

    @Test
    void takesAPingForASignOfLife() {
        Agent alice = server.connect("alice");
        for (int i = 0; i < 20; i++) {
            server.scheduler().advance(Duration.ofSeconds(40));
            alice.connection().receivePing();
        }
        assertThat(alice.connection().isClosed()).isFalse();
    }

    @Test
    void takesAnyPartOfAMessageForASignOfLife() {
        Agent alice = server.connect("alice");
        for (int i = 0; i < 20; i++) {
            server.scheduler().advance(Duration.ofSeconds(40));
            alice.connection().receivePart(MessageKind.TEXT, new byte[] {' '}, false);
        }
        assertThat(alice.connection().isClosed()).isFalse();
    }

    @Test
    void doesNotTakeWhatItSendsForASignOfLife() {
        Agent alice = server.connect("alice");
        Agent bob = server.connect("bob");
        for (int i = 0; i < 7; i++) {
            server.scheduler().advance(Duration.ofSeconds(10));
            alice.says("{'type':'hangup','to':'https://bob.example/#me'}");
        }
        assertThat(bob.connection().isAborted()).isTrue();
    }
}
