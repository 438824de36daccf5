package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.Route;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.AddressRange;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimits;
import org.podbridge.limits.RateLimits.Counted;
import org.podbridge.limits.RateLimits.Scope;
import org.podbridge.limits.VisitLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** What one visitor, one agent or one tunnel may take of what is there for all. */
class VisitLimitTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private static RequestHead.Builder from(String address, String target, String... fields) {
        return TunnelRelay.head("GET", target, fields)
                .remoteAddress(new InetSocketAddress(TunnelRelay.address(address), 40_000));
    }

    private InMemoryExchange visitFrom(String address, String... fields) {
        return relay.visit(from(address, "/tunnel/app/", fields).build());
    }

    private int statusFrom(String address, String... fields) {
        return visitFrom(address, fields)
                .responseHead()
                .map(head -> head.status())
                .orElse(0);
    }

    private void rate(Counted what, Scope scope, Rate rate) {
        relay.limits(limits -> {
            RateLimits.Builder rates = RateLimits.builder();
            for (Scope any : Scope.values()) {
                for (Counted counted : Counted.values()) {
                    rates.unlimited(counted, any);
                }
            }
            limits.rates(rates.limit(what, scope, rate).build());
        });
    }

    private static void isRefused(InMemoryExchange visit, String limit, String retryAfter) {
        assertThat(visit.status()).isEqualTo(429);
        assertThat(visit.responseText()).isEqualTo("{\"error\":\"Too Many Requests\",\"message\":\"" + limit + "\"}");
        HeaderFields fields = visit.responseHead().orElseThrow().fields();
        assertThat(fields.first("retry-after")).contains(retryAfter);
        assertThat(fields.first("cache-control")).contains("no-store");
        assertThat(fields.all("content-security-policy")).isNotEmpty();
    }

    @Test
    void holdsEachAddressToARate() {
        rate(Counted.VISITS, Scope.ADDRESS, Rate.perMinute(20, 2));
        relay.serve("app");
        assertThat(statusFrom("2001:db8::1")).isZero();
        assertThat(statusFrom("2001:db8::2")).isZero();
        isRefused(visitFrom("2001:db8::3"), "Rate limit: visits per address", "3");
        assertThat(statusFrom("2001:db8:0:1::1")).isZero();
        assertThat(statusFrom("203.0.113.1")).isZero();
        assertThat(statusFrom("127.0.0.1")).isZero();
        assertThat(statusFrom("127.0.0.1")).isZero();
        assertThat(statusFrom("127.0.0.1")).isZero();
        relay.advanceSeconds(3);
        assertThat(statusFrom("2001:db8::1")).isZero();
        assertThat(relay.visit(from("2001:db8::1", "/tunnel/nobody/").build()).status())
                .isEqualTo(429); // whatever it asks for
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "GET, /tunnel/app/, sec-fetch-dest=sharedworker, 403", // code for the pod
                "OPTIONS, /tunnel/app/, origin=null access-control-request-method=PUT, 204",
                "GET, /tunnel/app/, sec-fetch-mode=navigate, 307",
                "GET, /tunnel/app, -, 308",
                "GET, /tunnel/a%20b/, -, 400",
                "GET, /tunnel/nobody/, -, 502",
            })
    void countsWhatTheRelayAnswersByItself(String method, String target, String fields, int status) {
        rate(Counted.VISITS, Scope.ADDRESS, Rate.perMinute(20, 2));
        relay.with(podbridge -> podbridge.tunnelHost("tunnels.example"));
        relay.serve("app");
        String[] all = fields == null ? new String[0] : fields.split("[= ]", -1);
        RequestHead head = TunnelRelay.head(method, target, all).build();
        assertThat(relay.visit(head).status()).isEqualTo(status);
        assertThat(relay.visit(head).status()).isEqualTo(status); // once, and no more
        isRefused(relay.visit(head), "Rate limit: visits per address", "3");
    }

    @Test
    void countsHandshakesOnceWhereverTheyLead() {
        rate(Counted.VISITS, Scope.ADDRESS, Rate.perMinute(20, 2));
        relay.serve("app");
        for (int status : List.of(400, 501, 429)) {
            RequestHead head = TunnelRelay.head(
                            "GET", status == 400 ? "/tunnel/a%20b/" : "/tunnel/app/", "upgrade", "websocket")
                    .build();
            HandshakeDecision decision = ((Route.WebSocket) relay.podbridge().route(head))
                    .handshake()
                    .decide(head)
                    .toCompletableFuture()
                    .join();
            assertThat(((HandshakeDecision.Reject) decision).status()).isEqualTo(status);
        }
    }

    @Test
    void holdsEachTunnelToARateIfItHasOne() {
        rate(Counted.VISITS, Scope.TUNNEL, Rate.perMinute(60, 1));
        relay.serve("app");
        relay.serve("other");
        assertThat(statusFrom("203.0.113.1")).isZero();
        isRefused(visitFrom("203.0.113.2"), "Rate limit: visits per tunnel", "1");
        assertThat(relay.get("/tunnel/other/").responseHead()).isEmpty();
    }

    @Test
    void holdsEachAgentToARateWhereverItComesFrom() {
        rate(Counted.VISITS, Scope.IDENTITY, Rate.perMinute(60, 1));
        relay.serve("app", "\"access\":{\"webIds\":[\"" + TunnelRelay.BOB + "\"]}");
        assertThat(statusFrom("203.0.113.1", "authorization", "Bearer bob")).isZero();
        isRefused(visitFrom("203.0.113.2", "authorization", "Bearer bob"), "Rate limit: visits per identity", "1");
        assertThat(statusFrom("203.0.113.1", "authorization", "Bearer alice")).isZero();
    }

    @Test
    void boundsWhatAnAddressHasUnderWay() {
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxExchangesPerAddress(2).build()));
        TunnelClient client = relay.serve("app");
        InMemoryExchange first = visitFrom("203.0.113.1");
        InMemoryExchange second = visitFrom("203.0.113.1");
        isRefused(visitFrom("203.0.113.1"), "Limit: requests at once per address", "5");
        isRefused(visitFrom("203.0.113.1"), "Limit: requests at once per address", "5");
        assertThat(statusFrom("203.0.113.2")).isZero();
        client.answer(client.asked(), 200, "done");
        assertThat(first.isComplete()).isTrue();
        assertThat(statusFrom("203.0.113.1")).isZero();
        assertThat(statusFrom("203.0.113.1")).isEqualTo(429);
        second.leave();
        assertThat(statusFrom("203.0.113.1")).isZero();
        assertThat(statusFrom("203.0.113.1")).isEqualTo(429);
    }

    @Test
    void givesAPlaceBackHoweverARequestEnds() {
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxExchangesPerAddress(1).build()));
        relay.serve("app").connection().cut();
        assertThat(statusFrom("203.0.113.1")).isEqualTo(502);
        TunnelClient client = relay.serve("app", "\"access\":\"owner\"");
        assertThat(statusFrom("203.0.113.1")).isEqualTo(401);
        assertThat(statusFrom("203.0.113.1", "authorization", "Bearer bob")).isEqualTo(403);
        InMemoryExchange late = visitFrom("203.0.113.1", "authorization", "Bearer alice");
        relay.advanceSeconds(30);
        assertThat(late.status()).isEqualTo(504);
        InMemoryExchange lost = visitFrom("203.0.113.1", "authorization", "Bearer alice");
        client.connection().cut();
        assertThat(lost.status()).isEqualTo(502);
        relay.serve("app");
        assertThat(statusFrom("203.0.113.1")).isZero();
    }

    @Test
    void boundsWhatAllTunnelsServeAtOnce() {
        relay.limits(
                limits -> limits.visits(VisitLimits.builder().maxExchanges(2).build()));
        TunnelClient client = relay.serve("app");
        relay.serve("other");
        visitFrom("203.0.113.1");
        relay.get("/tunnel/other/");
        InMemoryExchange full = visitFrom("203.0.113.3");
        assertThat(full.status()).isEqualTo(503);
        assertThat(full.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("5");
        assertThat(rejected(knock("203.0.113.4")).status()).isEqualTo(503);
        client.answer(client.asked(), 200, "done");
        assertThat(statusFrom("203.0.113.3")).isZero();
    }

    private CompletableFuture<HandshakeDecision> knock(String address) {
        RequestHead head =
                from(address, "/tunnel/app/chat", "upgrade", "websocket").build();
        return ((Route.WebSocket) relay.podbridge().route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture();
    }

    private static HandshakeDecision.Reject rejected(CompletableFuture<HandshakeDecision> decision) {
        assertThat(decision).isCompleted(); // or it waits for the service
        return (HandshakeDecision.Reject) decision.join();
    }

    @Test
    void boundsTheWebSocketsOfAnAddress() {
        relay.limits(limits ->
                limits.visits(VisitLimits.builder().maxWebSocketsPerAddress(2).build()));
        FrameClient client = FrameClient.serve(relay, "app");
        List<LoopbackConnection> open = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            CompletableFuture<HandshakeDecision> decision = knock("2001:db8::" + i);
            client.say(FrameClient.response(client.asked(), 101, false));
            open.add(LoopbackConnection.open(((HandshakeDecision.Accept) decision.join()).listener()));
        }
        HandshakeDecision.Reject third = rejected(knock("2001:db8::9"));
        assertThat(third.status()).isEqualTo(429);
        assertThat(third.text()).contains("Limit: WebSockets per address");
        assertThat(third.fields().first("retry-after")).isPresent();
        assertThat(statusFrom("2001:db8::1")).isZero(); // requests are another matter
        client.asked();
        open.get(0).cut();
        client.next();
        CompletableFuture<HandshakeDecision> refused = knock("2001:db8::9");
        client.say(FrameClient.response(client.asked(), 404, true));
        assertThat(refused.join()).isInstanceOf(HandshakeDecision.Reject.class);
        client.next();
        CompletableFuture<HandshakeDecision> again = knock("2001:db8::9");
        client.say(FrameClient.response(client.asked(), 101, false));
        open.add(LoopbackConnection.open(((HandshakeDecision.Accept) again.join()).listener()));
        open.forEach(LoopbackConnection::cut);
    }

    @Test
    void closesAClientThatAsksForNamesWithoutPause() {
        rate(Counted.REGISTRATIONS, Scope.CONNECTION, Rate.perMinute(60, 4));
        TunnelClient client = relay.connect("alice");
        for (int i = 0; i < 2; i++) {
            client.register("app");
            client.heard();
            client.unregister("app");
        }
        for (int i = 0; i < 100; i++) {
            client.register("app");
            client.refused("Rate limit: registrations per connection");
        }
        client.isOpen();
        client.register("app");
        client.isClosedWith(4429);
        relay.connect("alice").register("app");
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
    }

    @Test
    void closesAClientThatPingsWithoutPause() {
        rate(Counted.MESSAGES, Scope.CONNECTION, Rate.perMinute(60, 4));
        TunnelClient client = relay.connect("alice");
        for (int i = 0; i < 2; i++) {
            client.connection().receivePing();
            client.connection().receivePart(MessageKind.TEXT, new byte[0], false);
        }
        client.heardNothing();
        for (int i = 0; i < 100; i++) {
            client.connection().receivePing();
            client.refused("Rate limit: messages per connection");
        }
        client.isOpen();
        client.connection().receivePart(MessageKind.BINARY, new byte[0], false);
        client.isClosedWith(4429);
    }

    @Test
    void closesAVisitorsWebSocketThatPingsWithoutPause() {
        rate(Counted.MESSAGES, Scope.CONNECTION, Rate.perMinute(60, 4));
        FrameClient client = FrameClient.serve(relay, "app");
        for (String address : List.of("203.0.113.1", "203.0.113.2")) { // each has its own
            CompletableFuture<HandshakeDecision> decision = knock(address);
            client.say(FrameClient.response(client.asked(), 101, false));
            LoopbackConnection visitor =
                    LoopbackConnection.open(((HandshakeDecision.Accept) decision.join()).listener());
            for (int i = 0; i < 2; i++) {
                visitor.receivePing();
                visitor.receivePart(MessageKind.TEXT, new byte[0], false);
            }
            assertThat(visitor.closeStatus()).isEmpty();
            visitor.receivePong();
            assertThat(visitor.closeStatus()).contains(new CloseStatus(4429, "Rate limit"));
            assertThat(client.next(Frame.Reset.class).code()).isEqualTo(ResetCode.CANCEL);
            visitor.receivePing();
            visitor.cut();
        }
    }

    // Passwords

    @Test
    void asksForAPasswordWhereTheHostWantsOneAndKeepsItFromTheService() {
        rate(Counted.WRONG_PASSWORDS, Scope.ADDRESS, Rate.perMinute(6, 3));
        relay.with(podbridge -> podbridge.accessPolicy(AccessPolicy.anyAuthenticated()
                .withVisitorPasswords("Our tunnels", Map.of("us\u00e9r", "p\u00e4ss:word"))));
        TunnelClient client = relay.serve("app", "\"passthrough\":true");
        InMemoryExchange asked = visitFrom("203.0.113.1");
        assertThat(asked.status()).isEqualTo(401);
        assertThat(asked.responseHead().orElseThrow().fields().all("www-authenticate"))
                .hasSize(1)
                .allMatch(challenge ->
                        challenge.contains("realm=\"Our tunnels\"") && challenge.contains("charset=\"UTF-8\""));
        String right = basic("us\u00e9r:p\u00e4ss:word");
        client.heardNothing();
        assertThat(statusFrom("203.0.113.1", "authorization", right, "cookie", "a=b"))
                .isZero();
        HeaderFields crossed = client.asked().fields();
        assertThat(crossed.contains("authorization")).isFalse();
        assertThat(crossed.all("cookie")).containsExactly("a=b");
        for (String wrong : List.of("us\u00e9r:wrong", "", "us\u00e9r:p\u00e4ss:word ")) {
            assertThat(statusFrom("203.0.113.1", "authorization", basic(wrong))).isEqualTo(401);
        }
        isRefused(
                visitFrom("203.0.113.1", "authorization", right),
                "Rate limit: wrong passwords per address",
                "10"); // the right one doesn't show itself either
        assertThat(statusFrom("203.0.113.1")).isEqualTo(401);
        assertThat(statusFrom("203.0.113.2", "authorization", right)).isZero();
        relay.advanceSeconds(10);
        assertThat(statusFrom("203.0.113.1", "authorization", right)).isZero();
    }

    @Test
    void letsInWhoComesFromCertainAddressesAndKnowsThePassword() {
        relay.with(podbridge -> podbridge.accessPolicy(AccessPolicy.anyAuthenticated()
                .withVisitorPasswords("x", Map.of("a", "b"))
                .withVisitorAddresses(List.of(AddressRange.of("203.0.113.0/24"), AddressRange.of("2001:db8::/32")))));
        relay.serve("app");
        for (String inside : List.of("203.0.113.9", "2001:db8:1::1", "::ffff:203.0.113.9")) {
            assertThat(statusFrom(inside, "authorization", "Basic YTpi")).isZero();
            assertThat(statusFrom(inside)).isEqualTo(401);
        }
        for (String outside : List.of("203.0.114.1", "2001:db9::1", "::1")) {
            assertThat(statusFrom(outside, "authorization", "Basic YTpi")).isEqualTo(403);
        }
    }

    @Test
    void takesNothingElseForAPassword() {
        relay.with(podbridge ->
                podbridge.accessPolicy(AccessPolicy.anyAuthenticated().withVisitorPasswords("x", Map.of("a", "b"))));
        relay.serve("app");
        for (String field : List.of(
                "Bearer YTpi", "Basic", "Basic !!!!", "Basic YTpi=", "Basic " + "A".repeat(2_000), "basicYTpi", "")) {
            assertThat(statusFrom("203.0.113.1", "authorization", field))
                    .as(field)
                    .isEqualTo(401);
        }
        assertThat(statusFrom("203.0.113.1", "authorization", "Basic YTpi", "authorization", "Basic YTpi"))
                .isEqualTo(401);
        assertThat(statusFrom("203.0.113.1", "authorization", "bAsIc  YTpi ")).isZero();
    }

    private static String basic(String credential) {
        return "Basic " + Base64.getEncoder().encodeToString(credential.getBytes(StandardCharsets.UTF_8));
    }
}
