package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.identity.TunnelName;
import org.podbridge.testkit.InMemoryExchange;

/** Whom a name is kept from that its owner has no more. */
class NameQuarantineTest {

    private static final Duration LEASE = Duration.ofMinutes(2);
    private static final Duration QUARANTINE = Duration.ofDays(30);

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private void withHosts(boolean hosts) {
        if (hosts) {
            relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        }
    }

    private static void refused(TunnelClient client, String name) {
        client.register(name);
        assertThat(client.heard())
                .isEqualTo("{\"type\":\"error\",\"message\":\"Tunnel name taken by another user\","
                        + "\"code\":\"name_reserved\"}");
    }

    private static void given(TunnelClient client, String name) {
        client.register(name);
        assertThat(client.heard()).startsWith("{\"type\":\"registered\",\"name\":\"" + name + "\"");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void keepsANameFromOthersThatWasGivenUp(boolean hosts) {
        withHosts(hosts);
        TunnelClient alice = relay.serve("app");
        alice.unregister("app");
        assertThat(relay.diagnostics().tunnelNames()).isZero();
        refused(relay.connect("bob"), "app");
        relay.advance(QUARANTINE.minusNanos(1));
        refused(relay.connect("bob"), "app");
        relay.advance(Duration.ofNanos(1));
        given(relay.connect("bob"), "app");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void keepsANameFromOthersWhoseLeaseIsOver(boolean hosts) {
        withHosts(hosts);
        relay.serve("app").connection().cut();
        relay.advance(LEASE);
        assertThat(relay.diagnostics().tunnelNames()).isZero();
        refused(relay.connect("bob"), "app");
        relay.advance(QUARANTINE.minusNanos(1));
        refused(relay.connect("bob"), "app");
        relay.advance(Duration.ofNanos(1));
        given(relay.connect("bob"), "app");
    }

    @Test
    void keepsANameFromOthersWhereThereAreNoLeases() {
        relay.limits(limits -> limits.nameLease(Duration.ZERO));
        relay.serve("app").connection().cut();
        refused(relay.connect("bob"), "app");
    }

    @Test
    void givesTheNameBackToItsFormerOwnerAtAnyTime() {
        relay.serve("app").unregister("app");
        TunnelClient again = relay.serve("app");
        again.unregister("app");
        relay.advance(QUARANTINE.minusSeconds(1));
        relay.serve("app").unregister("app"); // on another connection, since silence ended that one
        relay.advance(QUARANTINE.minusSeconds(1));
        refused(relay.connect("bob"), "app");
        relay.advanceSeconds(1);
        given(relay.connect("bob"), "app");
    }

    @Test
    void doesNotShowVisitorsThatTheNameWasSomebodys() {
        relay.serve("app").unregister("app");
        InMemoryExchange former = relay.get("/tunnel/app/");
        InMemoryExchange never = relay.get("/tunnel/other/");
        assertThat(former.status()).isEqualTo(never.status());
        assertThat(former.responseHead().orElseThrow().fields())
                .hasToString(never.responseHead().orElseThrow().fields().toString());
        assertThat(former.responseText()).isEqualTo(never.responseText());
    }

    @Test
    void keepsThoseThatLookLikeTheNameFromOthersAsLong() {
        withHosts(true);
        TunnelClient alice = relay.serve("memo");
        alice.unregister("memo");
        TunnelClient bob = relay.connect("bob");
        bob.register("rnemo");
        assertThat(bob.heard()).contains("\"code\":\"name_confusable\"");
        given(alice, "rnemo");
        alice.unregister("rnemo");
        relay.advance(QUARANTINE);
        given(relay.connect("bob"), "rnemo");
        TunnelClient back = relay.connect("alice");
        back.register("memo");
        assertThat(back.heard()).contains("\"code\":\"name_confusable\"");
    }

    @Test
    void doesNotCountAmongTheNamesOfAnAgent() {
        relay.limits(limits -> limits.maxNamesPerWebId(2).maxNames(2));
        TunnelClient alice = relay.serve("one");
        for (String name : List.of("two", "three", "four")) {
            given(alice, name);
            alice.unregister(name);
        }
        given(alice, "five");
        given(alice, "five"); // once more
        alice.register("six");
        alice.refused("Too many tunnels");
    }

    @Test
    void keepsAsManyNamesOfAnAgentAsItMayHave() {
        relay.limits(limits -> limits.maxNamesPerWebId(2));
        TunnelClient alice = relay.connect("alice");
        for (String name : List.of("one", "two", "three")) {
            given(alice, name);
            alice.unregister(name);
        }
        TunnelClient bob = relay.connect("bob");
        refused(bob, "two");
        refused(bob, "three");
        given(bob, "one");
    }

    @Test
    void isCounted() {
        TunnelClient alice = relay.serve("app");
        assertThat(relay.diagnostics().quarantinedNames()).isZero();
        alice.unregister("app");
        assertThat(relay.diagnostics().quarantinedNames()).isEqualTo(1);
        relay.advance(QUARANTINE);
        assertThat(relay.diagnostics().quarantinedNames()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isOverWhenTheHostFreesTheName(boolean hosts) {
        withHosts(hosts);
        relay.serve("app").unregister("app");
        assertThat(relay.podbridge().freeTunnelName(TunnelName.of("app"))).isTrue();
        assertThat(relay.podbridge().freeTunnelName(TunnelName.of("app"))).isFalse();
        given(relay.connect("bob"), "app");
    }

    @Test
    void isOverForThoseThatLookLikeANameThatTheHostFrees() {
        withHosts(true);
        relay.serve("memo").unregister("memo");
        relay.podbridge().freeTunnelName(TunnelName.of("memo"));
        given(relay.connect("bob"), "rnemo");
    }

    @Test
    void endsWithTheLeaseWhenTheHostFreesTheName() {
        relay.serve("app").connection().cut();
        assertThat(relay.podbridge().freeTunnelName(TunnelName.of("app"))).isTrue();
        assertThat(relay.diagnostics().tunnelNames()).isZero();
        TunnelClient bob = relay.connect("bob");
        given(bob, "app");
        relay.advanceSeconds(30); // the end of the lease must not take it from its new owner
        bob.connection().cut();
        relay.advance(LEASE.minusSeconds(1));
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
    }

    @Test
    void leavesANameAloneThatSomebodyServes() {
        TunnelClient alice = relay.serve("app");
        assertThat(relay.podbridge().freeTunnelName(TunnelName.of("app"))).isFalse();
        assertThat(relay.podbridge().freeTunnelName(TunnelName.of("never"))).isFalse();
        relay.connect("bob").register("app");
        given(alice, "app");
    }

    @Test
    void freesALeasedNameWhereThereIsNoQuarantine() {
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        relay.serve("app").connection().cut();
        assertThat(relay.podbridge().freeTunnelName(TunnelName.of("app"))).isTrue();
        given(relay.connect("bob"), "app");
    }

    @Test
    void isOverAtOnceIfTheHostSaysSo() {
        withHosts(true);
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        relay.serve("app").unregister("app");
        given(relay.connect("bob"), "app");
    }
}
