package org.podbridge.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Diagnostics;
import org.podbridge.Router;
import org.podbridge.connection.CloseStatus;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RunningHost;

/** Tunnel clients of version 1, with the mistakes that their authors might make, and their visitors. */
@Timeout(60)
public abstract class TunnelOverSocketsContract {

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Pod pod;

    /** Creates the suite. */
    protected TunnelOverSocketsContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter, and with pages of the host's own, which carry the field
     * {@code x-host}.
     *
     * @param router what the adapter asks, once the server has started
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Tells whether it is seen that a visitor leaves while nothing is read or written; where it isn't, the next write
     * tells.
     *
     * @return whether it is seen
     */
    protected boolean seesSilentDepartures() {
        return true;
    }

    @BeforeEach
    void startServer() throws Exception {
        pod = Pod.start(this::start);
    }

    @AfterEach
    void nothingIsLeft() {
        try (Pod stopping = pod) {
            await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                Diagnostics left = stopping.podbridge().diagnostics();
                assertThat(left.exchangesInFlight()).isZero();
                assertThat(left.bufferedBytes()).isZero();
                assertThat(left.connections()).isZero();
                assertThat(left.tunnelNames()).isZero();
            });
        }
    }

    @Test
    void aClientThatIsKilledInMidRequestIsAnswered502AtOnce() throws Exception {
        CompletableFuture<HttpResponse<String>> response;
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app")) {
            response = get("/tunnel/app/slow");
            client.readRequest();
            client.socket().visitor().reset();
        }
        assertThat(response.get(5, TimeUnit.SECONDS).statusCode()).isEqualTo(502);
        assertThat(response.get().body()).contains("Tunnel disconnected");
        assertThat(get("/tunnel/app/").get(5, TimeUnit.SECONDS).body()).contains("Tunnel not connected");
    }

    @Test
    void aVisitorThatIsGoneIsDroppedAtOnceOrWithItsAnswer() {
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app")) {
            TunnelPeer.Asked asked;
            try (RawVisitor visitor = RawVisitor.connect(pod.uri())) {
                visitor.send("GET /tunnel/app/page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
                asked = client.readRequest();
                assertThat(pod.podbridge().diagnostics().exchangesInFlight()).isEqualTo(1);
            }
            if (seesSilentDepartures()) {
                awaitNoExchange();
            }
            client.answer(asked.id(), "too late");
            awaitNoExchange();
            assertThatItServes(client);
        }
    }

    @Test
    void theSocketOfAVisitorThatIsGoneIsClosed() {
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app");
                RawVisitor visitor = RawVisitor.connect(pod.uri())) {
            visitor.send("GET /tunnel/app/page HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
            TunnelPeer.Asked asked = client.readRequest();
            visitor.shutdownOutput();
            if (!seesSilentDepartures()) {
                client.answer(asked.id(), "too late");
            }
            visitor.awaitEnd();
        }
    }

    @Test
    void aHundredExchangesAreAnsweredOutOfOrder() throws Exception {
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app")) {
            List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                responses.add(get("/tunnel/app/" + i));
            }
            List<TunnelPeer.Asked> asked = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                asked.add(client.readRequest());
            }
            Collections.shuffle(asked, new Random(3));
            asked.forEach(request -> client.answer(request.id(), "answer to " + request.path()));
            for (int i = 0; i < 100; i++) {
                assertThat(responses.get(i).get(10, TimeUnit.SECONDS).body()).isEqualTo("answer to /" + i);
            }
        }
    }

    @Test
    void aClientCantAnswerForAnother() throws Exception {
        try (TunnelPeer alice = TunnelPeer.register(pod, "alice-token", "a");
                TunnelPeer bob = TunnelPeer.register(pod, "bob-token", "b")) {
            CompletableFuture<HttpResponse<String>> response = get("/tunnel/a/");
            TunnelPeer.Asked asked = alice.readRequest();
            bob.answer(asked.id(), "bob's");
            assertThatItServes(bob, "b");
            alice.answer(asked.id(), "alice's");
            assertThat(response.get(5, TimeUnit.SECONDS).body()).isEqualTo("alice's");
        }
    }

    @Test
    void framesInTheSamePacketAsTheUpgradeAreHandledInOrder() {
        byte[] packet = RawWebSocket.join(
                RawWebSocket.handshake("/.tunnel?token=alice-token", "")
                        .getBytes(java.nio.charset.StandardCharsets.US_ASCII),
                RawWebSocket.frame(
                        RawWebSocket.FIN | RawWebSocket.TEXT, bytes("{\"type\":\"register\",\"name\":\"one\"}")),
                RawWebSocket.frame(
                        RawWebSocket.FIN | RawWebSocket.TEXT, bytes("{\"type\":\"register\",\"name\":\"two\"}")));
        try (RawVisitor visitor = RawVisitor.connect(pod.uri()).send(packet);
                RawWebSocket socket = RawWebSocket.open(visitor)) {
            assertThat(socket.readMessage().text()).contains("\"name\":\"one\"");
            assertThat(socket.readMessage().text()).contains("\"name\":\"two\"");
        }
    }

    @Test
    void aFragmentedMessageIsOneMessage() {
        try (TunnelPeer client = TunnelPeer.connect(pod, "alice-token")) {
            byte[] message = bytes("{\"type\":\"register\",\"name\":\"frag\"}");
            RawWebSocket socket = client.socket();
            for (int i = 0; i < message.length; i++) {
                int opCode = i == 0 ? RawWebSocket.TEXT : RawWebSocket.CONTINUATION;
                int fin = i == message.length - 1 ? RawWebSocket.FIN : 0;
                socket.send(fin | opCode, new byte[] {message[i]});
                socket.send(RawWebSocket.FIN | RawWebSocket.PING, new byte[0]);
                assertThat(socket.readFrame().opCode()).isIn(RawWebSocket.PONG, RawWebSocket.TEXT);
            }
        }
    }

    @Test
    void textThatIsNoUtf8ClosesWith1007() {
        try (TunnelPeer client = TunnelPeer.connect(pod, "alice-token")) {
            client.socket().send(RawWebSocket.FIN | RawWebSocket.TEXT, new byte[] {'{', (byte) 0xC3, '}'});
            assertThat(client.socket().readClose().code()).isEqualTo(CloseStatus.INVALID_PAYLOAD);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "[{}]", "1", "-0.5e400", "\"text\"", "true", "{", "", "{\"a\":", "{}x"})
    void whatIsNoObjectIsInvalidJsonAndNothingDies(String message) {
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app")) {
            client.socket().sendText(message);
            assertThat(client.read()).isEqualTo("{\"type\":\"error\",\"message\":\"Invalid JSON\"}");
            assertThatItServes(client);
        }
    }

    @Test
    void deepNestingIsInvalidJsonAndNothingDies() {
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app")) {
            client.socket().sendText("[".repeat(100_000));
            assertThat(client.read()).contains("Invalid JSON");
            client.socket().sendText("{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000));
            assertThat(client.read()).contains("Invalid JSON");
            assertThatItServes(client);
        }
    }

    @Test
    void anOversizeAnswerIs502AtOnceAndTheConnectionStays() throws Exception {
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app")) {
            CompletableFuture<HttpResponse<String>> response = get("/tunnel/app/big");
            TunnelPeer.Asked asked = client.readRequest();
            byte[] head = bytes("{\"type\":\"response\",\"id\":\"" + asked.id() + "\",\"status\":200,\"body\":\"");
            client.socket().send(RawWebSocket.TEXT, head);
            byte[] part = bytes("x".repeat(1 << 20));
            for (int i = 0; i < 17; i++) {
                client.socket().send(RawWebSocket.CONTINUATION, part);
            }
            assertThat(response.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(502);
            client.socket().send(RawWebSocket.FIN | RawWebSocket.CONTINUATION, bytes("\"}"));
            assertThat(client.read()).isEqualTo("{\"type\":\"error\",\"message\":\"Message too large\"}");
            assertThatItServes(client);
        }
    }

    @Test
    void bigBodiesArriveByteForByte() throws Exception {
        byte[] body = RawWebSocket.pattern(10 * 1024 * 1024);
        try (TunnelPeer client = TunnelPeer.register(pod, "alice-token", "app")) {
            CompletableFuture<HttpResponse<byte[]>> response = http.sendAsync(
                    HttpRequest.newBuilder(pod.resolve("/tunnel/app/echo"))
                            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            String message = client.read();
            String content = message.replaceFirst("(?s).*\"body\":\"([^\"]*)\",\"bodyEncoding\":\"base64\".*", "$1");
            String id = message.replaceFirst("(?s).*\"id\":\"([^\"]+)\".*", "$1");
            assertThat(java.util.Base64.getDecoder().decode(content)).isEqualTo(body);
            client.socket()
                    .sendText("{\"type\":\"response\",\"id\":\"" + id
                            + "\",\"status\":200,\"headers\":{},\"body\":\"" + content
                            + "\",\"bodyEncoding\":\"base64\"}");
            assertThat(response.get(20, TimeUnit.SECONDS).body()).isEqualTo(body);
        }
    }

    @Test
    void theHostsOwnPagesAreLeftAlone() throws Exception {
        assertThat(get("/").get(5, TimeUnit.SECONDS).headers().firstValue("x-host"))
                .isPresent();
        assertThat(get("/tunnels").get(5, TimeUnit.SECONDS).headers().firstValue("x-host"))
                .isPresent();
    }

    private void awaitNoExchange() {
        await().atMost(Duration.ofSeconds(5))
                .until(() -> pod.podbridge().diagnostics().exchangesInFlight() == 0);
    }

    private void assertThatItServes(TunnelPeer client) {
        assertThatItServes(client, "app");
    }

    private void assertThatItServes(TunnelPeer client, String name) {
        CompletableFuture<HttpResponse<String>> response = get("/tunnel/" + name + "/alive");
        client.answer(client.readRequest().id(), "alive");
        assertThat(response.join().body()).isEqualTo("alive");
    }

    private CompletableFuture<HttpResponse<String>> get(String target) {
        return http.sendAsync(
                HttpRequest.newBuilder(pod.resolve(target)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
