package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.ReservedNames;
import org.podbridge.identity.TunnelName;

/** Names that nobody gets where tunnels have hosts, unless the host says otherwise. */
class ReservedNamesTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private void withHosts() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
    }

    private static void refused(TunnelClient client, String name) {
        client.register(name);
        client.refused("Tunnel name not allowed");
    }

    private static void looksReserved(TunnelClient client, String name) {
        client.register(name);
        assertThat(client.heard()).contains("\"code\":\"name_confusable\"");
    }

    private static void given(TunnelClient client, String name) {
        client.register(name);
        assertThat(client.heard()).startsWith("{\"type\":\"registered\",\"name\":\"" + name + "\"");
        client.unregister(name);
    }

    @Test
    void areRefusedWithoutASettingWhateverTheirCase() {
        withHosts();
        TunnelClient alice = relay.connect("alice");
        assertThat(ReservedNames.underTunnelHost()).contains("www", "wpad", "login", "postmaster", "localhost");
        for (String name : ReservedNames.underTunnelHost()) {
            refused(alice, name);
        }
        refused(alice, "WPAD");
        refused(alice, "Login");
        assertThat(relay.diagnostics().tunnelNames()).isZero();
    }

    @Test
    void areRefusedWhenTheyAreSpeltAlike() {
        withHosts();
        TunnelClient alice = relay.connect("alice");
        for (String name : List.of("1ogin", "sign-in", "adrnin", "vvww", "wpacl", "rnail", "mtasts", "r00t", "nsl")) {
            looksReserved(alice, name);
        }
    }

    @Test
    void areRefusedWhereThoseThatLookLikeThemAreNot() {
        withHosts();
        relay.with(podbridge -> podbridge.confusableNames(true));
        TunnelClient alice = relay.connect("alice");
        refused(alice, "login");
        given(alice, "1ogin");
    }

    @Test
    void leaveNamesAloneThatContainThem() {
        withHosts();
        TunnelClient alice = relay.connect("alice");
        for (String name : List.of("app", "my-login", "mailbox", "www4", "apis", "site", "demo")) {
            given(alice, name);
        }
    }

    @Test
    void areGivenWhereTunnelsLieUnderAPath() {
        TunnelClient alice = relay.connect("alice");
        for (String name : ReservedNames.underTunnelHost()) {
            given(alice, name);
        }
    }

    @Test
    void areReplacedByThoseThatTheHostNames() {
        withHosts();
        relay.with(podbridge -> podbridge.reservedNames(Set.of("mine")));
        TunnelClient alice = relay.connect("alice");
        refused(alice, "mine");
        looksReserved(alice, "m-ine");
        given(alice, "login");
    }

    @Test
    void areNoneIfTheHostNamesNone() {
        withHosts();
        relay.with(podbridge -> podbridge.reservedNames(Set.of()));
        given(relay.connect("alice"), "www");
    }

    @Test
    void canBeAddedTo() {
        Set<String> names = new HashSet<>(ReservedNames.underTunnelHost());
        names.add("mine");
        withHosts();
        relay.with(podbridge -> podbridge.reservedNames(names));
        TunnelClient alice = relay.connect("alice");
        refused(alice, "mine");
        refused(alice, "login");
    }

    @Test
    void areAllNamesThatCouldBeHosts() {
        assertThat(ReservedNames.underTunnelHost())
                .allMatch(name -> TunnelName.of(name).isHostLabel());
    }
}
