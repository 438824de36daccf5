package org.podbridge.turn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.Endpoint;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.InMemoryExchange;

class TurnResourceTest {

    private static final String PATH = "/.turn/credentials";
    private static final String SECRET = "a secret of the two servers";
    private static final String[] ALICE = {"authorization", "Bearer token-of-alice"};
    /**
     * An hour after the beginning of 2026, and {@code printf 1767229200 | openssl dgst -sha1 -hmac ... -binary |
     * base64}.
     */
    private static final String USERNAME = "1767229200";

    private static final String PASSWORD = "KNoeR2yRW72izijXtmNjbZg9j30=";

    private static TurnSettings.Builder settings() {
        return TurnSettings.builder()
                .uri("turn:turn.example:3478?transport=udp")
                .uri("turns:turn.example:5349")
                .secret(SECRET);
    }

    @RegisterExtension
    final SignalingServer server =
            SignalingServer.start(builder -> builder.turn(settings().build()).limits(Limits.defaults()));

    @Test
    void givesCredentialsThatCoturnAccepts() {
        InMemoryExchange exchange = server.request("GET", PATH, ALICE);
        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.isComplete()).isTrue();
        assertThat(exchange.responseText())
                .isEqualTo(Agent.json("{'username':'" + USERNAME + "','password':'" + PASSWORD + "','ttl':3600,"
                        + "'uris':['turn:turn.example:3478?transport=udp','turns:turn.example:5349'],"
                        + "'iceServers':[{'urls':['turn:turn.example:3478?transport=udp','turns:turn.example:5349'],"
                        + "'username':'" + USERNAME + "','credential':'" + PASSWORD + "'}]}"));
        assertThat(exchange.responseHead().orElseThrow().fields().asList().stream()
                        .map(field -> field.name() + ": " + field.value()))
                .containsExactly(
                        "content-type: application/json",
                        "cache-control: no-store",
                        "content-length: " + exchange.responseBytes().length);
        assertThat(server.request("POST", PATH, ALICE).responseText()).isEqualTo(exchange.responseText());
    }

    @Test
    void letsAnyPageWithACredentialReadThem() {
        InMemoryExchange exchange =
                server.request("GET", PATH, "authorization", "Bearer token-of-alice", "origin", "https://app.example");
        HeaderFields fields = exchange.responseHead().orElseThrow().fields();
        assertThat(fields.first("access-control-allow-origin")).contains("https://app.example");
        assertThat(fields.contains("access-control-allow-credentials")).isFalse();
        assertThat(fields.first("cache-control")).contains("no-store");
        InMemoryExchange preflight = server.request("OPTIONS", PATH, "origin", "https://app.example");
        assertThat(preflight.status()).isEqualTo(204);
        assertThat(preflight.responseHead().orElseThrow().fields().first("access-control-allow-headers"))
                .contains("authorization, dpop, content-type");
    }

    @Test
    void givesNothingToStrangers() {
        for (String[] fields : new String[][] {{}, {"authorization", "Bearer wrong"}, {"cookie", "session=1"}}) {
            InMemoryExchange exchange = server.request("GET", PATH, fields);
            assertThat(exchange.status()).isEqualTo(401);
            assertThat(exchange.responseText()).doesNotContain("username");
            assertThat(exchange.responseHead().orElseThrow().fields().first("cache-control"))
                    .contains("no-store");
        }
        String ticket = server.request("POST", "/.webrtc", ALICE).responseText();
        var matcher = Pattern.compile("tk_[A-Za-z0-9_-]+").matcher(ticket);
        assertThat(matcher.find()).isTrue();
        assertThat(server.request("GET", PATH + "?token=" + matcher.group()).status())
                .isEqualTo(401);
    }

    @Test
    void givesNothingToWhomThePolicyDenies() {
        server.policy().connectsIf(webId -> !webId.equals(SignalingServer.webId("alice")));
        assertThat(server.request("GET", PATH, ALICE).status()).isEqualTo(403);
        assertThat(server.request("GET", PATH, "authorization", "Bearer token-of-bob")
                        .status())
                .isEqualTo(200);
    }

    @Test
    void sendsNoContentToAHead() {
        InMemoryExchange exchange = server.request("HEAD", PATH, ALICE);
        assertThat(exchange.status()).isEqualTo(200);
        assertThat(exchange.responseText()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "PATCH", "TRACE", "get"})
    void knowsNoOtherMethods(String method) {
        InMemoryExchange exchange = server.request(method, PATH, ALICE);
        assertThat(exchange.status()).isEqualTo(405);
        assertThat(exchange.responseHead().orElseThrow().fields().first("allow"))
                .contains("GET, HEAD, OPTIONS, POST");
    }

    @Test
    void refusesAnAgentThatAsksTooOften() {
        for (int i = 0; i < 10; i++) {
            assertThat(server.request("GET", PATH, ALICE).status()).isEqualTo(200);
        }
        InMemoryExchange exchange = server.request("GET", PATH, ALICE);
        assertThat(exchange.status()).isEqualTo(429);
        assertThat(exchange.responseText())
                .isEqualTo(Agent.json("{'status':429,'detail':'Rate limit: turn credentials per identity'}"));
        assertThat(exchange.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("6");
        assertThat(server.request("GET", PATH, "authorization", "Bearer token-of-bob")
                        .status())
                .isEqualTo(200);
        server.scheduler().advance(Duration.ofSeconds(6));
        assertThat(server.request("GET", PATH, ALICE).status()).isEqualTo(200);
    }

    @Test
    void isTheHostsUnlessThereIsASecret() {
        Podbridge without = SignalingServer.start().podbridge();
        assertThat(without.route(RequestHead.builder("GET", PATH).build())).isEqualTo(new Route.Host());
        Podbridge elsewhere = SignalingServer.start(
                        builder -> builder.turn(settings().build()).turnPath("/ice"))
                .podbridge();
        assertThat(elsewhere.route(RequestHead.builder("GET", PATH).build())).isEqualTo(new Route.Host());
        assertThat(elsewhere.route(RequestHead.builder("GET", "/ice?x").build()))
                .isInstanceOf(Route.Http.class);
    }

    @Test
    void refusesAPathThatHidesAnother() {
        Podbridge.Builder builder = Podbridge.builder()
                .publicUri(URI.create("https://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of()))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .turnPath("/.webrtc");
        builder.build(); // as long as nobody uses it
        builder.turn(settings().build());
        assertThatThrownBy(builder::build).hasMessage("turnPath /.webrtc is the path of a WebSocket");
        builder.turnPath("/tunnel/x");
        assertThatThrownBy(builder::build).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void asksTheProviderForThisPurpose() {
        SignalingServer curious =
                SignalingServer.start(builder -> builder.turn(settings().build())
                        .authProvider(request -> {
                            assertThat(request.endpoint()).isEqualTo(Endpoint.TURN);
                            assertThat(request.uri()).isEqualTo(URI.create("https://pod.example/.turn/credentials"));
                            return AuthProvider.fixed(Map.of("t", SignalingServer.webId("alice")))
                                    .authenticate(request);
                        }));
        assertThat(curious.request("GET", PATH, "authorization", "Bearer t").status())
                .isEqualTo(200);
    }

    @Test
    void acceptsCredentialsOfThePreviousSecretUntilTheyEnd() {
        Instant start = Instant.parse("2026-01-01T00:00:00Z");
        TurnCredentials.Credential old = new TurnCredentials(settings().build(), () -> start).create();
        TurnSettings rotated = settings()
                .secret("another secret of the two")
                .previousSecret(SECRET)
                .build();
        TurnCredentials.Credential young = new TurnCredentials(rotated, () -> start).create();
        assertThat(old).isEqualTo(new TurnCredentials.Credential(USERNAME, PASSWORD));
        assertThat(young.password()).isNotEqualTo(PASSWORD);
        for (TurnCredentials.Credential credential : List.of(old, young)) {
            assertThat(new TurnCredentials(rotated, () -> start).accepts(credential))
                    .isTrue();
            assertThat(new TurnCredentials(rotated, () -> start.plusSeconds(3_599)).accepts(credential))
                    .isTrue();
            assertThat(new TurnCredentials(rotated, () -> start.plusSeconds(3_600)).accepts(credential))
                    .isFalse();
        }
        assertThat(new TurnCredentials(settings().build(), () -> start).accepts(young))
                .isFalse();
        for (String username : new String[] {"1767229201", "", "x", "-1", "99999999999999999999"}) {
            assertThat(new TurnCredentials(rotated, () -> start)
                            .accepts(new TurnCredentials.Credential(username, PASSWORD)))
                    .isFalse();
        }
    }

    @Test
    void neverShowsASecret() {
        TurnSettings settings = settings().build();
        TurnCredentials credentials = new TurnCredentials(settings, Instant::now);
        assertThat(settings + " " + credentials.create())
                .doesNotContain(SECRET)
                .doesNotContain(credentials.create().password());
        assertThatThrownBy(() -> TurnSettings.builder().secret("too short"))
                .hasMessage("secret: 9 characters (expected: at least 16)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "turn.example",
                "http://turn.example",
                "turn://turn.example",
                "turn:turn.example?transport=sctp",
                "turn:user@turn.example",
                "turn:turn.example\r\n",
                "turn:a b"
            })
    void refusesUrisThatAreNone(String uri) {
        assertThatThrownBy(() -> TurnSettings.builder().uri(uri))
                .hasMessage("uri: " + uri + " (expected: like turn:turn.example:3478)");
    }

    @Test
    void demandsAServerAndASecret() {
        assertThatThrownBy(() -> TurnSettings.builder().secret(SECRET).build())
                .hasMessage("uri is missing: name a TURN server");
        assertThatThrownBy(() ->
                        TurnSettings.builder().uri("turn:[2001:db8::1]:3478").build())
                .hasMessage("secret is missing: name the one that the TURN server knows");
        assertThatThrownBy(() -> settings().lifetime(Duration.ofSeconds(59)))
                .hasMessage("lifetime: PT59S (expected: PT1M to PT24H)");
        assertThatThrownBy(() -> settings().lifetime(Duration.ofHours(25)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
