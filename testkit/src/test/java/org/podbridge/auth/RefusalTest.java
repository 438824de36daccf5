package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.RejectionMode;
import org.podbridge.testkit.InMemoryExchange;

/** How it is said that somebody isn't let in: with an HTTP status, or in a WebSocket that a page can read. */
class RefusalTest {

    private static final String PAGE = "https://app.example";
    private static final WebId ALICE = SignalingServer.webId("alice");

    /** Says whatever the token asks for. */
    private static final AuthProvider PROVIDER = new AuthProvider() {
        @Override
        public CompletionStage<AuthResult> authenticate(AuthRequest request) {
            String wish = request.credentials().isEmpty()
                    ? ""
                    : request.credentials().get(0).value();
            return CompletableFuture.completedStage(
                    switch (wish) {
                        case "" -> new AuthResult.NoCredentials();
                        case "good", "forbidden" ->
                            new AuthResult.Authenticated(Identity.of(
                                    wish.equals("good") ? ALICE : SignalingServer.webId("mallory"), "test"));
                        case "bad" -> new AuthResult.Rejected(AuthError.invalidToken("It is \"bad\""));
                        case "busy" ->
                            new AuthResult.Rejected(new AuthError(
                                    429,
                                    "",
                                    "Too many attempts",
                                    List.of(new Challenge("Other", Map.of("a", "b\"c"))),
                                    HeaderFields.empty(),
                                    Optional.of(Duration.ofSeconds(7))));
                        case "strange" ->
                            new AuthResult.Rejected(new AuthError(
                                    401,
                                    "use_dpop_nonce",
                                    "A DPoP nonce is required",
                                    List.of(new Challenge("DPoP", Map.of())),
                                    HeaderFields.of("dpop-nonce", "n-1"),
                                    Optional.empty()));
                        case "foreign" ->
                            new AuthResult.Rejected(
                                    new AuthError(421, "", "This server does not answer for that host", List.of()));
                        case "soon" -> new AuthResult.Unavailable("One moment", Duration.ofMillis(1));
                        case "down" -> new AuthResult.Unavailable("The issuer is down", Duration.ofMinutes(1));
                        default -> throw new AssertionError(wish);
                    });
        }

        @Override
        public List<Challenge> challenges(AuthRequest request) {
            return List.of(
                    new Challenge("DPoP", Map.of("realm", request.uri().toString())),
                    new Challenge("Bearer", Map.of()));
        }
    };

    private static SignalingServer server(RejectionMode mode) {
        SignalingServer server =
                SignalingServer.start(builder -> builder.authProvider(PROVIDER).rejectionMode(mode));
        server.policy().connectsIf(ALICE::equals);
        return server;
    }

    private static final String DPOP = "DPoP realm=\"https://pod.example/.webrtc\"";

    /** Token, status, body, WWW-Authenticate, Retry-After, message, close code, reason. */
    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(
                        "",
                        401,
                        "{'status':401,'detail':'Authentication is required'}",
                        List.of(DPOP, "Bearer"),
                        "",
                        "{'type':'error','message':'Authentication required'}",
                        1008,
                        "Authentication required"),
                Arguments.of(
                        "bad",
                        401,
                        "{'status':401,'detail':'It is \\'bad\\'','error':'invalid_token'}",
                        List.of(DPOP, "Bearer"),
                        "",
                        "{'type':'error','message':'It is \\'bad\\'','code':'invalid_token'}",
                        1008,
                        "It is \"bad\""),
                Arguments.of(
                        "busy",
                        429,
                        "{'status':429,'detail':'Too many attempts'}",
                        List.of("Other a=\"b\\\"c\""),
                        "7",
                        "{'type':'error','message':'Too many attempts'}",
                        CloseStatus.TOO_OFTEN,
                        "Too many attempts"),
                Arguments.of(
                        "strange",
                        401,
                        "{'status':401,'detail':'A DPoP nonce is required','error':'use_dpop_nonce'}",
                        List.of("DPoP"),
                        "",
                        "{'type':'error','message':'A DPoP nonce is required','code':'use_dpop_nonce'}",
                        1008,
                        "A DPoP nonce is required"),
                Arguments.of(
                        "foreign",
                        421,
                        "{'status':421,'detail':'This server does not answer for that host'}",
                        List.of(),
                        "",
                        "{'type':'error','message':'This server does not answer for that host'}",
                        1008,
                        "This server does not answer for that host"),
                Arguments.of(
                        "soon",
                        503,
                        "{'status':503,'detail':'One moment'}",
                        List.of(),
                        "1",
                        "{'type':'error','message':'One moment'}",
                        1013,
                        "One moment"),
                Arguments.of(
                        "forbidden",
                        403,
                        "{'status':403,'detail':'Not allowed'}",
                        List.of(),
                        "",
                        "{'type':'error','message':'Not allowed'}",
                        1008,
                        "Not allowed"),
                Arguments.of(
                        "down",
                        503,
                        "{'status':503,'detail':'The issuer is down'}",
                        List.of(),
                        "60",
                        "{'type':'error','message':'The issuer is down'}",
                        1013,
                        "The issuer is down"));
    }

    private static String[] fields(String token, String... more) {
        return Stream.concat(
                        token.isEmpty() ? Stream.of() : Stream.of("authorization", "Bearer " + token), Stream.of(more))
                .toArray(String[]::new);
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void isAProblemOverHttp(String token, int status, String body, List<String> challenges, String retryAfter) {
        SignalingServer server = server(RejectionMode.AUTO);
        HandshakeDecision.Reject reject =
                (HandshakeDecision.Reject) server.handshake(SignalingServer.PATH, fields(token))
                        .toCompletableFuture()
                        .join();
        assertThat(reject.status()).isEqualTo(status);
        assertThat(reject.text()).isEqualTo(Agent.json(body));
        assertThat(reject.fields().all("content-type")).containsExactly("application/problem+json");
        assertThat(reject.fields().all("cache-control")).containsExactly("no-store");
        assertThat(reject.fields().all("vary")).containsExactly("Authorization, DPoP, Origin");
        assertThat(reject.fields().all("www-authenticate")).isEqualTo(challenges);
        assertThat(reject.fields().first("retry-after"))
                .isEqualTo(Optional.of(retryAfter).filter(r -> !r.isEmpty()));
        server.checkNothingIsLeft();
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void isTheSameProblemForWhoWantsATicket(
            String token, int status, String body, List<String> challenges, String retryAfter) {
        SignalingServer server = server(RejectionMode.AUTO);
        InMemoryExchange exchange = server.request("POST", SignalingServer.PATH, fields(token, "origin", PAGE));
        assertThat(exchange.isComplete()).isTrue();
        assertThat(exchange.status()).isEqualTo(status);
        assertThat(exchange.responseText()).isEqualTo(Agent.json(body));
        var sent = exchange.responseHead().orElseThrow().fields();
        assertThat(sent.all("content-type")).containsExactly("application/problem+json");
        assertThat(sent.all("cache-control")).containsExactly("no-store");
        assertThat(sent.all("www-authenticate")).isEqualTo(challenges);
        assertThat(sent.first("retry-after")).isEqualTo(Optional.of(retryAfter).filter(r -> !r.isEmpty()));
        assertThat(sent.all("access-control-allow-origin")).containsExactly(PAGE);
        assertThat(sent.all("access-control-expose-headers"))
                .containsExactly("www-authenticate, retry-after, dpop-nonce");
        assertThat(sent.all("dpop-nonce")).isEqualTo(token.equals("strange") ? List.of("n-1") : List.of());
        assertThat(server.podbridge().diagnostics().unusedTickets()).isZero();
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void isOneMessageAndACloseInBand(
            String token,
            int status,
            String body,
            List<String> challenges,
            String retryAfter,
            String message,
            int code,
            String reason) {
        SignalingServer server = server(RejectionMode.AUTO);
        Agent page = server.open("page", SignalingServer.PATH, fields(token, "origin", PAGE));
        assertThat(page.hears()).containsExactly(Agent.json(message));
        assertThat(page.connection().closeStatus()).contains(new CloseStatus(code, reason));
        server.checkNothingIsLeft();
    }

    @ParameterizedTest
    @CsvSource({
        "AUTO, '', false",
        "AUTO, https://app.example, true",
        "AUTO, null, true",
        "HTTP, '', false",
        "HTTP, https://app.example, false",
        "IN_BAND, '', true",
        "IN_BAND, https://app.example, true"
    })
    void takesTheFormOfItsMode(RejectionMode mode, String origin, boolean inBand) {
        SignalingServer server = server(mode);
        String[] fields = origin.isEmpty() ? new String[0] : new String[] {"origin", origin};
        assertThat(server.handshake(SignalingServer.PATH, fields)
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(inBand ? HandshakeDecision.Accept.class : HandshakeDecision.Reject.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"AUTO", "HTTP", "IN_BAND"})
    void doesNotConcernWhoIsLetIn(RejectionMode mode) {
        SignalingServer server = server(mode);
        assertThat(server.open("alice", SignalingServer.PATH, fields("good", "origin", PAGE))
                        .hears())
                .hasSize(1);
        server.checkNothingIsLeft();
    }

    @Test
    void inBandLeavesNoStateAndHearsNothing() {
        SignalingServer server = server(RejectionMode.IN_BAND);
        Agent alice = server.open("alice", SignalingServer.PATH, fields("good"));
        alice.hears();
        HandshakeDecision.Accept refused = (HandshakeDecision.Accept) server.handshake(SignalingServer.PATH, fields(""))
                .toCompletableFuture()
                .join();
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(1);

        Agent page = server.open("page", SignalingServer.PATH);
        page.connection().ignoreClose();
        page.says("{'type':'hangup','to':'https://alice.example/#me'}");
        page.connection().receivePong();
        assertThat(page.hears()).hasSize(1);
        assertThat(alice.hears()).isEmpty();
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(1);
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(1);
        assertThat(refused.subprotocol()).isEmpty();
        server.checkNothingIsLeft();
    }

    @Test
    void inBandCountsAsAConnectionOfItsAddress() {
        SignalingServer server = SignalingServer.start(builder -> builder.authProvider(PROVIDER)
                .rejectionMode(RejectionMode.IN_BAND)
                .limits(Limits.builder()
                        .rates(RateLimits.builder()
                                .limit(RateLimits.Counted.CONNECTIONS, RateLimits.Scope.ADDRESS, Rate.perMinute(1, 3))
                                .build())
                        .build()));
        server.requestsComeFrom("192.0.2.1");
        for (int i = 0; i < 3; i++) {
            assertThat(server.open("page", SignalingServer.PATH, fields("bad")).hears())
                    .containsExactly(Agent.json("{'type':'error','message':'It is \\'bad\\'','code':'invalid_token'}"));
        }
        Agent fourth = server.open("page", SignalingServer.PATH, fields("good"));
        assertThat(fourth.hears()).containsExactly(Agent.error("Rate limit: connections per address"));
        assertThat(server.podbridge().diagnostics().connections()).isZero();
        server.checkNothingIsLeft();
    }

    @Test
    void inBandBreaksTheConnectionOffIfItCannotBeSaid() {
        SignalingServer server = server(RejectionMode.IN_BAND);
        HandshakeDecision.Accept refused = (HandshakeDecision.Accept)
                server.handshake(SignalingServer.PATH).toCompletableFuture().join();
        List<String> calls = new ArrayList<>();
        refused.listener().onOpen(new Connection() {
            @Override
            public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
                calls.add("send");
                completion.failed(new IOException("gone"));
            }

            @Override
            public boolean tryPing() {
                return false;
            }

            @Override
            public void close(CloseStatus status) {
                calls.add("close");
            }

            @Override
            public void abort() {
                calls.add("abort");
            }

            @Override
            public void pause(boolean paused) {
                calls.add("pause");
            }
        });
        assertThat(calls).containsExactly("send", "abort");
    }

    @Test
    void isTheSameForTunnelClients() {
        SignalingServer server = server(RejectionMode.AUTO);
        HandshakeDecision.Reject reject = (HandshakeDecision.Reject)
                server.handshake("/.tunnel", fields("")).toCompletableFuture().join();
        assertThat(reject.text()).isEqualTo(Agent.json("{'status':401,'detail':'Authentication is required'}"));
        assertThat(reject.fields().all("www-authenticate"))
                .containsExactly("DPoP realm=\"https://pod.example/.tunnel\"", "Bearer");
        Agent page = server.open("page", "/.tunnel", fields("", "origin", PAGE));
        assertThat(page.hears()).containsExactly(Agent.error("Authentication required"));
        assertThat(page.connection().closeStatus()).contains(new CloseStatus(1008, "Authentication required"));
    }
}
