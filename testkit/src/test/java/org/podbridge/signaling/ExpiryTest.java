package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

class ExpiryTest {

    private static final CloseStatus EXPIRED = new CloseStatus(CloseStatus.POLICY_VIOLATION, "Authentication expired");

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private Agent connectFor(Duration life) {
        server.expire("alice", server.scheduler().now().plus(life));
        return server.connect("alice");
    }

    @Test
    void closesHalfAMinuteAfterTheEndOfTheIdentity() {
        Agent alice = connectFor(Duration.ofMinutes(10));
        alice.hears();
        server.advance(Duration.ofMillis(629_999), alice);
        assertThat(alice.connection().closeStatus()).isEmpty();

        server.advance(Duration.ofMillis(1), alice);
        assertThat(alice.hears()).containsExactly(error("Authentication expired"));
        assertThat(alice.connection().closeStatus()).contains(EXPIRED);
        assertThat(server.podbridge().diagnostics().agentsOnline()).isZero();
    }

    @Test
    void letsWhoIsExpiredDoNothingEvenIfItIgnoresTheClose() {
        Agent bob = server.connect("bob");
        Agent alice = connectFor(Duration.ofSeconds(1));
        alice.connection().ignoreClose();
        server.advance(Duration.ofSeconds(31), alice, bob);
        bob.hears();
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).isEmpty();
        assertThat(alice.connection().closeStatus()).contains(EXPIRED);
    }

    @Test
    void closesWhoIsNotWelcomedYet() {
        server.connect("bob");
        server.policy().hold();
        server.expire("alice", server.scheduler().now().plusMillis(1));
        Agent alice = server.connect("alice");
        server.scheduler().advance(Duration.ofSeconds(9)); // before the policy's time is up
        alice.connection().receivePong();
        assertThat(alice.hears()).isEmpty();
        server.advance(Duration.ofSeconds(22), alice);
        assertThat(alice.connection().closeStatus()).contains(EXPIRED);
    }

    @Test
    void neverClosesAnIdentityWithoutAnEnd() {
        Agent alice = server.connect("alice");
        server.advance(Duration.ofDays(1), alice);
        assertThat(alice.connection().closeStatus()).isEmpty();
    }

    @Test
    void takesAnEndInTheFarthestFuture() {
        for (Instant end : new Instant[] {Instant.MAX, Instant.ofEpochSecond(100_000_000_000L)}) {
            server.expire("alice", end);
            Agent alice = server.connect("alice");
            assertThat(alice.hears()).singleElement().asString().startsWith(json("{'type':'peers'"));
            server.advance(Duration.ofHours(1), alice);
            assertThat(alice.connection().closeStatus()).isEmpty();
        }
    }

    @Test
    void leavesTheNewerConnectionOfAnAgentAlone() {
        connectFor(Duration.ofSeconds(1));
        server.expire("alice", server.scheduler().now().plus(Duration.ofHours(1)));
        Agent alice = server.connect("alice");
        server.advance(Duration.ofMinutes(10), alice);
        assertThat(alice.connection().closeStatus()).isEmpty();
    }
}
