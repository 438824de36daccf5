package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

/** Case 131: an identity that rests on a cookie is good for the server's own pages only. */
class AmbientIdentityTest {

    @RegisterExtension
    final SignalingServer server =
            SignalingServer.start(builder -> builder.publicUri(URI.create("http://localhost:3000"))
                    .authProvider(AuthProvider.host(request -> request.fields()
                            .first("cookie")
                            .map(cookie -> Identity.builder(SignalingServer.webId("alice"), "host")
                                    .ambient(true)
                                    .build()))));

    @ParameterizedTest
    @ValueSource(
            strings = {"https://pod.example", "https://pod.example:443", "HTTPS://POD.EXAMPLE", "http://localhost:3000"
            })
    void isGoodForTheServersOwnPages(String origin) {
        Agent alice = server.open("alice", "/.webrtc", "cookie", "session=1", "origin", origin);
        assertThat(alice.hears().get(0)).contains("\"type\":\"peers\"");
        assertThat(server.request("POST", "/.webrtc", "cookie", "session=1", "origin", origin)
                        .status())
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "",
                " ",
                "https://evil.example",
                "https://pod.example.evil",
                "https://evil.pod.example",
                "https://evil.example/https://pod.example",
                "https://pod.example@evil.example",
                "http://pod.example",
                "https://pod.example:8443",
                "http://localhost",
                "https://localhost:3000",
                "pod.example",
                "//pod.example",
                "file://pod.example",
                "chrome-extension://pod.example",
                "https://pod\u0435.example",
                "https://[::1",
            })
    void isRefusedToOtherPages(String origin) {
        Agent nobody = server.open("nobody", "/.webrtc", "cookie", "session=1", "origin", origin);
        assertThat(nobody.hears()).containsExactly(Agent.error("Origin is not allowed"));
        assertThat(nobody.connection().closeStatus()).contains(new CloseStatus(1008, "Origin is not allowed"));

        var exchange = server.request("POST", "/.webrtc", "cookie", "session=1", "origin", origin);
        assertThat(exchange.status()).isEqualTo(403);
        assertThat(exchange.responseText()).isEqualTo("{\"status\":403,\"detail\":\"Origin is not allowed\"}");
        assertThat(server.podbridge().diagnostics().unusedTickets()).isZero();
    }

    @Test
    void isRefusedToPagesOfAnEndlessOrigin() {
        String origin = "https://" + "pod.example.".repeat(1_000) + "evil";
        assertThat(server.handshake("/.webrtc", "cookie", "session=1", "origin", origin)
                        .toCompletableFuture()
                        .join())
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(400));
    }

    @Test
    void isRefusedWithoutAnOrigin() {
        assertThat(server.handshake("/.webrtc", "cookie", "session=1")
                        .toCompletableFuture()
                        .join())
                .isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
                    assertThat(reject.status()).isEqualTo(403);
                    assertThat(reject.text()).isEqualTo("{\"status\":403,\"detail\":\"Origin is not allowed\"}");
                });
    }

    @Test
    void doesNotMatterToWhoShowsATokenFromAnywhere() {
        SignalingServer tokens = SignalingServer.start();
        Agent alice = tokens.open(
                "alice", "/.webrtc", "authorization", "Bearer token-of-alice", "origin", "https://evil.example");
        assertThat(alice.hears().get(0)).contains("\"type\":\"peers\"");
        tokens.checkNothingIsLeft();
    }

    @Test
    void isAskedForAgainWhenTheHostKnowsNobody() {
        assertThat(server.handshake("/.webrtc").toCompletableFuture().join())
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(401));
    }
}
