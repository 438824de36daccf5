package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.Route;
import org.podbridge.auth.Identity;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.AddressRange;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.policy.TunnelInfo;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;

/** Visits with the password of the host's policy, which a browser that knows it sends whoever has made it ask. */
class PasswordVisitTest {

    private static final String PASSWORD = "Basic YTpi";
    private static final String[] PAGE_FIELDS = {"origin", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"};

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay()
            .with(podbridge -> podbridge
                    .tunnelHost("tunnels.example")
                    .accessPolicy(AccessPolicy.anyAuthenticated().withVisitorPasswords("x", Map.of("a", "b"))));

    private static String[] fields(String... values) {
        List<String> fields = new ArrayList<>(List.of("authorization", PASSWORD));
        for (int i = 0; i < PAGE_FIELDS.length; i++) {
            if (values[i] != null) {
                fields.add(PAGE_FIELDS[i]);
                fields.add(values[i]);
            }
        }
        return fields.toArray(String[]::new);
    }

    private int status(RequestHead.Builder head) {
        InMemoryExchange visit = relay.visit(head.build());
        return visit.responseHead().map(response -> response.status()).orElse(0);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // method, Origin, Sec-Fetch-Site, Sec-Fetch-Mode, Sec-Fetch-Dest, answer
                "GET,-,-,-,-,0", // a program
                "POST,-,-,-,-,0",
                "PUT,-,-,cors,-,0", // a program that tells the mode and nothing else
                "GET,-,none,navigate,document,0",
                "POST,https://pod.example,same-origin,cors,empty,0", // a page of the pod
                "POST,https://pod.example,-,-,-,0",
                // The tunnel's own page, which looks like every other page in a sandbox
                "GET,-,cross-site,no-cors,image,0",
                "GET,-,cross-site,no-cors,style,0",
                "GET,null,cross-site,cors,script,0",
                "HEAD,null,cross-site,cors,empty,0",
                "GET,null,-,-,-,0",
                "POST,null,cross-site,cors,empty,403",
                "POST,null,cross-site,navigate,document,403",
                "POST,null,-,-,-,403",
                "DELETE,null,cross-site,cors,empty,403",
                // Pages of others
                "POST,https://evil.example,cross-site,navigate,document,403",
                "POST,https://evil.example,-,-,-,403",
                "POST,https://app.tunnels.example,cross-site,no-cors,empty,403",
                "POST,-,cross-site,navigate,document,403",
                "OPTIONS,https://evil.example,cross-site,cors,empty,403",
                "GET,https://evil.example,cross-site,cors,empty,403",
                "GET,-,same-site,no-cors,image,403", // no page in a sandbox is on the site
                "GET,-,sideways,no-cors,image,403",
            })
    void inASandboxAreForPagesThatMayBeTheTunnelsToReadWithAlone(
            String method, String origin, String site, String mode, String dest, int status) {
        relay.serve("My_App"); // no name of a host, so that nobody is sent there
        assertThat(status(TunnelRelay.head(method, "/tunnel/My_App/a", fields(origin, site, mode, dest))))
                .isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "POST,-,-,-,-,0",
                "GET,-,none,navigate,document,0",
                "GET,-,same-origin,no-cors,image,0",
                "POST,https://app.tunnels.example,same-origin,cors,empty,0",
                "DELETE,https://app.tunnels.example,-,-,-,0",
                "GET,-,cross-site,navigate,document,0", // a link
                "GET,-,same-site,navigate,document,0",
                "POST,https://evil.example,cross-site,navigate,document,403",
                "POST,https://evil.example,-,-,-,403",
                "POST,https://other.tunnels.example,same-site,no-cors,empty,403", // a neighbour
                "POST,https://pod.example,cross-site,cors,empty,403",
                "POST,null,cross-site,cors,empty,403",
                "GET,-,same-site,no-cors,image,403",
                "GET,-,cross-site,navigate,iframe,403",
                "GET,null,cross-site,cors,script,403",
            })
    void atAHostOfItsOwnAreForTheTunnelsPages(
            String method, String origin, String site, String mode, String dest, int status) {
        relay.serve("app");
        assertThat(status(TunnelRelay.head(method, "/a", fields(origin, site, mode, dest))
                        .authority("app.tunnels.example")))
                .isEqualTo(status);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "pod.example,-,-,true", // a program
                "pod.example,https://pod.example,same-origin,true",
                "pod.example,null,-,false", // pages in sandboxes, the tunnel's own among them
                "pod.example,null,cross-site,false",
                "pod.example,-,cross-site,false",
                "pod.example,https://evil.example,-,false",
                "app.tunnels.example,https://app.tunnels.example,-,true",
                "app.tunnels.example,https://other.tunnels.example,-,false",
                "app.tunnels.example,https://other.tunnels.example,same-site,false",
                "app.tunnels.example,https://evil.example,-,false",
            })
    void openWebSocketsForOwnPagesAndPrograms(String host, String origin, String site, boolean opens) {
        FrameClient client = FrameClient.serve(relay, "app");
        List<String> fields = new ArrayList<>(List.of(fields(origin, site, null, null)));
        fields.addAll(List.of("upgrade", "websocket"));
        String target = host.equals("pod.example") ? "/tunnel/app/chat" : "/chat";
        RequestHead head = TunnelRelay.head("GET", target, fields.toArray(String[]::new))
                .authority(host)
                .build();
        CompletableFuture<HandshakeDecision> decision = ((Route.WebSocket)
                        relay.podbridge().route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture();
        if (opens) {
            client.say(FrameClient.response(client.asked(), 101, false));
            LoopbackConnection.open(((HandshakeDecision.Accept) decision.join()).listener())
                    .cut();
        } else {
            assertThat(decision).isCompleted();
            assertThat(((HandshakeDecision.Reject) decision.join()).status()).isEqualTo(403);
        }
    }

    @Test
    void ofAnotherSitesPageAreNeitherToldRightFromWrongNorCounted() {
        relay.limits(limits -> limits.rates(RateLimits.builder()
                .limit(RateLimits.Counted.WRONG_PASSWORDS, RateLimits.Scope.ADDRESS, Rate.perMinute(6, 1))
                .build()));
        relay.serve("My_App");
        for (String password : List.of("Basic eDp5", "Basic eDp6", "Digest x", "Negotiate x", PASSWORD)) {
            InMemoryExchange visit = relay.visit(TunnelRelay.head(
                            "POST", "/tunnel/My_App/", "authorization", password, "origin", "https://evil.example")
                    .build());
            assertThat(visit.status()).isEqualTo(403);
            assertThat(visit.responseText())
                    .isEqualTo("{\"error\":\"Forbidden\",\"message\":\"Origin is not allowed\"}");
        }
        assertThat(status(TunnelRelay.head("POST", "/tunnel/My_App/", fields(null, null, null, null))))
                .isZero();
    }

    @Test
    void areNotNeededToBeForeignWhereOneIsLetInWithout() {
        relay.with(podbridge -> podbridge.accessPolicy(AccessPolicy.anyOf(
                AccessPolicy.anyAuthenticated().withVisitorPasswords("x", Map.of("a", "b")),
                AccessPolicy.anyAuthenticated().withVisitorAddresses(List.of(AddressRange.of("203.0.113.7/32"))))));
        TunnelClient client = relay.serve("My_App", "\"passthrough\":true");
        assertThat(status(TunnelRelay.head(
                        "POST", "/tunnel/My_App/", fields("https://evil.example", "cross-site", "cors", "empty"))))
                .isZero();
        assertThat(client.asked().fields().contains("authorization")).isFalse();
    }

    @Test
    void areNoneWhereAPolicyTakesACredentialThatNoBrowserSendsByItself() {
        relay.with(podbridge -> podbridge.accessPolicy(new TokenPolicy()));
        relay.serve("My_App");
        String[] fields = fields("https://app.example", "cross-site", "cors", "empty");
        fields[1] = "Bearer b";
        assertThat(status(TunnelRelay.head("POST", "/tunnel/My_App/", fields))).isZero();
        fields[1] = "Basic b";
        assertThat(status(TunnelRelay.head("POST", "/tunnel/My_App/", fields))).isEqualTo(403);
    }

    /** Lets in whoever shows any token. */
    private static final class TokenPolicy extends OpenPolicy {
        @Override
        public CompletionStage<AccessDecision> mayVisit(
                Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
            return CompletableFuture.completedStage(
                    request.fields().contains("authorization")
                            ? new AccessDecision.Allow()
                            : new AccessDecision.Deny("no token"));
        }

        @Override
        public boolean takesAuthorization() {
            return true;
        }
    }
}
