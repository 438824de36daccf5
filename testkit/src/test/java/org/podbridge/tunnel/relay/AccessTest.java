package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.TunnelInfo;
import org.podbridge.testkit.InMemoryExchange;

/** Who may visit a tunnel. */
class AccessTest {

    private static final String ALICE = "Bearer alice";
    private static final String BOB = "Bearer bob";
    private static final String CAROL = "Bearer carol";

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private int statusFor(String... fields) {
        InMemoryExchange visit = relay.get("/tunnel/app/", fields);
        return visit.responseHead().map(head -> head.status()).orElse(0);
    }

    private int statusAs(String authorization) {
        return statusFor("authorization", authorization);
    }

    @Test
    void letsEverybodyVisitAPublicTunnelWithoutAskingWhoTheyAre() {
        relay.serve("app", "\"access\":\"public\"");
        assertThat(statusFor()).isZero();
        assertThat(statusAs("Bearer nobody")).isZero();
        assertThat(statusAs("nonsense")).isZero();
    }

    @Test
    void letsOnlyTheOwnerVisitATunnelOfItsOwn() {
        TunnelClient client = relay.serve("app", "\"access\":\"owner\"");
        assertThat(statusFor()).isEqualTo(401);
        assertThat(statusAs(BOB)).isEqualTo(403);
        assertThat(statusAs("Bearer nobody")).isEqualTo(401);
        assertThat(statusAs("nonsense")).isEqualTo(400);
        client.heardNothing();
        assertThat(statusAs(ALICE)).isZero();
        client.asked();
    }

    @Test
    void letsTheNamedAgentsAndTheOwnerVisit() {
        TunnelClient client =
                relay.serve("app", "\"access\":{\"webIds\":[\"" + TunnelRelay.BOB + "\",\"not a WebID\"]}");
        assertThat(statusFor()).isEqualTo(401);
        assertThat(statusAs(CAROL)).isEqualTo(403);
        client.heardNothing();
        assertThat(statusAs(BOB)).isZero();
        assertThat(statusAs(ALICE)).isZero();
        assertThat(client.connection().messages()).hasSize(2);
    }

    @Test
    void letsOnlyTheOwnerVisitWhenNobodyIsNamed() {
        relay.serve("app", "\"access\":{\"webIds\":[]}");
        assertThat(statusAs(BOB)).isEqualTo(403);
        assertThat(statusAs(ALICE)).isZero();
    }

    @Test
    void offersAChallengeToWhoIsUnknown() {
        relay.serve("app", "\"access\":\"owner\"");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        assertThat(visit.responseHead().orElseThrow().fields().first("www-authenticate"))
                .contains("Bearer realm=\"pod.example\"");
    }

    @Test
    void takesNoTokenFromTheQueryWhichIsTheServices() {
        TunnelClient client = relay.serve("app", "\"access\":\"owner\"");
        assertThat(relay.get("/tunnel/app/?token=alice").status()).isEqualTo(401);
        client.heardNothing();
    }

    @Test
    void answers503WhenNobodyCanSayWhoTheVisitorIs() {
        AuthProvider fails = request -> request.purpose() == AuthRequest.Purpose.VISIT
                ? CompletableFuture.failedStage(new IllegalStateException("broken"))
                : CompletableFuture.completedStage(
                        new AuthResult.Authenticated(Identity.of(TunnelRelay.ALICE, "test")));
        relay.with(podbridge -> podbridge.authProvider(fails));
        relay.serve("app", "\"access\":\"owner\"");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        assertThat(visit.status()).isEqualTo(503);
        assertThat(visit.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("5");
    }

    @Test
    void appliesAChangedRuleToTheNextRequest() {
        TunnelClient client = relay.serve("app");
        client.register("app", "\"access\":\"owner\"");
        client.heard();
        assertThat(statusFor()).isEqualTo(401);
        client.register("app");
        client.heard();
        assertThat(statusFor()).isZero();
    }

    @Test
    void keepsTheRuleOfATunnelWhoseClientIsGoneFromTellingAnything() {
        relay.serve("app", "\"access\":\"owner\"").connection().cut();
        assertThat(statusFor()).isEqualTo(502);
    }

    @Test
    void asksThePolicyAfterTheTunnelsOwnRule() {
        List<String> asked = new ArrayList<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayVisit(
                    Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
                asked.add(visitor.map(Identity::webId) + " " + tunnel.name() + " of " + tunnel.owner() + " "
                        + request.target());
                return CompletableFuture.completedStage(
                        request.target().endsWith("/secret")
                                ? new AccessDecision.Deny("not this")
                                : new AccessDecision.Allow());
            }
        }));
        TunnelClient client = relay.serve("app");
        assertThat(relay.get("/tunnel/app/secret").status()).isEqualTo(403);
        client.heardNothing();
        relay.get("/tunnel/app/open");
        client.asked();
        relay.serve("mine", "\"access\":\"owner\"");
        relay.get("/tunnel/mine/", "authorization", BOB);
        relay.get("/tunnel/mine/", "authorization", ALICE);
        assertThat(asked)
                .containsExactly(
                        "Optional.empty app of " + TunnelRelay.ALICE + " /tunnel/app/secret",
                        "Optional.empty app of " + TunnelRelay.ALICE + " /tunnel/app/open",
                        "Optional[" + TunnelRelay.ALICE + "] mine of " + TunnelRelay.ALICE + " /tunnel/mine/");
    }

    @Test
    void answers403WhenThePolicyFailsOrTakesTooLong() {
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayVisit(
                    Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
                return switch (request.target()) {
                    case "/tunnel/app/throws" -> throw new IllegalStateException("broken");
                    case "/tunnel/app/fails" -> CompletableFuture.failedStage(new IllegalStateException("broken"));
                    case "/tunnel/app/null" -> CompletableFuture.completedStage(null);
                    default -> new CompletableFuture<>();
                };
            }
        }));
        TunnelClient client = relay.serve("app");
        for (String how : List.of("throws", "fails", "null")) {
            assertThat(relay.get("/tunnel/app/" + how).status()).isEqualTo(403);
        }
        InMemoryExchange hangs = relay.get("/tunnel/app/hangs");
        assertThat(hangs.responseHead()).isEmpty();
        relay.advanceSeconds(10);
        assertThat(hangs.status()).isEqualTo(403);
        client.heardNothing();
    }

    @Test
    void forgetsAVisitorWhoLeavesWhileThePolicyThinks() {
        CompletableFuture<AccessDecision> answer = new CompletableFuture<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayVisit(
                    Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
                return answer;
            }
        }));
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        visit.leave();
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        answer.complete(new AccessDecision.Allow());
        client.heardNothing();
    }
}
