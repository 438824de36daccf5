package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Credential;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.SocketExpiry;
import org.podbridge.testkit.InMemoryExchange;

/** How a tunnel lives longer than the identity by which it was opened. */
class RenewalTest {

    private static final Duration LIFE = Duration.ofMinutes(10);

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private final List<CompletableFuture<AccessDecision>> claims = new ArrayList<>();
    private boolean holdingClaims;
    private boolean claimsAllowed = true;
    private Duration life = LIFE;

    @BeforeEach
    void letIdentitiesEnd() {
        relay.with(podbridge -> podbridge
                .authProvider(request -> CompletableFuture.completedStage(request.credentials().stream()
                        .findFirst()
                        .<AuthResult>map(this::identify)
                        .orElseGet(AuthResult.NoCredentials::new)))
                .accessPolicy(new OpenPolicy() {
                    @Override
                    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                        CompletableFuture<AccessDecision> claim = new CompletableFuture<>();
                        claims.add(claim);
                        if (!holdingClaims) {
                            decide(claim);
                        }
                        return claim;
                    }
                }));
    }

    private void decide(CompletableFuture<AccessDecision> claim) {
        claim.complete(claimsAllowed ? new AccessDecision.Allow() : new AccessDecision.Deny("the test says no"));
    }

    private AuthResult identify(Credential credential) {
        WebId webId = credential.value().equals("bob") ? TunnelRelay.BOB : TunnelRelay.ALICE;
        return new AuthResult.Authenticated(
                Identity.builder(webId, "test").expiresAt(end()).build());
    }

    private Instant end() {
        return relay.time.now().plus(life);
    }

    private String mint(String agent, String path) {
        InMemoryExchange exchange =
                InMemoryExchange.of(TunnelRelay.head("POST", path, "authorization", "Bearer " + agent)
                        .build());
        relay.handle(exchange);
        assertThat(exchange.status()).isEqualTo(200);
        return exchange.responseText().replaceAll(".*\"(tk_[^\"]*)\".*", "$1");
    }

    private void renew(TunnelClient client, String ticket) {
        client.say("{\"type\":\"auth\",\"token\":\"" + ticket + "\"}");
    }

    private static String authenticated(Instant end) {
        return "{\"type\":\"authenticated\",\"expiresAt\":" + end.getEpochSecond() + "}";
    }

    private static String expiring(Instant end) {
        return "{\"type\":\"auth-expiring\",\"expiresAt\":" + end.getEpochSecond() + "}";
    }

    /** Lets time pass for clients that answer pings. */
    private void pass(Duration time, TunnelClient... clients) {
        for (Duration left = time; !left.isZero(); ) {
            Duration step = left.compareTo(Duration.ofSeconds(10)) > 0 ? Duration.ofSeconds(10) : left;
            relay.advance(step);
            left = left.minus(step);
            for (TunnelClient client : clients) {
                client.connection().receivePong();
            }
        }
    }

    private static void isClosed(TunnelClient client, String reason) {
        client.refused(reason);
        client.isClosedWith(1008);
        assertThat(client.connection().closeStatus())
                .hasValueSatisfying(status -> assertThat(status.reason()).isEqualTo(reason));
    }

    @Test
    void endsHalfAMinuteAfterItsIdentityIfNobodyRenewsIt() {
        TunnelClient client = relay.serve("blog");
        pass(LIFE.plusMillis(29_999), client);
        client.heardNothing(); // not even a notice, which it wouldn't understand
        client.isOpen();
        relay.advance(Duration.ofMillis(1));
        isClosed(client, "Authentication expired");
        assertThat(relay.get("/tunnel/blog/").status()).isEqualTo(502);
    }

    @Test
    void keepsItsNamesAndWhatIsUnderWayWhenItIsRenewed() {
        TunnelClient client = relay.serve("blog");
        InMemoryExchange visit = relay.get("/tunnel/blog/");
        var asked = client.asked();
        pass(Duration.ofSeconds(20), client);
        Instant end = end();
        renew(client, mint("alice", "/.tunnel"));
        assertThat(client.heard()).isEqualTo(authenticated(end));
        client.answer(asked, 200, "still here");
        assertThat(visit.responseText()).isEqualTo("still here");
        pass(LIFE, client);
        client.isOpen();
        relay.get("/tunnel/blog/");
        client.answer(client.asked(), 200, "and here");
    }

    @Test
    void livesOverManyLifetimes() {
        TunnelClient client = relay.serve("blog");
        for (int i = 0; i < 10; i++) {
            pass(Duration.ofMinutes(9), client);
            renew(client, mint("alice", "/.tunnel"));
            assertThat(client.heard()).isEqualTo(authenticated(end()));
        }
        client.isOpen();
    }

    @Test
    void tellsAClientThatNamedItsVersionAMinuteBefore() {
        TunnelClient client = relay.serve("blog", "\"protocol\":1");
        Instant end = end();
        pass(LIFE.minusMillis(60_001), client);
        client.heardNothing();
        relay.advance(Duration.ofMillis(1));
        assertThat(client.heard()).isEqualTo(expiring(end));
        Instant next = end();
        renew(client, mint("alice", "/.tunnel"));
        assertThat(client.heard()).isEqualTo(authenticated(next));
        pass(LIFE.minusSeconds(60), client);
        assertThat(client.heard()).isEqualTo(expiring(next));
        client.heardNothing();
    }

    @Test
    void tellsAtOnceIfLessThanAMinuteIsLeft() {
        life = Duration.ofSeconds(40);
        TunnelClient client = relay.connect("alice");
        Instant end = end();
        pass(Duration.ofSeconds(5), client);
        client.register("blog", "\"protocol\":2");
        client.register("shop", "\"protocol\":2");
        relay.advance(Duration.ZERO);
        assertThat(client.heard()).contains("registered");
        assertThat(client.heard()).contains("registered");
        assertThat(client.heard()).isEqualTo(expiring(end));
        client.heardNothing();
    }

    @Test
    void isRefusedForAnotherAgent() {
        TunnelClient client = relay.serve("blog");
        renew(client, mint("bob", "/.tunnel"));
        client.refused("The ticket is for another agent");
        client.isOpen();
    }

    @Test
    void isRefusedForATicketOfTheOtherEndpoint() {
        TunnelClient client = relay.serve("blog");
        renew(client, mint("alice", "/.webrtc"));
        client.refused("The ticket is unknown, expired, used or for something else");
    }

    @Test
    void wantsAToken() {
        TunnelClient client = relay.serve("blog");
        client.say("{\"type\":\"auth\"}");
        client.refused("Missing \"token\" field".replace("\"", "\\\""));
    }

    @Test
    void endsTheConnectionIfTheAgentMayNotHaveANameAnyMore() {
        TunnelClient client = relay.serve("blog");
        claimsAllowed = false;
        renew(client, mint("alice", "/.tunnel"));
        isClosed(client, "Tunnel name not allowed");
        assertThat(relay.get("/tunnel/blog/").status()).isEqualTo(502);
    }

    @Test
    void asksForEveryName() {
        TunnelClient client = relay.serve("blog");
        client.register("shop");
        assertThat(client.heard()).contains("shop");
        claims.clear();
        renew(client, mint("alice", "/.tunnel"));
        assertThat(client.heard()).contains("authenticated");
        assertThat(claims).hasSize(2);
    }

    @Test
    void waitsForWhatWasAskedBefore() {
        TunnelClient client = relay.serve("blog");
        holdingClaims = true;
        client.register("shop");
        renew(client, mint("alice", "/.tunnel"));
        client.heardNothing();
        holdingClaims = false;
        decide(claims.get(claims.size() - 1));
        assertThat(client.heard()).contains("shop");
        assertThat(client.heard()).contains("authenticated");
    }

    @Test
    void canBeReplacedByAnAgeThatTheHostChooses() {
        relay.with(podbridge -> podbridge.socketExpiry(SocketExpiry.maxAge(Duration.ofHours(2))));
        TunnelClient client = relay.serve("blog", "\"protocol\":1");
        Instant end = relay.time.now().plus(Duration.ofHours(2));
        pass(Duration.ofHours(2).minusSeconds(60), client);
        assertThat(client.heard()).isEqualTo(expiring(end));
        pass(Duration.ofMillis(89_999), client);
        client.isOpen();
        relay.advance(Duration.ofMillis(1));
        isClosed(client, "Authentication expired");
    }

    @Test
    void startsTheAgeAnew() {
        relay.with(podbridge -> podbridge.socketExpiry(SocketExpiry.maxAge(Duration.ofHours(2))));
        TunnelClient client = relay.serve("blog");
        pass(Duration.ofHours(1), client);
        renew(client, mint("alice", "/.tunnel"));
        assertThat(client.heard()).isEqualTo(authenticated(relay.time.now().plus(Duration.ofHours(2))));
        pass(Duration.ofHours(2), client);
        client.isOpen();
    }

    @Test
    void endsAtOnceWhenTheIdentityIsRevoked() {
        TunnelClient client = relay.serve("blog");
        InMemoryExchange visit = relay.get("/tunnel/blog/");
        client.asked();
        client.connection().ignoreClose();
        assertThat(relay.podbridge().revoke(identity -> identity.webId().equals(TunnelRelay.ALICE)))
                .isEqualTo(1);
        isClosed(client, "Authentication revoked");
        assertThat(visit.status()).isEqualTo(502);
        client.register("shop");
        client.heardNothing();
        assertThat(relay.get("/tunnel/shop/").status()).isIn(404, 502);
    }

    @Test
    void endsAtOnceIfItsIdentityWasRevokedWhileItWasOpened() {
        var decision = relay.decide("alice");
        relay.podbridge().revoke(identity -> true);
        TunnelClient client = relay.open(decision);
        isClosed(client, "Authentication revoked");
        client.register("blog");
        client.heardNothing();
    }
}
