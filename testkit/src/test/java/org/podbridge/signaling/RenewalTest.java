package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;
import static org.podbridge.fixture.Agent.notOnline;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

/** How an agent stays connected beyond the end of its identity. */
class RenewalTest {

    private static final Duration LIFE = Duration.ofMinutes(10);
    private static final String PAGE = "https://app.example";
    private static final String NO_TICKET = "The ticket is unknown, expired, used or for something else";

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private Agent alice;

    @BeforeEach
    void connectForTenMinutes() {
        expireIn(LIFE);
        alice = server.connect("alice");
        alice.hears();
    }

    private Instant expireIn(Duration life) {
        Instant end = server.scheduler().now().plus(life);
        server.expire("alice", end);
        return end;
    }

    private static void renew(Agent agent, String ticket) {
        agent.says("{'type':'auth','token':'" + ticket + "'}");
    }

    private static String authenticated(Instant end) {
        return json("{'type':'authenticated','expiresAt':" + end.getEpochSecond() + "}");
    }

    private void isClosed(Agent agent, String reason) {
        assertThat(agent.hears()).containsExactly(error(reason));
        assertThat(agent.connection().closeStatus()).contains(new CloseStatus(1008, reason));
        assertThat(server.podbridge().diagnostics().agentsOnline()).isZero();
    }

    private void livesOnlyAsLongAsBefore() {
        server.advance(LIFE.plusMillis(29_999), alice);
        assertThat(alice.connection().closeStatus()).isEmpty();
        server.scheduler().advance(Duration.ofMillis(1));
        assertThat(alice.connection().closeStatus()).contains(new CloseStatus(1008, "Authentication expired"));
    }

    @Test
    void putsTheEndOff() {
        server.advance(Duration.ofMinutes(9), alice);
        Instant end = expireIn(LIFE);
        renew(alice, server.mint("alice"));
        assertThat(alice.hears()).containsExactly(authenticated(end));
        server.advance(LIFE.plusMillis(29_999), alice);
        assertThat(alice.connection().closeStatus()).isEmpty();
        server.scheduler().advance(Duration.ofMillis(1));
        isClosed(alice, "Authentication expired");
    }

    @Test
    void worksAgainAndAgain() {
        for (int i = 0; i < 20; i++) {
            server.advance(Duration.ofMinutes(9), alice);
            Instant end = expireIn(LIFE);
            renew(alice, server.mint("alice"));
            assertThat(alice.hears()).containsExactly(authenticated(end));
        }
        assertThat(alice.connection().closeStatus()).isEmpty();
    }

    @Test
    void worksInTheHalfMinuteAfterTheEnd() {
        server.advance(LIFE.plusSeconds(29), alice);
        expireIn(LIFE);
        renew(alice, server.mint("alice"));
        server.advance(LIFE, alice);
        assertThat(alice.connection().closeStatus()).isEmpty();
    }

    @Test
    void canBringTheEndForward() {
        expireIn(Duration.ofMinutes(1));
        renew(alice, server.mint("alice"));
        alice.hears();
        server.advance(Duration.ofSeconds(90), alice);
        isClosed(alice, "Authentication expired");
    }

    @Test
    void takesTheEndAwayIfTheNewIdentityHasNone() {
        server.expire("alice", Instant.MAX);
        renew(alice, server.mint("alice"));
        assertThat(alice.hears()).singleElement().asString().startsWith("{\"type\":\"authenticated\"");
        server.advance(Duration.ofDays(1), alice);
        assertThat(alice.connection().closeStatus()).isEmpty();

        Agent bob = server.connect("bob"); // whose identity has no end at all
        bob.hears();
        renew(bob, server.mint("bob"));
        assertThat(bob.hears()).containsExactly(json("{'type':'authenticated'}"));
    }

    @Test
    void isNoticedByNobodyElse() {
        Agent bob = server.connect("bob");
        bob.hears();
        renew(alice, server.mint("alice"));
        assertThat(bob.hears()).isEmpty();
        alice.hears();
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).containsExactly(json("{'type':'offer','from':'https://alice.example/#me'}"));
    }

    @Test
    void isRefusedToAnotherAgentAndChangesNothing() {
        server.expire("mallory", server.scheduler().now().plus(Duration.ofDays(1)));
        String ticket = server.mint("mallory");
        renew(alice, ticket);
        assertThat(alice.hears()).containsExactly(error("The ticket is for another agent"));
        renew(alice, ticket); // used up
        assertThat(alice.hears()).containsExactly(error(NO_TICKET));
        livesOnlyAsLongAsBefore();
    }

    @Test
    void takesATicketOnce() {
        String ticket = server.mint("alice");
        renew(alice, ticket);
        assertThat(alice.hears()).hasSize(1);
        renew(alice, ticket);
        assertThat(alice.hears()).containsExactly(error(NO_TICKET));
    }

    @Test
    void takesNoTicketThatHasOpenedASocket() {
        String ticket = server.mint("alice");
        Agent again = server.open("alice", "/.webrtc?token=" + ticket);
        again.hears();
        renew(again, ticket);
        assertThat(again.hears()).containsExactly(error(NO_TICKET));
    }

    @Test
    void takesNoTicketThatIsTooOld() {
        String ticket = server.mint("alice");
        server.advance(Duration.ofSeconds(30), alice);
        renew(alice, ticket);
        assertThat(alice.hears()).containsExactly(error(NO_TICKET));
    }

    @Test
    void takesNoTicketOfTheOtherEndpoint() {
        String ticket = server.request("POST", "/.tunnel", "authorization", "Bearer token-of-alice")
                .responseText()
                .replaceAll(".*\"(tk_[^\"]*)\".*", "$1");
        renew(alice, ticket);
        assertThat(alice.hears()).containsExactly(error(NO_TICKET));
    }

    @Test
    void takesNoTicketOfAnotherPage() {
        Agent page = server.open("alice", "/.webrtc?token=" + server.mint("alice", "origin", PAGE), "origin", PAGE);
        page.hears();
        renew(page, server.mint("alice", "origin", "https://evil.example"));
        assertThat(page.hears()).containsExactly(error(NO_TICKET));
        renew(page, server.mint("alice", "origin", PAGE));
        assertThat(page.hears()).singleElement().asString().contains("authenticated");
    }

    @Test
    void takesNoIdentityThatHasEnded() {
        expireIn(Duration.ofSeconds(5));
        String ticket = server.mint("alice");
        server.advance(Duration.ofSeconds(5), alice);
        renew(alice, ticket);
        assertThat(alice.hears()).containsExactly(error("The access token has expired"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type':'auth'}",
                "{'type':'auth','token':null}",
                "{'type':'auth','token':['tk_x']}",
                "{'type':'auth','to':'https://bob.example/#me'}"
            })
    void wantsAToken(String message) {
        alice.says(message);
        assertThat(alice.hears()).containsExactly(error("Missing \"token\" field"));
    }

    @Test
    void takesTicketsOnly() {
        renew(alice, "token-of-alice");
        assertThat(alice.hears()).containsExactly(error("Only a ticket renews a connection"));
    }

    @Test
    void endsTheConnectionOfWhoMayNoLongerConnect() {
        String ticket = server.mint("alice");
        server.policy().connectsIf(who -> false);
        renew(alice, ticket);
        isClosed(alice, "Not allowed");
    }

    @Test
    void asksThePolicyAnewWhomTheAgentMayCall() {
        Agent bob = server.connect("bob");
        bob.hears();
        alice.hears();
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).hasSize(1);
        server.policy().callsIf((from, to) -> false);
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).hasSize(1); // the verdict holds for a minute
        renew(alice, server.mint("alice"));
        alice.hears();
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).isEmpty();
        assertThat(alice.hears()).containsExactly(notOnline("https://bob.example/#me"));
    }

    @Test
    void holdsNoVerdictThatWasAskedForBefore() {
        Agent bob = server.connect("bob");
        bob.hears();
        server.policy().hold();
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        renew(alice, server.mint("alice"));
        server.policy().release();
        assertThat(bob.hears()).hasSize(1);
        server.policy().callsIf((from, to) -> false);
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        assertThat(bob.hears()).isEmpty();
    }

    @Test
    void asksThePolicyAnewWhomTheAgentMaySee() {
        List<Agent> others = server.online("bob", "carol");
        alice.hears();
        server.policy().seesIf((viewer, other) -> !other.equals(SignalingServer.webId("bob")));
        renew(alice, server.mint("alice"));
        assertThat(alice.hears()).element(1).isEqualTo(json("{'type':'peer-left','webId':'https://bob.example/#me'}"));
        server.policy().seesIf((viewer, other) -> true);
        renew(alice, server.mint("alice"));
        assertThat(alice.hears())
                .element(1)
                .isEqualTo(json("{'type':'peer-joined','webId':'https://bob.example/#me'}"));
        others.get(0).connection().cut();
        assertThat(alice.hears()).containsExactly(json("{'type':'peer-left','webId':'https://bob.example/#me'}"));
    }

    @Test
    void tellsNobodyTwiceWhileThePolicyThinks() {
        server.policy().hold();
        renew(alice, server.mint("alice"));
        alice.hears();
        Agent bob = server.connect("bob");
        bob.connection().cut();
        Agent carol = server.connect("carol");
        server.policy().release();
        assertThat(alice.hears()).containsExactly(json("{'type':'peer-joined','webId':'https://carol.example/#me'}"));
        assertThat(carol.hears()).hasSize(1);
    }

    @Test
    void doesNothingOnceTheConnectionIsOver() {
        String ticket = server.mint("alice");
        alice.connection().ignoreClose();
        server.podbridge().revoke(identity -> true);
        alice.hears();
        renew(alice, ticket);
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void showsNobodyWhoLeavesWhileThePolicyThinks() {
        server.policy().seesIf((viewer, other) -> false);
        Agent bob = server.connect("bob");
        server.policy().seesIf((viewer, other) -> true);
        server.policy().hold();
        renew(alice, server.mint("alice"));
        bob.connection().cut();
        server.policy().release();
        assertThat(alice.hears()).singleElement().asString().contains("authenticated");
    }

    @Test
    void isOneAtATimeWhileThePolicyThinks() {
        List<String> tickets = List.of(server.mint("alice"), server.mint("alice"));
        server.policy().holdConnects();
        renew(alice, tickets.get(0));
        renew(alice, tickets.get(1));
        assertThat(alice.hears()).containsExactly(error("Another renewal is under way"));
        server.policy().release();
        assertThat(alice.hears()).singleElement().asString().contains("authenticated");
        renew(alice, tickets.get(1)); // which wasn't used up
        assertThat(alice.hears()).singleElement().asString().contains("authenticated");
    }

    @Test
    void comesTooLateIfTheConnectionIsRevokedWhileThePolicyThinks() {
        String ticket = server.mint("alice");
        server.policy().holdConnects();
        renew(alice, ticket);
        assertThat(server.podbridge().revoke(identity -> true)).isEqualTo(1);
        server.policy().release();
        isClosed(alice, "Authentication revoked");
    }

    @Test
    void isRefusedIfThePolicyTakesTooLong() {
        String ticket = server.mint("alice");
        server.policy().holdConnects();
        renew(alice, ticket);
        server.scheduler().advance(Duration.ofSeconds(10));
        isClosed(alice, "Not allowed");
    }
}
