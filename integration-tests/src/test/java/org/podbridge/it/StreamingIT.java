package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.it.load.BulkVisitor;
import org.podbridge.it.load.BulkVisitor.Transfer;
import org.podbridge.it.load.KnownBytes;
import org.podbridge.it.load.StreamingService;
import org.podbridge.limits.Limits;
import org.podbridge.testkit.Flood;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawVisitor.Response;
import org.podbridge.tunnel.client.TunnelClient;

/** What HTTP can do crosses a tunnel while it happens: relay, client and service on real sockets in this JVM. */
@Timeout(60)
class StreamingIT {

    private static final long MEBIBYTE = 1 << 20;
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Pod pod;
    private final StreamingService service = StreamingService.start();
    private final TunnelClient client;

    StreamingIT() throws Exception {
        pod = Pod.start();
        client = TunnelClient.builder()
                .relay(URI.create("ws" + pod.uri().toString().substring("http".length()) + "/.tunnel"))
                .credentials("alice-token")
                .name("app")
                .target(service.uri())
                .build();
    }

    @BeforeEach
    void connect() throws Exception {
        client.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void nothingIsLeft() {
        try (pod;
                service;
                client) {
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(pod.podbridge().diagnostics().exchangesInFlight()).isZero();
                assertThat(pod.podbridge().diagnostics().bufferedBytes()).isZero();
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "&chunked"})
    void aDownloadKeepsItsBytes(String framing) {
        long size = 40 * MEBIBYTE + 17;

        Transfer transfer = BulkVisitor.download(tunnelled("/bytes?size=" + size + framing));

        assertThat(transfer.bytes()).isEqualTo(size);
        assertThat(transfer.checksum()).isEqualTo(KnownBytes.checksum(size));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anUploadKeepsItsBytes(boolean chunked) {
        long size = 40 * MEBIBYTE + 17;

        Transfer transfer = BulkVisitor.upload(tunnelled("/sink"), size, chunked);

        assertThat(transfer.bytes()).isEqualTo(size);
        assertThat(transfer.checksum()).isEqualTo(KnownBytes.checksum(size));
    }

    @Test
    void bothDirectionsFlowAtTheSameTime() {
        try (RawVisitor visitor = visitor()) {
            visitor.send(BulkVisitor.head("POST", tunnelled("/echo")) + "Transfer-Encoding: chunked\r\n\r\n");
            visitor.send("5\r\nfirst\r\n");
            assertThat(visitor.readHead().status()).isEqualTo(200);
            assertThat(visitor.readChunk()).asString().isEqualTo("first");
            visitor.send("6\r\nsecond\r\n");
            assertThat(visitor.readChunk()).asString().isEqualTo("second");
            visitor.send("0\r\n\r\n");
            assertThat(visitor.readChunk()).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=0-9, 206, bytes 0-9/200000, 10, 0",
        "bytes=70000-199999, 206, bytes 70000-199999/200000, 130000, 70000",
        "bytes=200000-, 200, , 200000, 0",
    })
    void aRangeIsTheRangeThatWasAskedFor(String range, int status, String contentRange, int length, int offset) {
        try (RawVisitor visitor = visitor()) {
            visitor.send(BulkVisitor.head("GET", tunnelled("/ranges?size=200000")) + "Range: " + range + "\r\n\r\n");

            Response head = visitor.readHead();

            assertThat(head.status()).isEqualTo(status);
            assertThat(head.fields().first("content-range").orElse(null)).isEqualTo(contentRange);
            assertThat(head.fields().first("content-length")).contains(Integer.toString(length));
            byte[] body = visitor.read(length);
            for (int i = 0; i < length; i += 10_000) {
                int piece = Math.min(10_000, length - i);
                assertThat(java.util.Arrays.copyOfRange(body, i, i + piece))
                        .isEqualTo(KnownBytes.bytes(offset + i, piece));
            }
        }
    }

    @Test
    void headTellsTheLengthAndTheConnectionGoesOn() {
        try (RawVisitor visitor = visitor()) {
            visitor.send(BulkVisitor.head("HEAD", tunnelled("/bytes?size=5000000000")) + "\r\n");
            Response head = visitor.readResponse("HEAD");
            assertThat(head.status()).isEqualTo(200);
            assertThat(head.fields().first("content-length")).contains("5000000000");

            assertThat(BulkVisitor.get(visitor, tunnelled("/small"))
                            .readResponse()
                            .body())
                    .isEqualTo("ok");
        }
    }

    @Test
    void aContentThatOnlyTheEndOfTheConnectionEndsArrivesWhole() {
        try (RawVisitor visitor = visitor()) {
            Response response = BulkVisitor.get(visitor, tunnelled("/until-close?size=60000"))
                    .readResponse();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body().getBytes(java.nio.charset.StandardCharsets.ISO_8859_1))
                    .isEqualTo(KnownBytes.bytes(0, 60_000));
        }
    }

    @Test
    void whoAsksBeforeSendingIsToldToGoOn() {
        try (RawVisitor visitor = visitor()) {
            visitor.send(
                    BulkVisitor.head("POST", tunnelled("/sink")) + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            assertThat(visitor.readHead().status()).isEqualTo(100);
            visitor.send(KnownBytes.bytes(0, 5));
            assertThat(visitor.readResponse().body()).isEqualTo("5 " + KnownBytes.checksum(5));
        }
    }

    @Test
    void whoAsksBeforeSendingIsToldThatItIsNotWanted() {
        try (RawVisitor visitor = visitor()) {
            visitor.send(BulkVisitor.head("POST", tunnelled("/refuse"))
                    + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n");
            Response response = visitor.readResponse();
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.body()).isEqualTo("not wanted");
        }
    }

    @Test
    void earlyHintsComeBeforeTheAnswer() {
        try (RawVisitor visitor = visitor()) {
            Response hints = BulkVisitor.get(visitor, tunnelled("/hints")).readHead();
            assertThat(hints.status()).isEqualTo(103);
            assertThat(hints.fields().first("link"))
                    .contains("<" + tunnelled("/more").getRawPath() + ">; rel=next");
            assertThat(visitor.readResponse().body()).isEqualTo("hinted");
        }
    }

    @Test
    void trailersComeBehindTheContent() {
        try (RawVisitor visitor = visitor()) {
            Response response = BulkVisitor.get(visitor, tunnelled("/trailers")).readResponse();
            assertThat(response.body()).isEqualTo("what they belong to");
            assertThat(visitor.trailers().first("x-checksum")).contains("42");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5\\r\\nhello\\r\\n0\\r\\nX-Sum: 1\\r\\nX-Sum: 2\\r\\nAuthorization: x\\r\\n\\r\\n|[x-sum] x-sum=1 x-sum=2",
                "0\\r\\nX-Sum: 3\\r\\n\\r\\n|[x-sum] x-sum=3",
                "0\\r\\n\\r\\n|[x-sum]",
            })
    void trailersOfARequestReachTheServiceBehindTheBody(String body, String told) {
        try (RawVisitor visitor = visitor()) {
            visitor.send(BulkVisitor.head("POST", tunnelled("/request-trailers"))
                    + "Trailer: X-Sum, Authorization\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + body.replace("\\r\\n", "\r\n"));
            assertThat(visitor.readResponse().body()).isEqualToIgnoringCase(told);
            assertThat(BulkVisitor.get(visitor, tunnelled("/small"))
                            .readResponse()
                            .body())
                    .isEqualTo("ok");
        }
    }

    @Test
    void anEventArrivesWhileTheResponseGoesOn() {
        try (RawVisitor visitor = visitor();
                RawVisitor other = visitor()) {
            Response head = BulkVisitor.get(visitor, tunnelled("/events?count=3&gate=events"))
                    .readHead();
            assertThat(head.fields().first("content-type")).contains("text/event-stream");
            for (int i = 0; i < 3; i++) {
                step(other, "events"); // the service has written no more than the events so far
                assertThat(visitor.readChunk()).asString().startsWith("data: " + i + " ");
            }
            assertThat(visitor.readChunk()).isEmpty();
        }
    }

    @Test
    void aVisitorThatLeavesInMidDownloadEndsTheServicesConnection() {
        try (RawVisitor visitor = visitor()) {
            BulkVisitor.get(visitor, tunnelled("/bytes?size=10000000000")).readHead();
            visitor.read(100_000);
            assertThat(direct("/broken")).isEqualTo("0");
        }
        await().atMost(SOON).untilAsserted(() -> assertThat(direct("/broken")).isEqualTo("1"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000, 3_000_000})
    void aResponseThatTheServiceBreaksOffNeverLooksComplete(int after) {
        try (RawVisitor visitor = visitor()) {
            Response head =
                    BulkVisitor.get(visitor, tunnelled("/break?after=" + after)).readHead();
            if (after > 0 || head.status() == 200) {
                assertThat(head.fields().first("content-length")).contains(Integer.toString(after + 1_000));
                assertThatThrownBy(() -> visitor.read(after + 1_000)).isInstanceOf(UncheckedIOException.class);
            } else {
                assertThat(head.status()).isEqualTo(502);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100_000, 3_000_000})
    void aChunkedResponseThatTheServiceBreaksOffNeverLooksComplete(int after) {
        try (RawVisitor visitor = visitor()) {
            BulkVisitor.get(visitor, tunnelled("/break?chunked&after=" + after)).readHead();
            assertThatThrownBy(() -> {
                        while (visitor.readChunk().length > 0) {
                            // until it breaks off
                        }
                    })
                    .isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void aServiceThatReadsSlowlyStopsItsVisitorAndNobodyElse() {
        long size = 64 * MEBIBYTE;
        try (RawVisitor visitor = visitor();
                RawVisitor other = visitor()) {
            visitor.send(BulkVisitor.head("POST", tunnelled("/slow-upload?gate=upload")) + "Content-Length: " + size
                    + "\r\n\r\n");
            Flood flood = visitor.flood(size);
            assertThat(flood.awaitStall()).isTrue();
            assertThat(BulkVisitor.upload(tunnelled("/sink"), MEBIBYTE, false).bytes())
                    .isEqualTo(MEBIBYTE);
            for (int i = 0; i < size / MEBIBYTE + 1; i++) {
                step(other, "upload");
            }
            flood.awaitEnd();
            assertThat(visitor.readResponse().body()).startsWith(size + " ");
        }
    }

    @Test
    void visitorsThatStopReadingHoldUpNobodyAndHoldNoMoreThanTheirWindows() {
        List<RawVisitor> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 32; i++) {
                RawVisitor visitor = visitor();
                stalled.add(visitor);
                BulkVisitor.get(visitor, tunnelled("/bytes?size=1000000000")).readHead();
            }
            for (int i = 0; i < 20; i++) {
                assertThat(BulkVisitor.download(tunnelled("/bytes?size=3000000"))
                                .checksum())
                        .isEqualTo(KnownBytes.checksum(3_000_000));
            }
            Limits limits = Limits.builder().build();
            assertThat(pod.podbridge().diagnostics().bufferedBytes())
                    .isBetween(1L, 32L * limits.streamWindowBytes() + limits.maxWindowGrowthBytes());
            assertThat(pod.podbridge().diagnostics().exchangesInFlight()).isEqualTo(32);
        } finally {
            stalled.forEach(RawVisitor::close);
        }
    }

    private RawVisitor visitor() {
        return RawVisitor.connect(pod.uri());
    }

    private URI tunnelled(String target) {
        return pod.resolve("/tunnel/app" + target);
    }

    private void step(RawVisitor visitor, String gate) {
        assertThat(BulkVisitor.get(visitor, tunnelled("/next?gate=" + gate))
                        .readResponse()
                        .status())
                .isEqualTo(200);
    }

    private String direct(String target) {
        try (RawVisitor visitor = RawVisitor.connect(service.uri())) {
            return BulkVisitor.get(visitor, service.uri().resolve(target))
                    .readResponse()
                    .body();
        }
    }
}
