package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Route;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;
import org.podbridge.testkit.InMemoryExchange;

/** What plain HTTP finds on the path of a WebSocket. */
class SocketResourceTest {

    private static final String PAGE = "https://app.example";
    private static final String DESCRIPTION =
            Agent.json("{'protocol':'webrtc-signaling','dialects':['identity','rooms','tracker'],"
                    + "'extensions':[],'limits':{'maxMessageBytes':65536}}");

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    @Test
    void describesTheEndpointToAGet() {
        InMemoryExchange exchange = server.request("GET", "/.webrtc");
        assertThat(exchange.status()).isEqualTo(426);
        assertThat(exchange.isComplete()).isTrue();
        assertThat(exchange.responseText()).isEqualTo(DESCRIPTION);
        assertThat(exchange.responseHead().orElseThrow().fields().asList().stream()
                        .map(field -> field.name() + ": " + field.value()))
                .containsExactly(
                        "upgrade: websocket",
                        "connection: upgrade",
                        "content-type: application/json",
                        "cache-control: no-cache",
                        "content-length: " + DESCRIPTION.length());
    }

    @Test
    void describesItEveryTime() {
        server.request("GET", "/.webrtc");
        assertThat(server.request("GET", "/.webrtc").responseText()).isEqualTo(DESCRIPTION);
    }

    @Test
    void namesTheLimitsThatAreSet() {
        SignalingServer small = SignalingServer.start(builder ->
                builder.limits(Limits.builder().maxSignalingMessageBytes(2_048).build()));
        assertThat(small.request("GET", "/.webrtc").responseText()).contains("\"maxMessageBytes\":2048");
    }

    @Test
    void answersAHeadWithTheSameFieldsAndNoContent() {
        InMemoryExchange exchange = server.request("HEAD", "/.webrtc");
        assertThat(exchange.status()).isEqualTo(426);
        assertThat(exchange.responseText()).isEmpty();
        HeaderFields fields = exchange.responseHead().orElseThrow().fields();
        assertThat(fields.first("upgrade")).contains("websocket");
        assertThat(fields.first("content-length")).contains("" + DESCRIPTION.length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "get", "post"})
    void knowsNoOtherMethods(String method) {
        InMemoryExchange exchange = server.request(method, "/.webrtc", "authorization", "Bearer token-of-alice");
        assertThat(exchange.status()).isEqualTo(405);
        assertThat(exchange.responseHead().orElseThrow().fields().first("allow"))
                .contains("GET, HEAD, OPTIONS, POST");
        assertThat(server.podbridge().diagnostics().unusedTickets()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/.webrtc", "/.tunnel"})
    void letsAnyPageAskForATicket(String path) {
        InMemoryExchange exchange = server.request(
                "OPTIONS",
                path,
                "origin",
                PAGE,
                "access-control-request-method",
                "POST",
                "access-control-request-headers",
                "authorization,dpop");
        assertThat(exchange.status()).isEqualTo(204);
        assertThat(exchange.isComplete()).isTrue();
        assertThat(exchange.responseHead().orElseThrow().fields().asList().stream()
                        .map(field -> field.name() + ": " + field.value()))
                .containsExactly(
                        "access-control-allow-origin: " + PAGE,
                        "access-control-expose-headers: www-authenticate, retry-after, dpop-nonce",
                        "vary: Origin",
                        "access-control-allow-methods: GET, POST",
                        "access-control-allow-headers: authorization, dpop, content-type",
                        "access-control-max-age: 600");
    }

    @Test
    void grantsNothingToNoOrigin() {
        HeaderFields fields = server.request("OPTIONS", "/.webrtc")
                .responseHead()
                .orElseThrow()
                .fields();
        assertThat(fields.contains("access-control-allow-origin")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"https://a\u010d\u010aset-cookie: b", "https://a b", "https://\u00e9.example"})
    void reflectsNoOriginThatIsNoOrigin(String origin) {
        HeaderFields fields = server.request("OPTIONS", "/.webrtc", "origin", origin)
                .responseHead()
                .orElseThrow()
                .fields();
        assertThat(fields.contains("access-control-allow-origin")).isFalse();
    }

    @Test
    void letsAnyPageReadTheDescription() {
        assertThat(server.request("GET", "/.webrtc", "origin", PAGE)
                        .responseHead()
                        .orElseThrow()
                        .fields()
                        .first("access-control-allow-origin"))
                .contains(PAGE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/.webrtc/", "/.webrtc/x", "/.WEBRTC", "/%2ewebrtc", "//.webrtc", "/.webrtcx", "/x/.webrtc"
            })
    void leavesOtherPathsToTheHost(String target) {
        assertThat(server.podbridge().route(RequestHead.builder("GET", target).build()))
                .isEqualTo(new Route.Host());
    }

    @Test
    void isFoundWithAnyQuery() {
        assertThat(server.request("GET", "/.webrtc?x=/y").status()).isEqualTo(426);
    }

    @Test
    void copesWithAVisitorThatLeavesBeforeTheProviderAnswers() {
        CompletableFuture<AuthResult> later = new CompletableFuture<>();
        SignalingServer slow = SignalingServer.start(builder -> builder.authProvider(request -> later));
        InMemoryExchange exchange = slow.request("POST", "/.webrtc", "authorization", "Bearer x");
        assertThat(exchange.responseHead()).isEmpty();
        exchange.leave();
        later.complete(new AuthResult.Authenticated(Identity.of(SignalingServer.webId("alice"), "test")));
        assertThat(exchange.isComplete()).isFalse();
        slow.checkNothingIsLeft();
    }

    @Test
    void breaksTheResponseOffIfItCannotBeginOne() {
        CompletableFuture<AuthResult> later = new CompletableFuture<>();
        SignalingServer slow = SignalingServer.start(builder -> builder.authProvider(request -> later));
        InMemoryExchange exchange = slow.request("POST", "/.webrtc", "authorization", "Bearer x");
        exchange.begin(new ResponseHead(500, HeaderFields.empty())); // the container was faster
        later.complete(new AuthResult.NoCredentials());
        assertThat(exchange.abortCause()).isPresent();
    }
}
