package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.turn.TurnSettings;

/** Which hosts a server answers for. */
class HostTest {

    private static final String FOREIGN = "{\"status\":421,\"detail\":\"This server does not answer for that host\"}";

    private final List<AuthRequest> asked = new ArrayList<>();

    private SignalingServer server(String... publicUris) {
        return SignalingServer.start(builder -> {
            for (String uri : publicUris) {
                builder.publicUri(URI.create(uri));
            }
            return builder.turn(TurnSettings.builder()
                            .uri("turn:turn.example")
                            .secret("0123456789abcdef0123456789abcdef")
                            .build())
                    .authProvider(request -> {
                        asked.add(request);
                        return CompletableFuture.completedStage(new AuthResult.NoCredentials());
                    });
        });
    }

    private HandshakeDecision.Reject handshake(SignalingServer server, String path, String... fields) {
        return (HandshakeDecision.Reject)
                server.handshake(path, fields).toCompletableFuture().join();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "pod.example:8443",
                "pod.example:80",
                "pod.example.",
                "pod.example.evil.example",
                "evil.pod.example",
                "alice@pod.example",
                "pod.example@evil.example",
                "pod.example/",
                "pod.example,evil.example",
                "pod.example evil.example",
                "pod.example:443:443",
                "pod.example:x",
                "localhost",
                "127.0.0.1",
                "[::1]",
                "[::1",
                "",
                " ",
                "pod\u0435.example"
            })
    void refusesAHostThatIsNotItsOwnBeforeAnybodyIsAsked(String host) {
        SignalingServer server = server();
        server.requestsName(host);
        for (String path : List.of("/.webrtc", "/.tunnel")) {
            HandshakeDecision.Reject reject = handshake(server, path, "authorization", "Bearer x");
            assertThat(reject.status()).isEqualTo(421);
            assertThat(reject.text()).isEqualTo(FOREIGN);
            assertThat(reject.fields().contains("www-authenticate")).isFalse();
            var mint = server.request("POST", path, "authorization", "Bearer x");
            assertThat(mint.status()).isEqualTo(421);
            assertThat(mint.responseText()).isEqualTo(FOREIGN);
        }
        assertThat(server.request("GET", "/.turn/credentials", "authorization", "Bearer x")
                        .status())
                .isEqualTo(421);
        assertThat(asked).isEmpty();
    }

    @Test
    void refusesARequestThatNamesNoHost() {
        SignalingServer server = server();
        server.requestsName(null);
        assertThat(handshake(server, "/.webrtc").status()).isEqualTo(421);
        assertThat(asked).isEmpty();
    }

    @Test
    void saysSoInBandToAPage() {
        SignalingServer server = server();
        server.requestsName("evil.example");
        Agent page = server.open("page", "/.webrtc", "origin", "https://evil.example");
        assertThat(page.hears()).containsExactly(Agent.error("This server does not answer for that host"));
        assertThat(page.connection().closeStatus())
                .contains(new CloseStatus(1008, "This server does not answer for that host"));
        server.checkNothingIsLeft();
    }

    @Test
    void redeemsNoTicketThere() {
        SignalingServer server = SignalingServer.start();
        String ticket = server.mint("alice");
        server.requestsName("evil.example");
        assertThat(handshake(server, "/.webrtc?token=" + ticket).status()).isEqualTo(421);
        assertThat(server.podbridge().diagnostics().unusedTickets()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pod.example",
                "POD.EXAMPLE",
                "pod.example:443",
                "pod.example:",
                "[2001:db8::1]:8443",
                "x.test:81"
            })
    void answersForEachOfItsOwn(String host) {
        SignalingServer server = server("https://[2001:db8::1]:8443", "http://x.test:81");
        server.requestsName(host);
        assertThat(handshake(server, "/.webrtc").status()).isEqualTo(401);
        assertThat(asked).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "x-forwarded-host, evil.example",
        "x-forwarded-host, other.example",
        "x-forwarded-proto, http",
        "x-forwarded-port, 8443",
        "x-forwarded-prefix, /evil",
        "x-original-host, evil.example",
        "forwarded, host=evil.example;proto=http",
    })
    void caresForNothingThatAProxyMayHaveSaid(String field, String value) {
        SignalingServer server = server("https://other.example");
        handshake(server, "/.webrtc", field, value);
        assertThat(asked).hasSize(1);
        assertThat(asked.get(0).uri()).isEqualTo(URI.create("https://pod.example/.webrtc"));

        server.requestsName("evil.example");
        assertThat(handshake(server, "/.webrtc", "x-forwarded-host", "pod.example", "forwarded", "host=pod.example")
                        .status())
                .isEqualTo(421);
    }

    private static Podbridge.Builder builder(String publicUri) {
        return Podbridge.builder()
                .publicUri(URI.create(publicUri))
                .authProvider(AuthProvider.anonymous())
                .accessPolicy(AccessPolicy.anyAuthenticated());
    }

    @ParameterizedTest
    @CsvSource({
        "localhost:3000, 401, http://localhost:3000/.webrtc",
        "127.0.0.1:3000, 401, http://127.0.0.1:3000/.webrtc",
        "127.0.0.1:4000, 401, http://127.0.0.1:4000/.webrtc",
        "[::1]:3000, 401, http://[::1]:3000/.webrtc",
        "pod.localhost, 401, http://pod.localhost/.webrtc",
        "evil.example, 421, ''",
        "evil.example:3000, 421, ''",
        "localhost.evil.example:3000, 421, ''",
        "127.0.0.1.evil.example:3000, 421, ''",
        "192.0.2.1:3000, 421, ''",
    })
    void canAnswerForEveryLoopbackName(String host, int status, String uri) {
        Podbridge podbridge = builder("http://localhost:3000")
                .anyLoopbackHost(true)
                .authProvider(request -> {
                    asked.add(request);
                    return CompletableFuture.completedStage(new AuthResult.NoCredentials());
                })
                .build();
        var head = RequestHead.builder("GET", "/.webrtc")
                .authority(host)
                .fields(HeaderFields.of("upgrade", "websocket"))
                .build();
        var decision = ((Route.WebSocket) podbridge.route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture()
                .join();
        assertThat(((HandshakeDecision.Reject) decision).status()).isEqualTo(status);
        assertThat(asked.stream().map(request -> request.uri().toString()).toList())
                .isEqualTo(uri.isEmpty() ? List.of() : List.of(uri));
    }

    @Test
    void canDoSoOnlyIfItHasNoOtherName() {
        assertThatIllegalStateException()
                .isThrownBy(() -> builder("http://localhost:3000")
                        .publicUri(URI.create("https://pod.example"))
                        .anyLoopbackHost(true)
                        .build())
                .withMessage("anyLoopbackHost is for loopback names only, not for https://pod.example");
    }
}
