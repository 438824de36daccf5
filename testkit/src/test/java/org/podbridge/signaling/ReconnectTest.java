package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

class ReconnectTest {

    private static final String OFFER_TO_BOB = "{'type':'offer','to':'https://bob.example/#me','sdp':'x'}";
    private static final String OFFER_FROM_ALICE =
            json("{'type':'offer','from':'https://alice.example/#me','sdp':'x'}");
    private static final String OFFER_TO_ALICE = "{'type':'offer','to':'https://alice.example/#me','sdp':'x'}";

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private final Agent bob = server.connect("bob");
    private final Agent old = server.connect("alice");

    @Test
    void closesTheOldConnection() {
        server.connect("alice");
        assertThat(old.connection().closeStatus()).contains(new CloseStatus(4409, "Replaced by a newer connection"));
    }

    @Test
    void tellsNobody() {
        bob.hears();
        old.hears();
        Agent alice = server.connect("alice");
        assertThat(bob.hears()).isEmpty();
        assertThat(old.hears()).isEmpty();
        assertThat(alice.hears()).hasSize(1);
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(2);
    }

    @Test
    void welcomesTheNewConnectionWithTheSamePeers() {
        assertThat(server.connect("alice").hears().get(0)).endsWith(json("'peers':['https://bob.example/#me']}"));
    }

    @Test
    void letsTheOldConnectionDoNothingEvenIfItIgnoresTheClose() {
        old.connection().ignoreClose();
        server.connect("alice");
        bob.hears();
        old.hears();
        old.says(OFFER_TO_BOB);
        old.saysRaw("no JSON");
        old.saysRaw("x".repeat(70_000));
        assertThat(server.policy().callQuestions())
                .as("not even a question to the policy")
                .isZero();
        assertThat(bob.hears()).isEmpty();
        assertThat(old.hears()).isEmpty();
    }

    @Test
    void dropsWhatTheOldConnectionSaidWhileThePolicyStillDecides() {
        old.connection().ignoreClose();
        bob.hears();
        server.policy().hold();
        old.says(OFFER_TO_BOB);
        server.connect("alice");
        server.policy().release();
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void sendsTheOldConnectionNothingAnyMore() {
        old.connection().ignoreClose();
        Agent alice = server.connect("alice");
        old.hears();
        alice.hears();
        bob.says(OFFER_TO_ALICE);
        server.connect("carol");
        assertThat(old.hears()).isEmpty();
        assertThat(alice.hears()).hasSize(2);
    }

    @Test
    void tellsNobodyWhenTheOldConnectionEndsLater() {
        old.connection().ignoreClose();
        Agent alice = server.connect("alice");
        bob.hears();
        old.connection().cut();
        assertThat(bob.hears()).isEmpty();

        alice.says(OFFER_TO_BOB);
        assertThat(bob.hears()).containsExactly(OFFER_FROM_ALICE);
        alice.connection().cut();
        assertThat(bob.hears()).containsExactly(json("{'type':'peer-left','webId':'https://alice.example/#me'}"));
    }

    @Test
    void replacesAConnectionThatHasNotBeenWelcomedYet() {
        server.policy().hold();
        Agent first = server.connect("carol");
        Agent second = server.connect("carol");
        server.policy().release();
        assertThat(first.hears()).isEmpty();
        assertThat(first.connection().closeStatus()).contains(new CloseStatus(4409, "Replaced by a newer connection"));
        assertThat(second.hears()).hasSize(1);
    }

    @Test
    void replacesManyTimesInARow() {
        bob.hears();
        Agent alice = old;
        for (int i = 0; i < 50; i++) {
            Agent before = alice;
            alice = server.connect("alice");
            assertThat(before.connection().isClosed()).isTrue();
        }
        assertThat(bob.hears()).isEmpty();
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(2);
    }
}
