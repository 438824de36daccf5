package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.policy.AccessDecision;
import org.podbridge.testkit.InMemoryExchange;

/** To whom a name belongs: takeover, leases, and shared names. */
class OwnershipTest {

    private static final Duration LEASE = Duration.ofMinutes(2);

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @Test
    void refusesANameThatAnotherAgentServes() {
        TunnelClient alice = relay.serve("app");
        TunnelClient bob = relay.connect("bob");
        bob.register("app");
        bob.refused("Tunnel name taken by another user");
        bob.isOpen();
        alice.isOpen();
        relay.get("/tunnel/app/");
        alice.asked();
        bob.heardNothing();
    }

    @Test
    void letsTheSameAgentTakeOverFromItsOldConnection() {
        TunnelClient old = relay.serve("app");
        InMemoryExchange waiting = relay.get("/tunnel/app/1");
        old.asked();

        TunnelClient young = relay.serve("app");

        old.isClosedWith(4409);
        assertThat(waiting.status()).isEqualTo(502);
        assertThat(waiting.responseText()).contains("Tunnel disconnected");
        InMemoryExchange next = relay.get("/tunnel/app/2");
        young.answer(young.asked(), 200, "new");
        assertThat(next.responseText()).isEqualTo("new");
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
        assertThat(relay.diagnostics().connections()).isEqualTo(1);
    }

    @Test
    void endsExchangesOfATakenOverConnectionThoughItsPeerDoesNotAnswerTheClose() {
        TunnelClient old = relay.serve("app");
        old.connection().ignoreClose();
        InMemoryExchange waiting = relay.get("/tunnel/app/1");
        relay.serve("app");
        assertThat(old.connection().isClosed()).isFalse();
        assertThat(waiting.status()).isEqualTo(502);
    }

    @Test
    void keepsTheOtherNamesOfATakenOverConnectionForTheirAgent() {
        TunnelClient old = relay.serve("app");
        old.register("second");
        old.heard();
        old.connection().ignoreClose();
        TunnelClient young = relay.serve("app");

        InMemoryExchange visit = relay.get("/tunnel/second/");
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("120");
        young.register("second");
        assertThat(young.heard()).contains("registered");
        relay.get("/tunnel/second/");
        young.asked();
    }

    @Test
    void doesNotLetAConnectionThatWasReplacedTakeItsNameBackBeforeItHasClosed() {
        TunnelClient old = relay.serve("app");
        old.connection().ignoreClose();
        TunnelClient young = relay.serve("app");

        old.register("app"); // was on its way when the connection was closed

        young.isOpen();
        relay.get("/tunnel/app/");
        young.asked();
    }

    @Test
    void doesNotLetAClosedConnectionTakeANameOverWhenThePolicyAnswersLate() {
        Queue<CompletableFuture<AccessDecision>> answers = new ArrayDeque<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                CompletableFuture<AccessDecision> answer = new CompletableFuture<>();
                answers.add(answer);
                return answer;
            }
        }));
        TunnelClient dead = relay.connect("alice");
        dead.register("app");
        dead.register("app"); // waits behind the first
        dead.connection().cut();
        TunnelClient alive = relay.connect("alice");
        alive.register("app");
        CompletableFuture<AccessDecision> forTheDead = answers.remove();
        answers.remove().complete(new AccessDecision.Allow());
        assertThat(alive.heard()).contains("registered");

        forTheDead.complete(new AccessDecision.Allow());

        alive.isOpen();
        relay.get("/tunnel/app/");
        alive.asked();
        assertThat(answers).as("questions on behalf of who has left").isEmpty();
    }

    @Test
    void doesNotLetAConnectionThatIsClosedForFloodingTakeANameOverNorSendsItAnything() {
        List<CompletableFuture<AccessDecision>> answers = new ArrayList<>();
        relay.limits(limits -> limits.maxSendQueueBytes(1_000))
                .with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
                    @Override
                    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                        CompletableFuture<AccessDecision> answer = new CompletableFuture<>();
                        answers.add(answer);
                        return answer;
                    }
                }));
        TunnelClient flooding = relay.connect("alice");
        flooding.register("other");
        answers.get(0).complete(new AccessDecision.Allow());
        flooding.register("app");
        flooding.connection().ignoreClose();
        flooding.connection().holdSends();
        for (int i = 0; i < 100; i++) {
            flooding.say("nonsense");
        }
        flooding.isClosedWith(1013);
        TunnelClient young = relay.connect("alice");
        young.register("app");
        answers.get(2).complete(new AccessDecision.Allow());
        assertThat(young.heard()).contains("registered");
        answers.get(1).complete(new AccessDecision.Allow());
        young.isOpen();

        InMemoryExchange visit = relay.get("/tunnel/other/");
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseText()).contains("Tunnel disconnected");
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    @Test
    void keepsTheNameOfAClosedConnectionForItsAgent() {
        TunnelClient old = relay.serve("app");
        old.connection().cut();
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
        TunnelClient bob = relay.connect("bob");
        bob.register("app");
        bob.refused("Tunnel name taken by another user");

        InMemoryExchange meanwhile = relay.get("/tunnel/app/");
        assertThat(meanwhile.status()).isEqualTo(502);
        assertThat(meanwhile.responseText()).contains("Tunnel not connected");
        assertThat(meanwhile.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("120");

        TunnelClient again = relay.serve("app");
        for (int i = 0; i < 10; i++) {
            relay.advance(LEASE.dividedBy(5));
            again.connection().receivePong();
        }
        TunnelClient carol = relay.connect("carol");
        carol.register("app");
        carol.refused("Tunnel name taken by another user");
        relay.get("/tunnel/app/");
        again.asked();
    }

    @Test
    void freesTheNameWhenTheLeaseIsOver() {
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        relay.serve("app").connection().cut();
        relay.advance(LEASE.minusNanos(1));
        TunnelClient bob = relay.connect("bob");
        bob.register("app");
        bob.refused("Tunnel name taken by another user");
        relay.advance(Duration.ofNanos(1));
        assertThat(relay.diagnostics().tunnelNames()).isZero();
        bob.register("app");
        assertThat(bob.heard()).contains("registered");
    }

    @Test
    void freesAllNamesOfAConnectionThatIsClosed() {
        TunnelClient client = relay.serve("one");
        for (String name : List.of("two", "three")) {
            client.register(name);
            assertThat(client.heard()).contains("registered");
        }
        client.connection().cut();
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(3);
        relay.serve("two").unregister("two");
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(2);
        relay.advance(LEASE);
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void startsEveryLeaseAnew() {
        relay.serve("app").connection().cut();
        relay.advance(LEASE.minusSeconds(1));
        relay.serve("app").connection().cut();
        relay.advance(LEASE.minusSeconds(1));
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
        relay.advanceSeconds(1);
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void freesTheNameAtOnceWithoutLeases() {
        relay.limits(limits -> limits.nameLease(Duration.ZERO));
        relay.serve("app").connection().cut();
        assertThat(relay.diagnostics().tunnelNames()).isZero();
        InMemoryExchange visit = relay.get("/tunnel/app/");
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseHead().orElseThrow().fields().contains("retry-after"))
                .isFalse();
    }

    @Test
    void saysThatTheNameIsKeptWhenTheClientWasLostWhileTheBodyCame() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.visit(InMemoryExchange.withBody(
                        TunnelRelay.head("POST", "/tunnel/app/").build())
                .feed("a"));
        client.connection().cut();
        visit.endBody();
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("120");
    }

    @Test
    void sendsTheRequestToWhoServesTheNameWhenItsBodyIsThere() {
        TunnelClient old = relay.serve("app");
        InMemoryExchange visit = relay.visit(InMemoryExchange.withBody(
                        TunnelRelay.head("POST", "/tunnel/app/").build())
                .feed("a"));
        TunnelClient young = relay.serve("app");
        visit.endBody();
        old.heardNothing();
        young.answer(young.asked(), 200, "ok");
        assertThat(visit.status()).isEqualTo(200);
    }

    @Test
    void doesNotSendARequestToAnotherAgentThanItWasMeantFor() {
        relay.limits(limits -> limits.nameLease(Duration.ZERO).nameQuarantine(Duration.ZERO));
        TunnelClient alice = relay.serve("app");
        InMemoryExchange visit = relay.visit(InMemoryExchange.withBody(
                        TunnelRelay.head("POST", "/tunnel/app/").build())
                .feed("for alice"));
        alice.connection().cut();
        TunnelClient bob = relay.connect("bob");
        bob.register("app");
        bob.heard();
        visit.endBody();
        bob.heardNothing();
        assertThat(visit.status()).isEqualTo(502);
    }

    @Test
    void doesNotSendARequestUnderAnAccessRuleThatNoLongerHolds() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.visit(InMemoryExchange.withBody(
                        TunnelRelay.head("POST", "/tunnel/app/").build())
                .feed("a"));
        client.register("app", "\"access\":\"owner\"");
        client.heard();
        visit.endBody();
        client.heardNothing();
        assertThat(visit.status()).isEqualTo(503);
    }

    @Test
    void sharesTheLoadByLeastRequestsInFlight() {
        TunnelClient one = relay.serve("app", "\"share\":true");
        TunnelClient two = relay.serve("app", "\"share\":true");
        one.isOpen();
        InMemoryExchange first = relay.get("/tunnel/app/1");
        relay.get("/tunnel/app/2");
        var toOne = one.asked();
        assertThat(toOne.path()).isEqualTo("/1");
        assertThat(two.asked().path()).isEqualTo("/2");
        relay.get("/tunnel/app/3");
        assertThat(one.asked().path()).isEqualTo("/3");
        one.answer(toOne, 200, "");
        assertThat(first.isComplete()).isTrue();
        relay.get("/tunnel/app/4");
        relay.get("/tunnel/app/5");
        assertThat(one.connection().messages()).hasSize(1);
        assertThat(two.connection().messages()).hasSize(1);
    }

    @Test
    void goesOnWithTheConnectionsThatAreLeftWhenOneThatSharesIsGone() {
        TunnelClient one = relay.serve("app", "\"share\":true");
        TunnelClient two = relay.serve("app", "\"share\":true");
        InMemoryExchange lost = relay.get("/tunnel/app/1");
        one.connection().cut();
        assertThat(lost.status()).isEqualTo(502);
        for (int i = 0; i < 10; i++) {
            relay.advance(LEASE.dividedBy(5));
            two.connection().receivePong();
        }
        relay.get("/tunnel/app/2");
        two.asked();
        two.unregister("app");
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void unregistersOnlyItselfFromASharedName() {
        TunnelClient one = relay.serve("app", "\"share\":true");
        TunnelClient two = relay.serve("app", "\"share\":true");
        one.unregister("app");
        relay.get("/tunnel/app/1");
        relay.get("/tunnel/app/2");
        assertThat(two.connection().messages()).hasSize(2);
        one.heardNothing();
        one.isOpen();
    }

    @Test
    void takesOverUnlessBothSidesShare() {
        TunnelClient sharing = relay.serve("app", "\"share\":true");
        TunnelClient alone = relay.serve("app");
        sharing.isClosedWith(4409);
        TunnelClient sharingAgain = relay.serve("app", "\"share\":true");
        alone.isClosedWith(4409);
        sharingAgain.isOpen();
    }

    @Test
    void replacesAllThatShareWhenOneOfThemWantsTheNameForItself() {
        TunnelClient one = relay.serve("app", "\"share\":true");
        TunnelClient two = relay.serve("app", "\"share\":true");
        two.register("app");
        assertThat(two.heard()).contains("registered");
        one.isClosedWith(4409);
        two.isOpen();
    }
}
