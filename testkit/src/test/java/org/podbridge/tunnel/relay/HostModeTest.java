package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Route;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;

/** Tunnels that have a host of their own. */
class HostModeTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @BeforeEach
    void setTheHost() {
        relay.with(podbridge -> podbridge.tunnelHost("Tunnels.example").sessionCookies(Set.of("sid")));
    }

    private static RequestHead.Builder at(String authority, String target, String... fields) {
        return TunnelRelay.head("GET", target, fields).authority(authority);
    }

    private InMemoryExchange get(String authority, String target, String... fields) {
        return relay.visit(at(authority, target, fields).build());
    }

    @Test
    void forwardsTheWholeTargetAndRewritesNothing() {
        TunnelClient client = relay.serve("app", "\"passthrough\":true");
        InMemoryExchange visit = get("app.tunnels.example", "/tunnel/app/a?b");
        RelayMessage.Request request = client.asked();
        assertThat(request.path()).isEqualTo("/tunnel/app/a?b");
        assertThat(request.fields().contains("x-forwarded-prefix")).isFalse();
        assertThat(request.fields().first("x-forwarded-host")).contains("app.tunnels.example");
        client.answer(
                request,
                200,
                "",
                "location",
                "/a",
                "set-cookie",
                "a=1; Domain=tunnels.example; Path=/b",
                "set-cookie",
                "__Host-c=1; Secure; Path=/",
                "set-cookie",
                "sid=1");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.all("location")).containsExactly("/a");
        assertThat(fields.all("set-cookie")).containsExactly("a=1; Path=/b", "__Host-c=1; Secure; Path=/");
        assertThat(fields.contains("content-security-policy")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"app.tunnels.example:8443", "APP.Tunnels.Example", "app.tunnels.example:"})
    void knowsTheHostWhateverItsPortAndCase(String authority) {
        TunnelClient client = relay.serve("app");
        get(authority, "/");
        assertThat(client.asked().path()).isEqualTo("/");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/..%2f", "/./../x", "//", "/%00", "/;x", "/.well-known/x?y", "/.webrtc", "/.tunnel"})
    void forwardsEveryValidTarget(String target) {
        TunnelClient client = relay.serve("app");
        get("app.tunnels.example", target);
        assertThat(client.asked().path()).isEqualTo(target);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "x", "http://app.tunnels.example/", "/é", "/a b", "/a#b", "/\r\n"})
    void answers400ToWhatIsNoTarget(String target) {
        TunnelClient client = relay.serve("app");
        assertThat(get("app.tunnels.example", target).status()).isEqualTo(400);
        client.heardNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"App_1", "-app", "app-", "a--b"})
    void servesOnlyNamesThatAreHostLabels(String name) {
        TunnelClient client = relay.serve(name);
        assertThat(get(name + ".tunnels.example", "/").status()).isEqualTo(404);
        client.heardNothing();
        relay.get("/tunnel/" + name + "/");
        client.asked();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.b.tunnels.example", ".tunnels.example"})
    void answers404UnderHostsThatAreNoTunnels(String authority) {
        relay.serve("a");
        assertThat(get(authority, "/").status()).isEqualTo(404);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a b.tunnels.example",
                "%61.tunnels.example",
                "u@a.tunnels.example",
                "a.tunnels.example:99999",
                "pod.example, a.tunnels.example",
                "pod.example/a.tunnels.example"
            })
    void answers400UnderHostsThatAreNone(String authority) {
        TunnelClient client = relay.serve("a");
        assertThat(get(authority, "/").status()).isEqualTo(400);
        client.heardNothing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pod.example", "tunnels.example", "eviltunnels.example", "app.tunnels.example.evil", ""})
    void leavesOtherHostsToThePod(String authority) {
        relay.serve("app");
        assertThat(relay.podbridge().route(at(authority, "/x").build())).isInstanceOf(Route.Host.class);
    }

    @Test
    void saysThatNobodyIsThere() {
        assertThat(get("nobody.tunnels.example", "/").status()).isEqualTo(502);
    }

    @Test
    void grantsNoCorsOfItsOwn() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = get("app.tunnels.example", "/", "origin", "null");
        client.answer(client.asked(), 200, "", "access-control-allow-credentials", "true");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.contains("access-control-allow-origin")).isFalse();
        assertThat(fields.contains("access-control-allow-credentials")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Alt-Svc",
                "Clear-Site-Data",
                "Public-Key-Pins",
                "Secure-Session-Registration",
                "Service-Worker-Allowed",
                "Set-Login",
                "Strict-Transport-Security",
                "Surrogate-Control",
                "X-Accel-Redirect",
                "X-Envoy-Upstream-Service-Time",
                "X-LiteSpeed-Location",
                "X-Reproxy-URL",
                "X-Sendfile-Temporary"
            })
    void neverPassesWhatActsOnAProxyOrOnMoreThanItsHost(String name) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = get("app.tunnels.example", "/");
        client.answer(client.asked(), 200, "", name, "x", "origin-trial", "y");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.contains(name)).isFalse();
        assertThat(fields.first("origin-trial")).as("what acts on its own host").contains("y");
    }

    @Test
    void keepsTheAccessRule() {
        relay.serve("app", "\"access\":\"owner\"");
        assertThat(get("app.tunnels.example", "/").status()).isEqualTo(401);
    }
}
