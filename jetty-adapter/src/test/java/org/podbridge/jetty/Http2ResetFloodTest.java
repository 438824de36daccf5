package org.podbridge.jetty;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.auth.AuthProvider;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.ProbedTunnel;
import org.podbridge.testkit.RawVisitor;

/** Visitors that take their requests back as fast as they send them (CVE-2023-44487). */
class Http2ResetFloodTest {

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int END_HEADERS = 4;
    private static final int CANCEL = 8;
    private static final int REQUESTS = 10_000;
    private static final int MAX_AT_ONCE = 20;

    private final HttpConfiguration configuration = new HttpConfiguration();
    private final HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(configuration);
    private final Podbridge podbridge = Podbridge.builder()
            .publicUri(URI.create("http://pod.example"))
            .authProvider(AuthProvider.fixed(Map.of("owner", WebId.of("https://owner.example/card#me"))))
            .accessPolicy(AccessPolicy.anyAuthenticated())
            .limits(Limits.builder()
                    .maxExchangesPerTunnel(MAX_AT_ONCE)
                    .rates(RateLimits.builder().exemptLoopback(false).build())
                    .build())
            .build();
    private final TestServer server =
            new TestServer(new PodbridgeHandler(podbridge), new HttpConnectionFactory(configuration), http2);

    @AfterEach
    void stop() throws Exception {
        podbridge.close();
        server.stop();
    }

    private static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .put((byte) 0)
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** Names and values as they are: literally, without index, and without Huffman coding. */
    private static byte[] head() {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (String field :
                new String[] {":method POST", ":scheme http", ":authority pod.example", ":path /tunnel/app/flood"}) {
            String[] nameAndValue = field.split(" ", 2);
            block.write(0);
            for (String part : nameAndValue) {
                block.write(part.length());
                block.writeBytes(part.getBytes(ISO_8859_1));
            }
        }
        return block.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void leaveNothingBehindAndHoldUpNobody(boolean heldToARateByJetty) throws Exception {
        if (!heldToARateByJetty) {
            http2.setRateControlFactory(new RateControl.Factory() {
                @Override
                public RateControl newRateControl(EndPoint endPoint) {
                    return RateControl.NO_RATE_CONTROL;
                }
            });
        }
        server.start();
        try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", 2)) {
            try (RawVisitor flooder =
                    RawVisitor.connect(server.uri("http")).send(PREFACE).send(frame(SETTINGS, 0, 0, new byte[0]))) {
                CompletableFuture<Void> answers = CompletableFuture.runAsync(flooder::awaitEnd);
                flood(flooder);
                assertThat(tunnel.mostUnfinished()).isLessThanOrEqualTo(MAX_AT_ONCE);
                assertThat(isServed()).isTrue(); // while the flooder is still connected
                flooder.shutdownOutput();
                answers.get(20, TimeUnit.SECONDS);
            }
            awaitCalm(tunnel);
            assertThat(tunnel.takeAsked()).isNotEmpty();
            assertThat(isServed()).isTrue();
        }
    }

    private static void flood(RawVisitor flooder) {
        byte[] head = head();
        byte[] cancel = {0, 0, 0, CANCEL};
        try {
            for (int i = 0; i < REQUESTS; i++) {
                int stream = 2 * i + 1;
                flooder.send(frame(HEADERS, END_HEADERS, stream, head));
                flooder.send(frame(RST_STREAM, 0, stream, cancel));
            }
        } catch (UncheckedIOException e) {
            // Jetty has had enough of it, and says so with GOAWAY.
        }
    }

    private boolean isServed() {
        try (RawVisitor visitor = RawVisitor.connect(server.uri("http"))) {
            RawVisitor.Response response = visitor.send("GET /tunnel/app/a HTTP/1.1\r\nHost: pod.example\r\n\r\n")
                    .readResponse();
            return response.status() == 200 && response.body().equals("seen");
        }
    }

    /** The client has heard of the end of each request that it has heard of. */
    private void awaitCalm(ProbedTunnel tunnel) {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(tunnel.unfinished()).isZero();
            assertThat(podbridge.diagnostics().exchangesInFlight()).isZero();
        });
        assertThat(podbridge.diagnostics().bufferedBytes()).isZero();
    }
}
