package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;
import static org.podbridge.fixture.Agent.notOnline;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;

class CallPolicyTest {

    private static final WebId ALICE = SignalingServer.webId("alice");
    private static final WebId BOB = SignalingServer.webId("bob");

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private final Agent alice = server.connect("alice");
    private final Agent bob = server.connect("bob");

    @BeforeEach
    void forgetTheWelcome() {
        alice.hears();
        bob.hears();
    }

    private static String to(WebId to, String type, String sdp) {
        return "{'type':'" + type + "','to':'" + to + "','sdp':'" + sdp + "'}";
    }

    private static String from(WebId from, String type, String sdp) {
        return json("{'type':'" + type + "','from':'" + from + "','sdp':'" + sdp + "'}");
    }

    @Test
    void answersAlikeForAbsentInvisibleAndForbiddenAgents() {
        alice.says(to(SignalingServer.webId("dave"), "offer", "s"));
        List<String> absent = alice.hears();

        server.policy().seesIf((viewer, other) -> false);
        alice.says(to(BOB, "offer", "s"));
        List<String> invisible = alice.hears();

        server.advance(Duration.ofSeconds(61), alice, bob);
        server.policy().seesIf((viewer, other) -> true);
        server.policy().callsIf((from, to) -> false);
        alice.says(to(BOB, "offer", "s"));
        List<String> forbidden = alice.hears();

        assertThat(absent).containsExactly(notOnline("https://dave.example/#me"));
        assertThat(invisible).containsExactly(notOnline("https://bob.example/#me"));
        assertThat(forbidden).containsExactly(notOnline("https://bob.example/#me"));
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void doesNotAskWhetherSomebodyInvisibleMayBeCalled() {
        server.policy().seesIf((viewer, other) -> false);
        alice.says(to(BOB, "offer", "s"));
        assertThat(server.policy().callQuestions()).isZero();
    }

    @Test
    void gatesEveryTypeOfMessage() {
        server.policy().callsIf((from, to) -> false);
        for (String type : List.of("offer", "answer", "candidate", "hangup")) {
            alice.says(to(BOB, type, "s"));
            assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));
        }
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void letsWhoIsCalledReplyThoughItMayNotCall() {
        server.policy().callsIf((from, to) -> from.equals(ALICE));
        alice.says(to(BOB, "offer", "1"));
        bob.says(to(ALICE, "answer", "2"));
        bob.says(to(ALICE, "candidate", "3"));
        bob.says(to(ALICE, "hangup", "4"));
        assertThat(alice.hears())
                .containsExactly(from(BOB, "answer", "2"), from(BOB, "candidate", "3"), from(BOB, "hangup", "4"));

        bob.says(to(ALICE, "offer", "5"));
        assertThat(alice.hears()).isEmpty();
        assertThat(bob.hears()).containsExactly(from(ALICE, "offer", "1"), notOnline("https://alice.example/#me"));
    }

    @Test
    void refusesTheRepliesOfWhoWasNotCalled() {
        server.policy().callsIf((from, to) -> from.equals(ALICE));
        for (String type : List.of("answer", "candidate", "hangup")) {
            bob.says(to(ALICE, type, "s"));
            assertThat(bob.hears()).containsExactly(notOnline("https://alice.example/#me"));
        }
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void refusesTheRepliesToACallThatWasNotAllowed() {
        server.policy().callsIf((from, to) -> false);
        alice.says(to(BOB, "offer", "s"));
        bob.says(to(ALICE, "answer", "s"));
        assertThat(bob.hears()).containsExactly(notOnline("https://alice.example/#me"));
    }

    @Test
    void letsWhoWasCalledHangUpLongAfterwards() {
        server.policy().callsIf((from, to) -> from.equals(ALICE));
        alice.says(to(BOB, "offer", "s"));
        bob.says(to(ALICE, "answer", "s"));
        alice.hears();

        server.advance(Duration.ofHours(1), alice, bob);
        bob.says(to(ALICE, "hangup", "s"));
        assertThat(alice.hears()).containsExactly(from(BOB, "hangup", "s"));
    }

    @Test
    void refusesTheRepliesToACallerThatMayNoLongerCall() {
        server.policy().callsIf((from, to) -> from.equals(ALICE));
        alice.says(to(BOB, "offer", "s"));
        server.policy().callsIf((from, to) -> false);
        server.advance(Duration.ofSeconds(61), alice, bob);
        alice.says(to(BOB, "candidate", "s"));
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));

        bob.hears();
        bob.says(to(ALICE, "candidate", "s"));
        assertThat(bob.hears()).containsExactly(notOnline("https://alice.example/#me"));
    }

    @Test
    void remembersAVerdictForAMinute() {
        alice.says(to(BOB, "offer", "1"));
        server.policy().callsIf((from, to) -> false);
        server.advance(Duration.ofMillis(59_999), alice, bob);
        alice.says(to(BOB, "candidate", "2"));
        assertThat(bob.hears()).containsExactly(from(ALICE, "offer", "1"), from(ALICE, "candidate", "2"));
        assertThat(server.policy().callQuestions()).isEqualTo(1);

        server.advance(Duration.ofMillis(1), alice, bob);
        alice.says(to(BOB, "candidate", "3"));
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));
        assertThat(bob.hears()).isEmpty();
        assertThat(server.policy().callQuestions()).isEqualTo(2);
    }

    @Test
    void remembersADenialForAMinuteToo() {
        server.policy().callsIf((from, to) -> false);
        alice.says(to(BOB, "offer", "1"));
        server.policy().callsIf((from, to) -> true);
        server.advance(Duration.ofMillis(59_999), alice, bob);
        alice.says(to(BOB, "offer", "2"));
        assertThat(bob.hears()).isEmpty();

        server.advance(Duration.ofMillis(1), alice, bob);
        alice.says(to(BOB, "offer", "3"));
        assertThat(bob.hears()).containsExactly(from(ALICE, "offer", "3"));
    }

    @Test
    void asksAnewForANewConnection() {
        alice.says(to(BOB, "offer", "1"));
        Agent again = server.connect("alice");
        again.says(to(BOB, "offer", "2"));
        assertThat(server.policy().callQuestions()).isEqualTo(2);
    }

    @Test
    void keepsTheOrderWhileThePolicyDecides() {
        server.policy().hold();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            alice.says(to(BOB, i == 0 ? "offer" : "candidate", "" + i));
            expected.add(from(ALICE, i == 0 ? "offer" : "candidate", "" + i));
        }
        assertThat(bob.hears()).isEmpty();
        assertThat(server.policy().waiting()).isEqualTo(1);

        server.policy().release();
        assertThat(bob.hears()).isEqualTo(expected);
    }

    @Test
    void keepsTheOrderOfAnOfferAndTheRepliesBehindIt() {
        bob.says(to(ALICE, "offer", "1")); // now alice may reply
        server.policy().hold();
        alice.says(to(BOB, "offer", "2")); // and calls at the same time
        alice.says(to(BOB, "candidate", "3"));
        alice.says(to(BOB, "answer", "4"));
        server.policy().release();
        assertThat(bob.hears())
                .containsExactly(from(ALICE, "offer", "2"), from(ALICE, "candidate", "3"), from(ALICE, "answer", "4"));
    }

    @Test
    void letsRepliesPassBehindAnOfferThatIsDenied() {
        server.policy().callsIf((from, to) -> from.equals(BOB));
        bob.says(to(ALICE, "offer", "1"));
        server.policy().hold();
        alice.says(to(BOB, "offer", "2"));
        alice.says(to(BOB, "answer", "3"));
        server.policy().release();
        assertThat(bob.hears()).containsExactly(from(ALICE, "answer", "3"));
        assertThat(alice.hears()).containsExactly(from(BOB, "offer", "1"), notOnline("https://bob.example/#me"));
    }

    @Test
    void answersForAnAbsentAgentNoSoonerThanForAnInvisibleOne() {
        server.policy().seesIf((viewer, other) -> false);
        server.policy().hold();
        alice.says(to(BOB, "offer", "1"));
        alice.says(to(SignalingServer.webId("dave"), "offer", "1"));
        assertThat(alice.hears()).isEmpty();
        assertThat(server.policy().waiting()).isEqualTo(2); // one question about either
        server.policy().answer(1);
        assertThat(alice.hears()).containsExactly(notOnline("https://dave.example/#me"));
        server.policy().answer(0);
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));
    }

    @Test
    void asksAsMuchAboutAnAbsentAgentAsAboutAForbiddenOne() {
        server.policy().callsIf((from, to) -> false);
        server.policy().hold();
        alice.says(to(BOB, "offer", "1"));
        alice.says(to(SignalingServer.webId("dave"), "offer", "1"));
        server.policy().answer(0);
        server.policy().answer(0);
        assertThat(server.policy().waiting()).isEqualTo(2); // whether each may be called
        assertThat(alice.hears()).isEmpty();
        server.policy().release();
        assertThat(alice.hears())
                .containsExactly(notOnline("https://bob.example/#me"), notOnline("https://dave.example/#me"));
    }

    @Test
    void letsNobodyReplyToACallThatNeverReachedIt() {
        WebId dave = SignalingServer.webId("dave");
        server.policy().callsIf((from, to) -> from.equals(ALICE));
        alice.says(to(dave, "offer", "1"));
        alice.hears();
        Agent late = server.connect("dave");
        alice.hears();
        late.says(to(ALICE, "answer", "s"));
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void doesNotLetOneTargetWaitForAnother() {
        Agent carol = server.connect("carol");
        carol.hears();
        bob.hears();
        server.policy().hold();
        alice.says(to(BOB, "offer", "1"));
        alice.says(to(SignalingServer.webId("carol"), "offer", "2"));
        server.policy().answer(1);
        server.policy().answer(1);
        assertThat(carol.hears()).containsExactly(from(ALICE, "offer", "2"));
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void deniesWhenThePolicyIsTooSlow() {
        server.policy().hold();
        alice.says(to(BOB, "offer", "1"));
        server.advance(Duration.ofSeconds(10), alice, bob);
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));
        server.policy().release();
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void saysThatWhoLeavesWhileThePolicyDecidesIsNotOnline() {
        server.policy().hold();
        alice.says(to(BOB, "offer", "1"));
        bob.connection().cut();
        server.policy().release();
        assertThat(alice.hears()).contains(notOnline("https://bob.example/#me"));
    }

    @Test
    void dropsWhatWaitsWhenItsSenderLeaves() {
        server.policy().hold();
        alice.says(to(BOB, "offer", "1"));
        alice.connection().cut();
        server.policy().release();
        assertThat(bob.hears()).containsExactly(json("{'type':'peer-left','webId':'https://alice.example/#me'}"));
    }

    @Test
    void holdsABoundedNumberOfBytes() {
        server.policy().hold();
        String sdp = "s".repeat(60_000);
        long relayed = from(ALICE, "offer", sdp).length();
        long fitting = Limits.defaults().maxSendQueueBytes() / relayed;
        for (int i = 0; i < fitting; i++) {
            alice.says(to(BOB, "offer", sdp));
        }
        assertThat(alice.hears()).isEmpty();
        alice.says(to(BOB, "offer", sdp));
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));

        server.policy().release();
        assertThat(bob.hears()).hasSize((int) fitting);
    }
}
