package org.podbridge.contract;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Router;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.AuthResult;
import org.podbridge.connection.CloseStatus;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RunningHost;

/** Agents on raw sockets, with the mistakes that their authors might make. */
@Timeout(60)
public abstract class SignalingOverSocketsContract {

    private static final String ALICE = "/.webrtc?token=alice-token";
    private static final String BOB = "/.webrtc?token=bob-token";

    private final SlowProvider provider = new SlowProvider();
    private Pod pod;

    /** Creates the suite. */
    protected SignalingOverSocketsContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter.
     *
     * @param router what the adapter asks, once the server has started
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    @BeforeEach
    void startServer() throws Exception {
        pod = Pod.start(this::start, limits -> limits, provider);
    }

    /** Knows Alice and Bob, and takes its time where a test wants it to. */
    private static final class SlowProvider implements AuthProvider {
        private final AuthProvider fixed = Pod.fixed();
        private volatile CompletableFuture<Void> mayEnd = CompletableFuture.completedFuture(null);

        @Override
        public CompletionStage<AuthResult> authenticate(AuthRequest request) {
            return mayEnd.thenComposeAsync(ignored -> fixed.authenticate(request));
        }
    }

    @AfterEach
    void nothingIsLeft() {
        try (Pod stopping = pod) {
            await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                assertThat(stopping.podbridge().diagnostics().connections()).isZero();
                assertThat(stopping.podbridge().diagnostics().agentsOnline()).isZero();
            });
        }
    }

    @Test
    void framesInTheSamePacketAsTheUpgradeWaitForAuthenticationAndAreHandledInOrder() {
        CompletableFuture<Void> mayEnd = new CompletableFuture<>();
        provider.mayEnd = mayEnd;
        byte[] packet = RawWebSocket.join(
                RawWebSocket.handshake(ALICE, "").getBytes(US_ASCII),
                text("{\"type\":\"first\",\"to\":\"x\"}"),
                text("{\"type\":\"second\",\"to\":\"x\"}"));
        try (RawVisitor visitor = RawVisitor.connect(pod.uri()).send(packet)) {
            assertThat(pod.podbridge().diagnostics().connections()).isZero();
            mayEnd.complete(null);
            try (RawWebSocket socket = RawWebSocket.open(visitor)) {
                assertThat(socket.readMessage().text()).startsWith("{\"type\":\"peers\"");
                assertThat(socket.readMessage().text()).contains("Unknown type \\\"first\\\"");
                assertThat(socket.readMessage().text()).contains("Unknown type \\\"second\\\"");
            }
        }
    }

    @Test
    void aClientThatLeavesDuringAuthenticationIsOnlineUntilItsFirstPingAtMost() throws Exception {
        CompletableFuture<Void> mayEnd = new CompletableFuture<>();
        provider.mayEnd = mayEnd;
        try (Pod hasty = Pod.start(this::start, limits -> limits.pingInterval(Duration.ofSeconds(1)), provider)) {
            try (RawVisitor visitor = RawVisitor.connect(hasty.uri())
                    .send(RawWebSocket.handshake(ALICE, "").getBytes(US_ASCII))) {
                visitor.reset();
            }
            mayEnd.complete(null);
            try (RawWebSocket bob = RawWebSocket.open(hasty.uri(), BOB)) {
                await().untilAsserted(
                                () -> assertThat(hasty.podbridge().diagnostics().agentsOnline())
                                        .isEqualTo(1));
                assertThat(bob.readMessage().text()).startsWith("{\"type\":\"peers\"");
            }
        }
    }

    @Test
    void theSixtyFourthKibibyteIsReadAndOneByteMoreIsTooLarge() {
        try (RawWebSocket alice = open(ALICE)) {
            String head = "{\"type\":\"x\",\"to\":\"y\",\"pad\":\"";
            String exactly = head + "a".repeat(64 * 1024 - head.length() - 2) + "\"}";
            alice.sendText(exactly);
            assertThat(alice.readMessage().text()).contains("Unknown type");
            alice.sendText(exactly + " ");
            assertThat(alice.readMessage().text()).isEqualTo("{\"type\":\"error\",\"message\":\"Message too large\"}");
            assertThatItLives(alice);
        }
    }

    @Test
    void aMessageBeyondSixteenMebibytesEndsTheConnectionWith1009() {
        try (RawWebSocket alice = open(ALICE)) {
            byte[] part = "x".repeat(1 << 20).getBytes(UTF_8);
            alice.send(RawWebSocket.TEXT, part);
            for (int i = 0; i < 16; i++) {
                alice.send(RawWebSocket.CONTINUATION, part);
            }
            assertThat(alice.readClose().code()).isEqualTo(CloseStatus.TOO_BIG);
        }
    }

    @Test
    void textThatIsNoUtf8ClosesWith1007AndTheOthersHearThatItLeft() {
        try (RawWebSocket bob = open(BOB);
                RawWebSocket alice = open(ALICE)) {
            assertThat(bob.readMessage().text()).contains("peer-joined");
            alice.send(RawWebSocket.TEXT, "{\"type\":\"".getBytes(UTF_8));
            alice.send(
                    RawWebSocket.FIN | RawWebSocket.CONTINUATION, new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80});
            assertThat(alice.readClose().code()).isEqualTo(CloseStatus.INVALID_PAYLOAD);
            assertThat(bob.readMessage().text()).contains("peer-left");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "[]", "7", "\"x\"", "true", "{", "", "{\"a\":1}}", "[[[[[[[["})
    void whatIsNoObjectIsInvalidJsonAndNothingDies(String message) {
        try (RawWebSocket alice = open(ALICE)) {
            alice.sendText(message);
            assertThat(alice.readMessage().text()).isEqualTo("{\"type\":\"error\",\"message\":\"Invalid JSON\"}");
            assertThatItLives(alice);
        }
    }

    @Test
    void aNewConnectionOfAnAgentReplacesTheOldOneAndNobodyIsTold() {
        try (RawWebSocket bob = open(BOB);
                RawWebSocket old = open(ALICE)) {
            assertThat(bob.readMessage().text()).contains("peer-joined");
            try (RawWebSocket alice = open(ALICE)) {
                CloseStatus status = old.readClose();
                assertThat(status.code()).isEqualTo(4409);
                assertThat(status.reason()).isEqualTo("Replaced by a newer connection");
                alice.sendText("{\"type\":\"hangup\",\"to\":\"" + Pod.BOB + "\"}");
                assertThat(bob.readMessage().text()).isEqualTo("{\"type\":\"hangup\",\"from\":\"" + Pod.ALICE + "\"}");
            }
        }
    }

    @Test
    void aBrowserIsRefusedInBandAndOthersWithAStatus() {
        try (RawVisitor page = RawVisitor.connect(pod.uri())
                        .send(RawWebSocket.handshake("/.webrtc", "Origin: https://app.example\r\n")
                                .getBytes(US_ASCII));
                RawWebSocket socket = RawWebSocket.open(page)) {
            assertThat(socket.readMessage().text())
                    .isEqualTo("{\"type\":\"error\",\"message\":\"Authentication required\"}");
            assertThat(socket.readClose().code()).isEqualTo(CloseStatus.POLICY_VIOLATION);
        }
        try (RawVisitor tool = RawVisitor.connect(pod.uri())
                .send(RawWebSocket.handshake("/.webrtc?token=wrong", "").getBytes(US_ASCII))) {
            RawVisitor.Response response = tool.readResponse();
            assertThat(response.status()).isEqualTo(401);
            assertThat(response.body()).contains("invalid_token");
        }
    }

    private RawWebSocket open(String target) {
        RawWebSocket socket = RawWebSocket.open(pod.uri(), target);
        assertThat(socket.readMessage().text()).startsWith("{\"type\":\"peers\"");
        return socket;
    }

    private static void assertThatItLives(RawWebSocket socket) {
        socket.sendText("{\"type\":\"hangup\",\"to\":\"nobody\"}");
        assertThat(socket.readMessage().text()).contains("Peer not online");
    }

    private static byte[] text(String text) {
        return RawWebSocket.frame(RawWebSocket.FIN | RawWebSocket.TEXT, text.getBytes(UTF_8));
    }
}
