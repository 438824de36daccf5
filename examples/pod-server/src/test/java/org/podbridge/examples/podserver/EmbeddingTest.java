package org.podbridge.examples.podserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.LocalConnector;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.podbridge.Podbridge;
import org.podbridge.auth.AuthError;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Challenge;
import org.podbridge.auth.Credential;
import org.podbridge.auth.Identity;
import org.podbridge.identity.WebId;
import org.podbridge.jetty.PodbridgeHandler;
import org.podbridge.limits.Limits;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimits;
import org.podbridge.limits.RateLimits.Counted;
import org.podbridge.limits.RateLimits.Scope;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.turn.TurnSettings;

/**
 * Runs what the documentation shows. Each region between {@code begin} and {@code end} is a code block of README.md or
 * docs/embedding.md; {@link DocumentationTest} holds the two equal.
 */
@Timeout(60)
class EmbeddingTest {

    private static final WebId ALICE = WebId.of("https://pod.example/alice/profile/card#me");
    private static final WebId MALLORY = WebId.of("https://mallory.example/#me");

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final Server server = new Server();
    private URI local = URI.create("http://127.0.0.1");

    @BeforeEach
    void listen() throws Exception {
        ServerConnector connector = new ServerConnector(server);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        connector.open();
        local = URI.create("http://127.0.0.1:" + connector.getLocalPort());
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    /** Lets requests name a host as they do behind a proxy that hands on what its clients named. */
    private void behindAProxyFor(String host) {
        HttpConfiguration configuration = server.getConnectors()[0]
                .getConnectionFactory(HttpConnectionFactory.class)
                .getHttpConfiguration();
        configuration.addCustomizer((request, responseFields) -> new Request.Wrapper(request) {
            @Override
            public HttpFields getHeaders() {
                return HttpFields.build(super.getHeaders()).put(HttpHeader.HOST, host);
            }

            @Override
            public HttpURI getHttpURI() {
                return HttpURI.build(super.getHttpURI()).authority(host, -1);
            }
        });
    }

    @Test
    void podbridgeTakesItsOwnRequestsAndTheHostGetsTheRest() throws Exception {
        AuthProvider authProvider = AuthProvider.fixed(Map.of("secret", ALICE));
        Set<WebId> owners = Set.of(ALICE);
        Handler podHandler = new PodHandler();

        // begin: mount
        Podbridge podbridge = Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(authProvider)
                .accessPolicy(AccessPolicy.ownersOnly(owners))
                .build();
        server.setHandler(new PodbridgeHandler(podbridge, podHandler));
        // end: mount
        behindAProxyFor("pod.example");
        server.start();

        assertThat(get("/anything").body()).isEqualTo("the pod");
        assertThat(get("/.webrtc").statusCode()).isEqualTo(426);
        assertThat(get("/tunnel/nobody/").statusCode()).isEqualTo(502);
        assertThat(firstMessage("token=secret")).contains("\"you\":\"" + ALICE + "\"");

        // begin: stop
        podbridge.close();
        server.stop();
        // end: stop
        assertThat(server.isStopped()).isTrue();
    }

    @Test
    void tunnelsCanBeFitted() throws Exception {
        // begin: tunnels
        Podbridge podbridge = Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of("secret", ALICE)))
                .accessPolicy(AccessPolicy.ownersOnly(Set.of(ALICE)))
                .tunnelHost("pod-tunnels.example")
                .sessionCookies(Set.of("session"))
                .limits(Limits.builder()
                        .nameLease(Duration.ofMinutes(10))
                        .maxRequestBodyBytes(1024 * 1024)
                        .build())
                .build();
        // end: tunnels
        LocalConnector connector = new LocalConnector(server);
        server.addConnector(connector);
        server.setHandler(new PodbridgeHandler(podbridge, new PodHandler()));
        server.start();

        assertThat(connector.getResponse("GET / HTTP/1.1\r\nHost: pod.example\r\n\r\n"))
                .contains("the pod");
        assertThat(connector.getResponse("GET / HTTP/1.1\r\nHost: site.pod-tunnels.example\r\n\r\n"))
                .contains("Tunnel not connected");
    }

    @Test
    void signalingCanBeFitted() throws Exception {
        String turnSecret = "a secret from a file";
        // begin: signaling
        Podbridge podbridge = Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of("secret", ALICE)))
                .accessPolicy(AccessPolicy.ownersOnly(Set.of(ALICE)))
                .anonymousRooms(true)
                .turn(TurnSettings.builder()
                        .uri("turn:turn.example:3478?transport=udp")
                        .secret(turnSecret)
                        .build())
                .limits(Limits.builder()
                        .maxRoomsPerConnection(20)
                        .rates(RateLimits.builder()
                                .limit(Counted.CONNECTIONS, Scope.ADDRESS, Rate.perSecond(5, 100))
                                .unlimited(Counted.OFFERS, Scope.ADDRESS)
                                .build())
                        .build())
                .build();
        // end: signaling
        LocalConnector connector = new LocalConnector(server);
        server.addConnector(connector);
        server.setHandler(new PodbridgeHandler(podbridge, new PodHandler()));
        server.start();

        assertThat(connector.getResponse(
                        "GET /.turn/credentials HTTP/1.1\r\nHost: pod.example\r\nAuthorization: Bearer secret\r\n\r\n"))
                .contains("\"iceServers\":[{\"urls\":[\"turn:turn.example:3478?transport=udp\"]");
        assertThat(connector.getResponse("GET /.turn/credentials HTTP/1.1\r\nHost: pod.example\r\n\r\n"))
                .contains("401");
    }

    /** What stands for a pod. */
    private static final class PodHandler extends Handler.Abstract.NonBlocking {
        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            response.write(true, StandardCharsets.UTF_8.encode("the pod"), callback);
            return true;
        }
    }

    @Nested
    class ASession {

        @BeforeEach
        void start() throws Exception {
            Set<WebId> owners = Set.of(ALICE);
            Handler podHandler = new PodHandler();

            // begin: session
            AuthProvider hostSession = AuthProvider.host(request -> request.hostPrincipal()
                    .map(principal -> Identity.builder(WebId.of(principal.getName()), "session")
                            .ambient(true)
                            .build()));
            // end: session
            Podbridge podbridge = Podbridge.builder()
                    .publicUri(local)
                    .authProvider(hostSession)
                    .accessPolicy(AccessPolicy.ownersOnly(owners))
                    .build();
            Handler.Wrapper sessionHandler = new SessionHandler();
            // begin: session-handler
            sessionHandler.setHandler(new PodbridgeHandler(podbridge, podHandler));
            server.setHandler(sessionHandler);
            // end: session-handler
            server.start();
        }

        @Test
        void letsItsAgentInFromTheServersOwnPages() throws Exception {
            HttpResponse<String> response = post("cookie", "session=alice", "origin", local.toString());

            assertThat(response.statusCode()).isEqualTo(200);
            String ticket = response.body().replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
            assertThat(firstMessage("token=" + ticket, "origin", local.toString()))
                    .contains("\"you\":\"" + ALICE + "\"");
        }

        @Test
        void letsNobodyInFromOtherPages() throws Exception {
            assertThat(post("cookie", "session=alice", "origin", "https://mallory.example")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(post("cookie", "session=alice").statusCode()).isEqualTo(403);
        }

        @Test
        void letsNobodyInWithoutIt() throws Exception {
            assertThat(post("origin", local.toString()).statusCode()).isEqualTo(401);
        }
    }

    /** What a host has that knows its agents by a cookie. */
    private static final class SessionHandler extends Handler.Wrapper {
        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            if (request.getHeaders().contains(HttpHeader.COOKIE, "session=alice")) {
                Request.setAuthenticationState(request, new Request.AuthenticationState() {
                    @Override
                    public Principal getUserPrincipal() {
                        return ALICE::value;
                    }
                });
            }
            return super.handle(request, response, callback);
        }
    }

    @Nested
    class ABearerToken {

        @BeforeEach
        void start() throws Exception {
            TokenStore store = new TokenStore();
            // begin: chain
            AuthProvider authProvider = AuthProvider.firstOf(new PodTokens(store), hostSession());
            // end: chain
            Podbridge podbridge = Podbridge.builder()
                    .publicUri(local)
                    .authProvider(authProvider)
                    .accessPolicy(AccessPolicy.ownersOnly(Set.of(ALICE)))
                    .build();
            server.setHandler(new PodbridgeHandler(podbridge, new PodHandler()));
            server.start();
        }

        @Test
        void standsForItsAgent() throws Exception {
            assertThat(post("authorization", "Bearer of-alice").statusCode()).isEqualTo(200);
            assertThat(firstMessage("", "authorization", "Bearer of-alice")).contains("\"you\":\"" + ALICE + "\"");
            assertThat(firstMessage("token=of-alice")).contains("\"you\":\"" + ALICE + "\"");
        }

        @Test
        void isRefusedWhenItIsUnknown() throws Exception {
            HttpResponse<String> response = post("authorization", "Bearer nonsense");

            assertThat(response.statusCode()).isEqualTo(401);
            assertThat(response.body()).contains("The token is unknown or expired");
        }

        @Test
        void isNotEnoughForSomebodyWhoHasNoPodHere() throws Exception {
            assertThat(post("authorization", "Bearer of-mallory").statusCode()).isEqualTo(403);
        }

        @Test
        void isAskedForWhereThereIsNone() throws Exception {
            HttpResponse<String> response = post();

            assertThat(response.statusCode()).isEqualTo(401);
            assertThat(response.headers().firstValue("www-authenticate")).contains("Bearer realm=\"127.0.0.1\"");
        }
    }

    private static AuthProvider hostSession() {
        return AuthProvider.host(request -> Optional.empty());
    }

    // begin: bearer
    /** Knows the tokens that the pod server itself gives out. */
    static final class PodTokens implements AuthProvider {

        private final TokenStore store;

        PodTokens(TokenStore store) {
            this.store = store;
        }

        @Override
        public CompletionStage<AuthResult> authenticate(AuthRequest request) {
            for (Credential credential : request.credentials()) {
                if (credential.scheme().equalsIgnoreCase("Bearer")) {
                    return store.find(credential.value()).thenApply(PodTokens::judge);
                }
            }
            return CompletableFuture.completedStage(new AuthResult.NoCredentials());
        }

        private static AuthResult judge(Optional<Token> token) {
            if (token.isEmpty()) {
                return new AuthResult.Rejected(AuthError.invalidToken("The token is unknown or expired"));
            }
            return new AuthResult.Authenticated(Identity.builder(token.get().owner(), "pod-token")
                    .expiresAt(token.get().expiresAt())
                    .build());
        }

        @Override
        public List<Challenge> challenges(AuthRequest request) {
            return List.of(new Challenge("Bearer", Map.of("realm", request.uri().getHost())));
        }
    }
    // end: bearer

    record Token(WebId owner, Instant expiresAt) {}

    /** What a host has that gives out tokens. */
    static final class TokenStore {
        CompletionStage<Optional<Token>> find(String token) {
            @Nullable WebId owner = switch (token) {
                case "of-alice" -> ALICE;
                case "of-mallory" -> MALLORY;
                default -> null;
            };
            return CompletableFuture.supplyAsync(() -> Optional.ofNullable(owner)
                    .map(webId -> new Token(webId, Instant.now().plus(Duration.ofHours(1)))));
        }
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(local + path)).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String... fields) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(local + "/.webrtc")).POST(BodyPublishers.noBody());
        return client.send((fields.length == 0 ? request : request.headers(fields)).build(), BodyHandlers.ofString());
    }

    private String firstMessage(String query, String... fields) throws Exception {
        CompletableFuture<String> message = new CompletableFuture<>();
        WebSocket.Builder builder = client.newWebSocketBuilder();
        for (int i = 0; i < fields.length; i += 2) {
            builder.header(fields[i], fields[i + 1]);
        }
        WebSocket webSocket = builder.buildAsync(
                        URI.create(local.toString().replaceFirst("http", "ws") + "/.webrtc?" + query),
                        new WebSocket.Listener() {
                            @Override
                            public CompletionStage<?> onText(WebSocket from, CharSequence text, boolean last) {
                                message.complete(text.toString());
                                return CompletableFuture.completedStage(null);
                            }
                        })
                .get(20, TimeUnit.SECONDS);
        try {
            return message.get(20, TimeUnit.SECONDS);
        } finally {
            webSocket.abort();
        }
    }
}
