package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.testkit.LoopbackConnection;

/** How a host ends what an agent has open. */
class RevocationTest {

    private static final CloseStatus REVOKED = new CloseStatus(1008, "Authentication revoked");

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private int revoke(String name) {
        return server.podbridge().revoke(identity -> identity.webId().equals(SignalingServer.webId(name)));
    }

    @Test
    void closesTheSocketsOfTheAgentAndOfNobodyElse() {
        Agent alice = server.connect("alice");
        Agent bob = server.connect("bob");
        alice.hears();
        bob.hears();
        assertThat(revoke("alice")).isEqualTo(1);
        assertThat(alice.hears()).containsExactly(error("Authentication revoked"));
        assertThat(alice.connection().closeStatus()).contains(REVOKED);
        assertThat(bob.hears()).containsExactly(json("{'type':'peer-left','webId':'https://alice.example/#me'}"));
        assertThat(bob.connection().closeStatus()).isEmpty();
        assertThat(revoke("alice")).isZero();
    }

    @Test
    void takesEffectEvenIfTheCloseIsIgnored() {
        Agent alice = server.connect("alice");
        Agent bob = server.connect("bob");
        alice.connection().ignoreClose();
        revoke("alice");
        bob.hears();
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).isEmpty();
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(1);
    }

    @Test
    void voidsTickets() {
        String ofAlice = server.mint("alice");
        String ofBob = server.mint("bob");
        revoke("alice");
        assertThat(server.podbridge().diagnostics().unusedTickets()).isEqualTo(1);
        assertThat(decide(ofAlice)).isInstanceOf(HandshakeDecision.Reject.class);
        assertThat(decide(ofBob)).isInstanceOf(HandshakeDecision.Accept.class);
    }

    private HandshakeDecision decide(String ticket) {
        return server.handshake("/.webrtc?token=" + ticket)
                .toCompletableFuture()
                .getNow(null);
    }

    @Test
    void catchesWhoHasBeenLetInButHasNotOpenedYet() {
        HandshakeDecision.Accept accepted =
                (HandshakeDecision.Accept) server.handshake("/.webrtc", "authorization", "Bearer token-of-alice")
                        .toCompletableFuture()
                        .getNow(null);
        Agent bob = server.connect("bob");
        bob.hears();
        assertThat(revoke("alice")).isZero(); // none was open
        LoopbackConnection connection = LoopbackConnection.open(accepted.listener());
        assertThat(connection.texts()).containsExactly(error("Authentication revoked"));
        assertThat(connection.closeStatus()).contains(REVOKED);
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(1);
        connection.cut();
        assertThat(bob.hears()).isEmpty(); // not even of a coming and going
    }

    @Test
    void catchesWhomThePolicyIsBeingAskedAbout() {
        server.policy().holdConnects();
        CompletionStage<HandshakeDecision> decision =
                server.handshake("/.webrtc", "authorization", "Bearer token-of-alice");
        revoke("alice");
        server.policy().release();
        HandshakeDecision.Accept accepted =
                (HandshakeDecision.Accept) decision.toCompletableFuture().getNow(null);
        LoopbackConnection connection = LoopbackConnection.open(accepted.listener());
        assertThat(connection.closeStatus()).contains(REVOKED);
        connection.cut();
    }

    @Test
    void looksAtIdentitiesAsTheyWereRenewed() {
        Agent alice = server.connect("alice");
        alice.hears();
        server.expire("alice", server.scheduler().now().plusSeconds(3_600));
        alice.says("{'type':'auth','token':'" + server.mint("alice") + "'}");
        assertThat(server.podbridge().revoke(identity -> identity.expiresAt().isEmpty()))
                .isZero();
        assertThat(server.podbridge().revoke(identity -> identity.expiresAt().isPresent()))
                .isEqualTo(1);
    }

    @Test
    void letsTheAgentComeBackIfNothingElseForbidsIt() {
        server.connect("alice");
        revoke("alice");
        assertThat(server.connect("alice").hears()).hasSize(1);
    }
}
