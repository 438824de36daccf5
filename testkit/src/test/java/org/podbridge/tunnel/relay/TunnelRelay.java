package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.podbridge.Diagnostics;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.auth.AuthProvider;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.limits.VisitLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.testkit.ManualScheduler;

/**
 * A Podbridge on doubles. Set up by the test, built at the first use; when the test is over everybody leaves, and then
 * nothing may be left: no bytes, no names, no exchanges, no timers.
 */
final class TunnelRelay implements AfterEachCallback {

    static final WebId ALICE = WebId.of("https://alice.example/card#me");
    static final WebId BOB = WebId.of("https://bob.example/card#me");
    static final WebId CAROL = WebId.of("https://carol.example/card#me");

    final ManualScheduler time = new ManualScheduler();

    /** All visitors come from one address, about which most tests don't care. */
    private final Limits.Builder limits = Limits.builder()
            .rates(RateLimits.none())
            .visits(VisitLimits.builder()
                    .maxExchangesPerAddress(100_000)
                    .maxWebSocketsPerAddress(100_000)
                    .build());

    private final List<TunnelClient> clients = new ArrayList<>();
    private final List<InMemoryExchange> visits = new ArrayList<>();
    private final Podbridge.Builder builder;
    private Podbridge podbridge;

    TunnelRelay() {
        this(URI.create("https://pod.example"));
    }

    TunnelRelay(URI publicUri) {
        builder = Podbridge.builder()
                .publicUri(publicUri)
                .authProvider(AuthProvider.fixed(Map.of("alice", ALICE, "bob", BOB, "carol", CAROL)))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .scheduler(time);
    }

    TunnelRelay with(Consumer<Podbridge.Builder> setting) {
        setting.accept(builder);
        return this;
    }

    TunnelRelay limits(Consumer<Limits.Builder> setting) {
        setting.accept(limits);
        return this;
    }

    Podbridge podbridge() {
        if (podbridge == null) {
            podbridge = builder.limits(limits.build()).build();
        }
        return podbridge;
    }

    Diagnostics diagnostics() {
        return podbridge().diagnostics();
    }

    /** Connects a tunnel client as alice, bob or carol. */
    TunnelClient connect(String token) {
        return open(decide(token));
    }

    HandshakeDecision decide(String token) {
        RequestHead head = RequestHead.builder("GET", "/.tunnel")
                .authority("pod.example")
                .fields(HeaderFields.of("upgrade", "websocket", "authorization", "Bearer " + token))
                .build();
        CompletionStage<HandshakeDecision> decision =
                ((Route.WebSocket) podbridge().route(head)).handshake().decide(head);
        return decision.toCompletableFuture().join();
    }

    TunnelClient open(HandshakeDecision decision) {
        TunnelClient client = openUntracked(decision);
        clients.add(client);
        return client;
    }

    /** Connects a client that the test itself disconnects, on any thread. */
    TunnelClient connectUntracked(String token) {
        return openUntracked(decide(token));
    }

    private static TunnelClient openUntracked(HandshakeDecision decision) {
        return new TunnelClient(LoopbackConnection.open(((HandshakeDecision.Accept) decision).listener()));
    }

    /** Connects as alice and registers a name with further members such as {@code "share":true}. */
    TunnelClient serve(String name, String... members) {
        TunnelClient client = connect("alice");
        client.register(name, members);
        assertThat(client.heard()).startsWith("{\"type\":\"registered\",\"name\":\"" + name + "\"");
        return client;
    }

    static RequestHead.Builder head(String method, String target, String... fields) {
        return RequestHead.builder(method, target)
                .scheme("https")
                .authority("pod.example")
                .remoteAddress(new InetSocketAddress(address("203.0.113.7"), 40_000))
                .fields(HeaderFields.of(fields));
    }

    static InetAddress address(String literal) {
        try {
            return InetAddress.getByName(literal);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    InMemoryExchange get(String target, String... fields) {
        return visit(head("GET", target, fields).build());
    }

    /** Sends a request without a body. */
    InMemoryExchange visit(RequestHead head) {
        return visit(InMemoryExchange.of(head));
    }

    /** Sends a request with a whole body. */
    InMemoryExchange upload(RequestHead head, byte[] body) {
        InMemoryExchange exchange = InMemoryExchange.withBody(head);
        for (int sent = 0; sent < body.length; sent += 10_000) {
            exchange.feed(java.util.Arrays.copyOfRange(body, sent, Math.min(body.length, sent + 10_000)));
        }
        return visit(exchange.endBody());
    }

    InMemoryExchange visit(InMemoryExchange exchange) {
        visits.add(exchange);
        handle(exchange);
        return exchange;
    }

    void handle(Exchange exchange) {
        ((Route.Http) podbridge().route(exchange.request())).handler().handle(exchange);
    }

    void advance(Duration duration) {
        time.advance(duration);
    }

    void advanceSeconds(long seconds) {
        advance(Duration.ofSeconds(seconds));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        visits.forEach(InMemoryExchange::leave);
        clients.forEach(client -> client.connection().cut());
        advance(Duration.ofHours(1));
        int names = diagnostics().quarantinedNames(); // these two may stay for longer
        int links = diagnostics().shareLinks();
        assertThat(diagnostics()).isEqualTo(new Diagnostics(0, 0, 0, 0, 0, names, 0, 0, 0, links, 0));
        assertThat(time.pending()).as("timers left").isZero();
        assertThat(visits)
                .allSatisfy(exchange -> assertThat(exchange.retainedChunks()).isZero());
        assertThat(clients)
                .allSatisfy(client ->
                        assertThat(client.connection().retainedParts()).isZero());
    }
}
