package org.podbridge.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.podbridge.Router;
import org.podbridge.contract.load.KnownBytes;
import org.podbridge.contract.load.StreamingService;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.RunningHost;
import org.podbridge.testkit.TestCertificate;
import org.podbridge.tunnel.client.TunnelClient;

/**
 * Tunnels and signaling on one port over TLS, where visitors and server agree on HTTP/2 or HTTP/1.1 (ALPN), as browsers
 * do. Relay, client, service and visitors are on real sockets in this JVM.
 */
@Timeout(60)
public abstract class SecureHttp2Contract {

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int SOME_MEGABYTES = 3_000_017;
    private static final int AT_ONCE = 4;

    private static TestCertificate certificate;

    private final Queue<RequestHead> asked = new ConcurrentLinkedQueue<>();
    private Pod pod;
    private StreamingService service;
    private TunnelClient client;
    private HttpClient visitor;

    /** Creates the suite. */
    protected SecureHttp2Contract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter, which speaks HTTP/2 and HTTP/1.1 over TLS.
     *
     * @param router what the adapter asks, once the server has started
     * @param certificate what the server shows
     * @return the running server, its URI with {@code https}
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router, TestCertificate certificate) throws Exception;

    @BeforeAll
    static void makeCertificate(@TempDir Path directory) throws Exception {
        certificate = TestCertificate.create(directory);
    }

    @BeforeEach
    void startServer() throws Exception {
        pod = Pod.start(router -> start(
                head -> {
                    asked.add(head);
                    return router.route(head);
                },
                certificate));
        service = StreamingService.start();
        client = TunnelClient.builder()
                .relay(socket("/.tunnel"))
                .relaySslContext(certificate.context())
                .credentials("alice-token")
                .name("app")
                .target(service.uri())
                .build();
        client.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
        visitor = HttpClient.newBuilder().sslContext(certificate.context()).build();
        asked.clear();
    }

    @AfterEach
    void nothingIsLeft() {
        try (Pod stopping = pod) {
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(stopping.podbridge().diagnostics().exchangesInFlight())
                        .isZero();
                assertThat(stopping.podbridge().diagnostics().bufferedBytes()).isZero();
            });
            client.close();
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(stopping.podbridge().diagnostics().connections())
                                    .isZero());
        } finally {
            client.close();
            service.close();
        }
    }

    private URI socket(String target) {
        return URI.create("ws" + pod.resolve(target).toString().substring("http".length()));
    }

    private HttpRequest.Builder request(Version version, String target) {
        return HttpRequest.newBuilder(pod.resolve("/tunnel" + target)).version(version);
    }

    private <T> CompletableFuture<HttpResponse<T>> send(HttpRequest.Builder request, BodyHandler<T> handler) {
        return visitor.sendAsync(request.build(), handler).orTimeout(20, TimeUnit.SECONDS);
    }

    private String get(Version version, String target) {
        HttpResponse<String> response =
                send(request(version, target), BodyHandlers.ofString()).join();
        assertThat(response.version()).isEqualTo(version);
        assertThat(response.statusCode()).isEqualTo(200);
        return response.body();
    }

    @ParameterizedTest
    @EnumSource
    void answersInASandboxAndSaysThatItWasAskedOverTls(Version version) {
        HttpResponse<String> response = send(
                        request(version, "/app/field?name=x-forwarded-proto"), BodyHandlers.ofString())
                .join();
        assertThat(response.version()).isEqualTo(version);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("[https]");
        assertThat(response.headers().allValues("content-security-policy"))
                .anyMatch(policy -> policy.startsWith("sandbox") && !policy.contains("allow-same-origin"));
        assertThat(response.headers().allValues("x-content-type-options")).containsExactly("nosniff");
        assertThat(get(version, "/app/field?name=x-forwarded-host"))
                .isEqualTo("[" + pod.uri().getAuthority() + "]");
        assertThat(asked).extracting(RequestHead::scheme).containsExactly("https", "https");
    }

    /** A service may break off behind a request whose chunks it doesn't expect. */
    @ParameterizedTest
    @EnumSource
    void makesNoChunksOfRequestsWithoutContent(Version version) {
        assertThat(get(version, "/app/field?name=transfer-encoding")).isEqualTo("[]");
    }

    @ParameterizedTest
    @EnumSource
    void movesMegabytesBothWaysAtOnce(Version version) {
        assertThat(get(version, "/app/small")).isEqualTo("ok"); // so there is a connection
        byte[] content = content();
        List<CompletableFuture<HttpResponse<byte[]>>> downloads = new ArrayList<>();
        List<CompletableFuture<HttpResponse<String>>> uploads = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            downloads.add(send(request(version, "/app/bytes?size=" + SOME_MEGABYTES), BodyHandlers.ofByteArray()));
            uploads.add(send(
                    request(version, "/app/sink").POST(BodyPublishers.ofByteArray(content)), BodyHandlers.ofString()));
        }
        downloads.forEach(download -> isWhole(download.join(), content));
        uploads.forEach(upload ->
                assertThat(upload.join().body()).isEqualTo(SOME_MEGABYTES + " " + KnownBytes.checksum(SOME_MEGABYTES)));
        assertThat(downloads).allMatch(download -> download.join().version() == version);
        assertThat(uploads).allMatch(upload -> upload.join().version() == version);
        assertThat(asked).hasSize(1 + 2 * AT_ONCE);
        if (version == Version.HTTP_2) {
            assertThat(asked.stream().map(RequestHead::remoteAddress).distinct())
                    .as("connections")
                    .hasSize(1);
        }
    }

    private static void isWhole(HttpResponse<byte[]> download, byte[] content) {
        byte[] came = download.body();
        assertThat(Arrays.mismatch(came, content))
                .as("first difference of %d bytes with status %d, %s", came.length, download.statusCode(), start(came))
                .isEqualTo(-1);
    }

    /** Enough of it to tell what it is, if it is a text. */
    private static String start(byte[] content) {
        return new String(content, 0, Math.min(200, content.length), UTF_8);
    }

    private static byte[] content() {
        ByteBuffer content = ByteBuffer.allocate(SOME_MEGABYTES);
        while (content.hasRemaining()) {
            content.put(KnownBytes.piece(content.position(), Math.min(KnownBytes.MAX_PIECE, content.remaining())));
        }
        return content.array();
    }

    /** Asked by another visitor than the JDK's, which hears of no answer before it has sent everything. */
    @ParameterizedTest
    @CsvSource({"/app/refuse, 403", "/none/a, 502"})
    void answersAnUploadBeforeItsEnd(String target, int status) throws Exception {
        try (Http2Visitor uploader = Http2Visitor.connect(pod.uri(), certificate.context())) {
            int upload = ask(uploader, "POST", target, false);
            uploader.send(upload, "x".repeat(1_000), false);
            assertThat(uploader.awaitSome(upload, 1).status()).isEqualTo(status); // its end may wait for the upload's
            uploader.reset(upload);
            int next = ask(uploader, "GET", "/app/small", true);
            assertThat(uploader.await(next).body()).isEqualTo("ok");
        }
    }

    private int ask(Http2Visitor other, String method, String target, boolean last) {
        return other.ask(
                last,
                ":method",
                method,
                ":scheme",
                "https",
                ":authority",
                pod.uri().getAuthority(),
                ":path",
                "/tunnel" + target);
    }

    @Test
    void opensWebSocketsOnTheSamePort() {
        Messages agent = new Messages();
        WebSocket signaling = open("/.webrtc", "bob-token", agent);
        assertThat(agent.next()).contains("\"type\":\"peers\"");
        assertThat(pod.podbridge().diagnostics().agentsOnline()).isEqualTo(1);
        Messages echoes = new Messages();
        WebSocket echo = open("/tunnel/app/ws", "", echoes);
        echo.sendText("over TLS", true).orTimeout(20, TimeUnit.SECONDS).join();
        assertThat(echoes.next()).isEqualTo("over TLS");
        assertThat(get(Version.HTTP_2, "/app/small")).isEqualTo("ok"); // as ever
        assertThat(asked).extracting(RequestHead::scheme).containsOnly("https");
        signaling.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        echo.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
        assertThat(agent.closed.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(WebSocket.NORMAL_CLOSURE);
        assertThat(echoes.closed.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(WebSocket.NORMAL_CLOSURE);
    }

    private WebSocket open(String target, String token, Messages messages) {
        WebSocket.Builder builder = visitor.newWebSocketBuilder();
        if (!token.isEmpty()) {
            builder.header("authorization", "Bearer " + token);
        }
        return builder.buildAsync(socket(target), messages)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    /** Collects what comes. */
    private static final class Messages implements WebSocket.Listener {
        private final BlockingQueue<String> whole = new LinkedBlockingQueue<>();
        private final CompletableFuture<Integer> closed = new CompletableFuture<>();
        private final StringBuilder message = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            message.append(part);
            if (last) {
                whole.add(message.toString());
                message.setLength(0);
            }
            socket.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            closed.complete(code);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable error) {
            closed.completeExceptionally(error);
        }

        String next() {
            return await().atMost(SOON).until(whole::poll, message -> message != null);
        }
    }
}
