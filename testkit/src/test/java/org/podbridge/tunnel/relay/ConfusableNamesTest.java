package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.policy.AccessDecision;

/** Names that look like those of others. */
class ConfusableNamesTest {

    private static final String CONFUSABLE =
            "{\"type\":\"error\",\"message\":\"Tunnel name looks like another one: choose a name that differs in more than"
                    + " case, hyphens and look-alikes such as l and 1 or m and rn\",\"code\":\"name_confusable\"}";

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private TunnelRelay withHosts() {
        return relay.with(podbridge -> podbridge.tunnelHost("tunnels.example").reservedNames(Set.of()));
    }

    private static void refused(TunnelClient client, String name, String... members) {
        client.register(name, members);
        assertThat(client.heard()).isEqualTo(CONFUSABLE);
    }

    private static void given(TunnelClient client, String name, String... members) {
        client.register(name, members);
        assertThat(client.heard()).startsWith("{\"type\":\"registered\",\"name\":\"" + name + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"protocol\":1", "\"protocol\":2"})
    void areRefusedToOthersWhereTunnelsHaveHosts(String version) {
        withHosts().serve("mail", version);
        TunnelClient bob = relay.connect("bob");
        for (String name : List.of("rnail", "ma1l", "mai1", "m-ail", "Mail", "rna-1l")) {
            refused(bob, name, version);
        }
        refused(bob, "rnail");
        bob.isOpen();
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
        given(bob, "mails", version);
    }

    @Test
    void areGivenToEverybodyWhereTunnelsHaveNone() {
        relay.serve("mail");
        given(relay.connect("bob"), "rnail");
    }

    @Test
    void areRefusedWhereTunnelsHaveNoHostsIfTheHostSaysSo() {
        relay.with(podbridge -> podbridge.confusableNames(false));
        relay.serve("mail");
        refused(relay.connect("bob"), "rnail");
    }

    @Test
    void areGivenWhereTunnelsHaveHostsIfTheHostSaysSo() {
        relay.with(podbridge -> podbridge.confusableNames(true).tunnelHost("tunnels.example"));
        relay.serve("email");
        given(relay.connect("bob"), "ernail");
    }

    @Test
    void areGivenToTheOwnerOnEveryConnection() {
        TunnelClient alice = withHosts().serve("mail");
        given(alice, "rnail");
        given(relay.connect("alice"), "ma1l");
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(3);
    }

    @Test
    void areKeptForTheOwnerAsLongAsTheName() {
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        TunnelClient alice = withHosts().serve("mail");
        alice.connection().cut();
        refused(relay.connect("bob"), "rnail");
        relay.advanceSeconds(119);
        refused(relay.connect("bob"), "rnail");
        relay.advanceSeconds(1);
        given(relay.connect("bob"), "rnail");
        refused(relay.connect("alice"), "mail");
    }

    @Test
    void areFreeOnceTheNameIs() {
        relay.limits(limits -> limits.nameQuarantine(Duration.ZERO));
        TunnelClient alice = withHosts().serve("mail");
        TunnelClient bob = relay.connect("bob");
        refused(bob, "rnail");
        alice.unregister("mail");
        given(bob, "rnail");
        refused(alice, "mail");
    }

    @Test
    void areRefusedToEverybodyIfTheyLookReserved() {
        withHosts().with(podbridge -> podbridge.reservedNames(Set.of("Admin")));
        TunnelClient alice = relay.connect("alice");
        refused(alice, "adrnin");
        refused(alice, "ad-min");
        alice.register("ADMIN");
        alice.refused("Tunnel name not allowed");
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void areRefusedInWordsThatNeitherNameTheOtherNorTellWhetherItIsReserved() {
        withHosts().with(podbridge -> podbridge.reservedNames(Set.of("admin")));
        relay.serve("mail");
        TunnelClient bob = relay.connect("bob");
        bob.register("rnail");
        String first = bob.heard();
        assertThat(first).doesNotContain("mail").doesNotContain("alice").isEqualTo(CONFUSABLE);
        bob.register("adrnin");
        assertThat(bob.heard()).isEqualTo(first);
    }

    @Test
    void areNotToldFromOthersToWhoMayNotClaimThem() {
        withHosts()
                .with(podbridge -> podbridge.reservedNames(Set.of("admin")).accessPolicy(new OpenPolicy() {
                    @Override
                    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                        return CompletableFuture.completedStage(
                                who.webId().equals(TunnelRelay.CAROL)
                                        ? new AccessDecision.Deny("not carol")
                                        : new AccessDecision.Allow());
                    }
                }));
        relay.serve("mail");
        TunnelClient carol = relay.connect("carol");
        for (String name : List.of("rnail", "adrnin", "unheard-of")) {
            carol.register(name);
            carol.refused("Tunnel name not allowed");
        }
    }
}
