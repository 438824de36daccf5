package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.podbridge.contract.PodServer;
import org.podbridge.contract.ServerProcess;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;

/** A whole pod server in a heap of 128 MiB, which ends with the first failed allocation. */
@Timeout(180)
@ParameterizedClass
@EnumSource
class BoundedMemoryIT {

    /** On a thread of its own, when a connection ends between two pieces of a message; its end is told all the same. */
    private static final String FAILURE_OF_TOMCAT = "Exception in thread \"\\S+\" java\\.lang\\.IllegalStateException:"
            + " Message will not be sent because the WebSocket session has been closed";

    private final ServerProcess server;
    private final URI uri;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    BoundedMemoryIT(PodServer podServer) {
        server = ServerProcess.podServer(
                podServer,
                List.of("-Xmx128m", "-XX:+ExitOnOutOfMemoryError"),
                "--port",
                "0",
                "--agent",
                "alice=alice-token",
                "--agent",
                "bob=bob-token",
                "--agent",
                "carol=carol-token",
                "--policy",
                "any",
                "--tunnel-timeout",
                "5s");
        uri = URI.create(server.await("^ready (\\S+)").group(1));
    }

    @AfterEach
    void itHasHeld() throws Exception {
        try (server) {
            assertThat(server.isAlive()).as(server.output()).isTrue();
            assertThat(http.send(HttpRequest.newBuilder(uri.resolve("/")).build(), HttpResponse.BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(200);
            assertThat(server.output().replaceAll(FAILURE_OF_TOMCAT, ""))
                    .doesNotContain("OutOfMemoryError", "Exception");
        }
    }

    @Test
    void twoThousandUnansweredRequestsAreRefusedOrTimeOut() throws Exception {
        try (SocketClient client = SocketClient.connect(uri, "/.tunnel?token=alice-token");
                SocketClient other = SocketClient.connect(uri, "/.tunnel?token=bob-token")) {
            client.send("{\"type\":\"register\",\"name\":\"mute\"}");
            assertThat(client.read()).contains("registered");
            other.send("{\"type\":\"register\",\"name\":\"fine\"}");
            assertThat(other.read()).contains("registered");

            List<CompletableFuture<Integer>> statuses = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                statuses.add(status("/tunnel/mute/" + i));
            }
            CompletableFuture<Integer> fine = status("/tunnel/fine/");
            String id = other.read().replaceFirst(".*\"id\":\"([^\"]+)\".*", "$1");
            other.send("{\"type\":\"response\",\"id\":\"" + id + "\",\"status\":200,\"headers\":{}}");

            assertThat(fine.get(30, TimeUnit.SECONDS)).isEqualTo(200);
            assertThat(statuses)
                    .allSatisfy(status ->
                            assertThat(status.get(60, TimeUnit.SECONDS)).isIn(503, 504));
        }
    }

    @Test
    void aPeerThatNeverReadsIsClosedAndNobodyElseIsHeldUp() throws Exception {
        try (SocketClient alice = SocketClient.connect(uri, "/.webrtc?token=alice-token");
                SocketClient carol = SocketClient.connect(uri, "/.webrtc?token=carol-token");
                RawWebSocket bob = open("/.webrtc?token=bob-token")) {
            String bobId = bob.readFrame().text().replaceFirst(".*\"you\":\"([^\"]+)\".*", "$1");
            String message = "{\"type\":\"offer\",\"to\":\"" + bobId + "\",\"sdp\":\"" + "x".repeat(60_000) + "\"}";
            for (int i = 0; i < 900; i++) { // as many as the rate of messages leaves room for at once
                alice.send(message);
            }
            alice.send("{\"type\":\"hangup\",\"to\":\"nobody\"}");

            String last = alice.read();
            while (!last.contains("\"peer\":\"nobody\"")) {
                last = alice.read();
            }
            String carolHeard = carol.read();
            while (!carolHeard.contains("peer-left")) {
                carolHeard = carol.read();
            }
            assertThat(carolHeard).isEqualTo("{\"type\":\"peer-left\",\"webId\":\"" + bobId + "\"}");
        }
    }

    @Test
    void aHundredThousandRegistrationsLeaveSixteenNamesAndEndTheConnection() throws Exception {
        try (SocketClient client = SocketClient.connect(uri, "/.tunnel?token=alice-token")) {
            try {
                for (int i = 0; i < 100_000; i++) {
                    client.send("{\"type\":\"register\",\"name\":\"n" + i + "\"}");
                }
            } catch (CompletionException e) {
                assertThat(e).hasCauseInstanceOf(IOException.class); // the server has had enough
            }

            assertThat(client.closeCode()).isEqualTo(4429);
            List<String> answers = client.unread();
            assertThat(answers)
                    .filteredOn(answer -> answer.contains("registered"))
                    .hasSize(16);
            assertThat(answers).contains("{\"type\":\"error\",\"message\":\"Too many tunnels\"}");
        }
    }

    @Test
    void aClientThatRegistersWithoutEndAndNeverReadsIsClosed() throws Exception {
        try (RawWebSocket client = open("/.tunnel?token=alice-token")) {
            byte[] register = repeat(RawWebSocket.frame(
                    RawWebSocket.FIN | RawWebSocket.TEXT,
                    "{\"type\":\"register\",\"name\":\"a\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            // Each message is answered; the answers fill the socket, then the queue, and then it is over.
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(1))
                    .until(() -> !trySend(client, register));
        }
    }

    private RawWebSocket open(String target) {
        return RawWebSocket.open(RawVisitor.connect(uri).send(RawWebSocket.handshake(uri.getAuthority(), target, "")));
    }

    private static byte[] repeat(byte[] frame) {
        byte[][] frames = new byte[2_000][];
        Arrays.fill(frames, frame);
        return RawWebSocket.join(frames);
    }

    private static boolean trySend(RawWebSocket client, byte[] bytes) {
        try {
            client.visitor().send(bytes);
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private CompletableFuture<Integer> status(String target) {
        return http.sendAsync(
                        HttpRequest.newBuilder(uri.resolve(target)).build(), HttpResponse.BodyHandlers.discarding())
                .thenApply(HttpResponse::statusCode);
    }
}
