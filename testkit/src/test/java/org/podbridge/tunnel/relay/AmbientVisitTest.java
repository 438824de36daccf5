package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.Route;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.Identity;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;

/** Visits with the session of the embedding server, which a browser sends whoever has made it send a request. */
class AmbientVisitTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @BeforeEach
    void takeTheSessionOver() {
        relay.with(podbridge -> podbridge
                .sessionCookies(Set.of("sid"))
                .authProvider(AuthProvider.firstOf(
                        AuthProvider.fixed(Map.of("alice", TunnelRelay.ALICE)),
                        AuthProvider.host(request -> request.fields()
                                .first("cookie")
                                .filter(cookie -> cookie.contains("sid=1"))
                                .map(cookie -> Identity.builder(TunnelRelay.ALICE, "session")
                                        .ambient(true)
                                        .build())))));
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // method, Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, answer
                "GET,-,none,navigate,document,0", // typed
                "GET,-,same-origin,navigate,document,0", // a link on the pod's page
                "GET,-,same-origin,cors,empty,0", // a fetch of the pod's page
                "POST,https://pod.example,same-origin,cors,empty,0",
                "POST,HTTPS://POD.EXAMPLE:443,same-origin,cors,empty,0",
                "POST,https://pod.example,-,-,-,0", // an older browser
                "GET,-,cross-site,navigate,document,0", // a link on another site's page, or on the tunnel's own
                "GET,-,cross-site,navigate,iframe,403",
                "GET,-,cross-site,no-cors,image,403",
                "GET,-,cross-site,no-cors,script,403",
                "GET,null,cross-site,cors,empty,403",
                "GET,-,same-site,no-cors,image,403",
                "POST,-,cross-site,navigate,document,403",
                "POST,https://evil.example,cross-site,navigate,document,403",
                "POST,null,cross-site,navigate,document,403",
                "POST,https://pod.example.evil,-,-,-,403",
                "POST,http://pod.example,-,-,-,403",
                "POST,https://pod.example:8443,-,-,-,403",
                "DELETE,https://evil.example,-,-,-,403",
                "GET,-,-,-,-,403", // nobody knows who has made the browser ask
                "GET,-,sideways,navigate,document,403",
            })
    void areTakenForTheVisitorsWishWhereNoOtherSiteCanHaveMadeThem(
            String method, String origin, String site, String mode, String dest, int status) {
        relay.serve("app", "\"access\":\"owner\"");
        List<String> fields = new ArrayList<>(List.of("cookie", "sid=1"));
        String[] names = {"origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"};
        String[] values = {origin, site, mode, dest};
        for (int i = 0; i < names.length; i++) {
            if (values[i] != null) {
                fields.add(names[i]);
                fields.add(values[i]);
            }
        }
        InMemoryExchange visit = relay.visit(TunnelRelay.head(method, "/tunnel/app/a", fields.toArray(String[]::new))
                .build());
        assertThat(visit.responseHead().map(head -> head.status()).orElse(0)).isEqualTo(status);
    }

    @Test
    void needTwoOriginsNotBeTakenForOne() {
        relay.serve("app", "\"access\":\"owner\"");
        assertThat(relay.get(
                                "/tunnel/app/",
                                "cookie",
                                "sid=1",
                                "origin",
                                "https://pod.example",
                                "origin",
                                "https://pod.example")
                        .status())
                .isIn(400, 403);
        assertThat(relay.get("/tunnel/app/", "cookie", "sid=1", "origin", "https://pod.example/" + "x".repeat(10_000))
                        .status())
                .isIn(400, 403);
    }

    @Test
    void openWebSocketsFromThePodsOwnPagesAlone() {
        FrameClient client = FrameClient.serve(relay, "app", "\"access\":\"owner\"");
        for (String[] fields : List.of(
                new String[] {},
                new String[] {"origin", "null"},
                new String[] {"origin", "https://evil.example"},
                new String[] {"sec-fetch-site", "none"},
                new String[] {"origin", "https://evil.example", "sec-fetch-site", "same-origin"},
                new String[] {"origin", "https://pod.example", "sec-fetch-site", "cross-site"})) {
            CompletableFuture<HandshakeDecision> refused = knock(fields);
            assertThat(refused).isCompleted(); // or it waits for the service
            assertThat(((HandshakeDecision.Reject) refused.join()).status()).isEqualTo(403);
        }
        CompletableFuture<HandshakeDecision> decision = knock("origin", "https://pod.example");
        client.say(FrameClient.response(client.asked(), 101, false));
        LoopbackConnection.open(((HandshakeDecision.Accept) decision.join()).listener())
                .cut();
    }

    private CompletableFuture<HandshakeDecision> knock(String... fields) {
        List<String> all = new ArrayList<>(List.of("upgrade", "websocket", "cookie", "sid=1"));
        all.addAll(List.of(fields));
        RequestHead head = TunnelRelay.head("GET", "/tunnel/app/chat", all.toArray(String[]::new))
                .build();
        return ((Route.WebSocket) relay.podbridge().route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture();
    }

    @Test
    void saySoToAPageOfAnotherSite() {
        relay.serve("app", "\"access\":\"owner\"");
        InMemoryExchange visit = relay.get("/tunnel/app/", "cookie", "sid=1", "origin", "https://evil.example");
        assertThat(visit.responseText()).isEqualTo("{\"error\":\"Forbidden\",\"message\":\"Origin is not allowed\"}");
    }

    @Test
    void needNoProofWithACredentialThatNoBrowserSendsByItself() {
        relay.serve("app", "\"access\":\"owner\"");
        InMemoryExchange visit = relay.get(
                "/tunnel/app/",
                "authorization",
                "Bearer alice",
                "origin",
                "https://app.example",
                "sec-fetch-site",
                "cross-site");
        assertThat(visit.responseHead()).isEmpty();
    }
}
