package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.InMemoryExchange;

/** What pages of the pod, and sandboxed pages of tunnels, may ask of tunnels that share the pod's origin. */
class SandboxTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private InMemoryExchange fetch(String site, String mode, String destination) {
        return relay.get(
                "/tunnel/app/a", "Sec-Fetch-Site", site, "Sec-Fetch-Mode", mode, "Sec-Fetch-Dest", destination);
    }

    private void isRefused(TunnelClient client, InMemoryExchange visit) {
        assertThat(visit.status()).isEqualTo(403);
        assertThat(visit.responseHead().orElseThrow().fields().all("content-security-policy"))
                .isNotEmpty();
        client.heardNothing();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "script",
                "worker",
                "sharedworker",
                "serviceworker",
                "audioworklet",
                "paintworklet",
                "xslt",
                "embed",
                "object",
                "iframe",
                "frame",
                "fencedframe"
            })
    void givesPagesOfThePodNoCode(String destination) {
        TunnelClient client = relay.serve("app");
        isRefused(client, fetch("same-origin", "no-cors", destination));
    }

    @ParameterizedTest
    @CsvSource({
        "same-origin, no-cors, image",
        "same-origin, cors, font",
        "same-origin, no-cors, style",
        "same-origin, no-cors, video",
        "same-origin, no-cors, audio",
        "same-origin, cors, empty",
        "same-origin, navigate, document",
        "cross-site, cors, script",
        "cross-site, navigate, iframe",
        "none, navigate, document"
    })
    void givesThemDataAndGivesTheSandboxedPageItsOwnCode(String site, String mode, String destination) {
        TunnelClient client = relay.serve("app");
        fetch(site, mode, destination);
        assertThat(client.asked().path()).isEqualTo("/a");
    }

    @Test
    void servesClientsThatAreNoBrowsers() {
        TunnelClient client = relay.serve("app");
        relay.get("/tunnel/app/a", "sec-fetch-dest", "script");
        assertThat(client.asked().path()).isEqualTo("/a");
    }

    @Test
    void letsNobodyRegisterAServiceWorker() {
        TunnelClient client = relay.serve("app");
        isRefused(client, relay.get("/tunnel/app/sw.js", "Service-Worker", "script"));
        isRefused(client, fetch("cross-site", "same-origin", "serviceworker"));
        isRefused(client, fetch("cross-site", "same-origin", "sharedworker"));
    }

    @Test
    void asksNoSuchThingOfATunnelWithAHostOfItsOwn() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        TunnelClient client = relay.serve("app");
        relay.visit(TunnelRelay.head(
                        "GET",
                        "/sw.js",
                        "service-worker",
                        "script",
                        "sec-fetch-site",
                        "same-origin",
                        "sec-fetch-dest",
                        "serviceworker")
                .authority("app.tunnels.example")
                .build());
        assertThat(client.asked().path()).isEqualTo("/sw.js");
    }

    @Test
    void asksNoSuchThingOfAnOwnerWhoIsTrustedLikeThePod() {
        relay.with(podbridge -> podbridge.dangerouslyShareOriginWithTunnelsOf(TunnelRelay.ALICE));
        TunnelClient client = relay.serve("app");
        fetch("same-origin", "no-cors", "script");
        assertThat(client.asked().path()).isEqualTo("/a");
    }

    @Test
    void tellsASandboxedPageItselfThatItMayAskWhateverItWants() {
        TunnelClient client = relay.serve("app", "\"access\":\"owner\"");
        InMemoryExchange visit = relay.visit(
                TunnelRelay.head("OPTIONS", "/tunnel/app/api", "origin", "null", "access-control-request-method", "PUT")
                        .build());
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(visit.status()).isEqualTo(204);
        assertThat(fields.all("access-control-allow-origin")).containsExactly("*");
        assertThat(fields.all("access-control-allow-methods")).containsExactly("*");
        assertThat(fields.all("access-control-allow-headers")).containsExactly("*, authorization");
        assertThat(fields.contains("access-control-allow-credentials")).isFalse();
        assertThat(fields.all("content-security-policy")).hasSize(1);
        assertThat(visit.isComplete()).isTrue();
        client.heardNothing();
    }

    @Test
    void leavesAllOtherPreflightsToTheService() {
        TunnelClient client = relay.serve("app");
        for (String[] fields : List.of(
                new String[] {"origin", "https://app.example", "access-control-request-method", "PUT"},
                new String[] {"origin", "null"},
                new String[] {"access-control-request-method", "PUT"})) {
            relay.visit(TunnelRelay.head("OPTIONS", "/tunnel/app/api", fields).build());
            assertThat(client.asked().method()).isEqualTo("OPTIONS");
        }
    }

    // With a host for tunnels

    private InMemoryExchange navigate(String target, String... fields) {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        return relay.get(target, fields);
    }

    @ParameterizedTest
    @CsvSource({"sec-fetch-mode, navigate", "accept, 'text/html,*/*;q=0.8'"})
    void sendsBrowsersToWhereATunnelHasAnOriginOfItsOwn(String name, String value) {
        InMemoryExchange visit = navigate("/tunnel/app//a/b%2Fc?d=/../e", name, value);
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(visit.status()).isEqualTo(307);
        assertThat(fields.all("location")).containsExactly("https://app.tunnels.example//a/b%2Fc?d=/../e");
        assertThat(fields.all("cache-control")).containsExactly("no-store");
        assertThat(fields.all("content-security-policy")).hasSize(1);
    }

    @Test
    void answersThemAsBeforeWhereThereIsNoSuchHost() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        TunnelClient client = relay.serve("My_App");
        relay.get("/tunnel/My_App/a", "sec-fetch-mode", "navigate");
        assertThat(client.asked().path()).isEqualTo("/a");
    }

    @Test
    void servesEverythingButNavigationsInPlace() {
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        TunnelClient client = relay.serve("app");
        RequestHead form = TunnelRelay.head("POST", "/tunnel/app/a", "sec-fetch-mode", "navigate")
                .build();
        for (RequestHead head : List.of(
                form,
                TunnelRelay.head("GET", "/tunnel/app/a", "sec-fetch-mode", "cors", "accept", "text/html")
                        .build(),
                TunnelRelay.head("GET", "/tunnel/app/a", "accept", "*/*").build())) {
            relay.visit(head);
            assertThat(client.asked().path()).isEqualTo("/a");
        }
    }
}
