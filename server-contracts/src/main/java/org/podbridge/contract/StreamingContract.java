package org.podbridge.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Router;
import org.podbridge.contract.load.BulkVisitor;
import org.podbridge.contract.load.BulkVisitor.Transfer;
import org.podbridge.contract.load.KnownBytes;
import org.podbridge.contract.load.StreamingService;
import org.podbridge.limits.Limits;
import org.podbridge.testkit.Flood;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawVisitor.Response;
import org.podbridge.testkit.RunningHost;
import org.podbridge.tunnel.client.TunnelClient;

/** What HTTP can do crosses a tunnel while it happens: relay, client and service on real sockets in this JVM. */
@Timeout(60)
public abstract class StreamingContract {

    private static final long MEBIBYTE = 1 << 20;
    private static final Duration SOON = Duration.ofSeconds(20);

    private Pod pod;
    private StreamingService service;
    private TunnelClient client;

    /** Creates the suite. */
    protected StreamingContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter.
     *
     * @param router what the adapter asks, once the server has started
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Tells whether trailers of one name arrive one by one; where they don't, they are joined, or the last stands for
     * all.
     *
     * @return whether they do
     */
    protected boolean keepsFieldLines() {
        return true;
    }

    /**
     * Tells whether interim responses are sent; where they aren't, they are dropped.
     *
     * @return whether they are
     */
    protected boolean sendsInterimResponses() {
        return true;
    }

    /**
     * Tells whether the container asks for a body only once it is read; where it doesn't, it asks at once.
     *
     * @return whether it waits
     */
    protected boolean asksForBodiesWhenRead() {
        return true;
    }

    @BeforeEach
    void startServer() throws Exception {
        pod = Pod.start(this::start);
        service = StreamingService.start();
        client = TunnelClient.builder()
                .relay(URI.create("ws" + pod.uri().toString().substring("http".length()) + "/.tunnel"))
                .credentials("alice-token")
                .name("app")
                .target(service.uri())
                .build();
        client.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
    }

    @AfterEach
    void nothingIsLeft() {
        try (Pod stopping = pod) {
            await().atMost(SOON).untilAsserted(() -> {
                assertThat(stopping.podbridge().diagnostics().exchangesInFlight())
                        .isZero();
                assertThat(stopping.podbridge().diagnostics().bufferedBytes()).isZero();
            });
        } finally {
            client.close();
            service.close();
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
            if (!asksForBodiesWhenRead()) {
                assertThat(visitor.readHead().status()).isEqualTo(100);
            }
            Response response = visitor.readResponse();
            assertThat(response.status()).isEqualTo(403);
            assertThat(response.body()).isEqualTo("not wanted");
        }
    }

    @Test
    void earlyHintsComeBeforeTheAnswerOrNotAtAll() {
        try (RawVisitor visitor = visitor()) {
            BulkVisitor.get(visitor, tunnelled("/hints"));
            if (sendsInterimResponses()) {
                Response hints = visitor.readHead();
                assertThat(hints.status()).isEqualTo(103);
                assertThat(hints.fields().first("link"))
                        .contains("<" + tunnelled("/more").getRawPath() + ">; rel=next");
            }
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
            assertThat(visitor.readResponse().body().toLowerCase(Locale.ROOT))
                    .isIn(keepsFieldLines() ? List.of(told) : List.of(told, lastOfEachName(told), joined(told)));
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

    @Test
    void visitorsThatLeaveInMidDownloadTakeNothingFromThoseWhoComeThen() {
        for (int round = 0; round < 8; round++) {
            List<CompletableFuture<Void>> downloads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                downloads.add(CompletableFuture.runAsync(this::leaveInMidDownload, command -> {
                    Thread thread = new Thread(command, "leaving");
                    thread.setDaemon(true);
                    thread.start();
                }));
            }
            downloads.forEach(CompletableFuture::join);
            for (int i = 0; i < 4; i++) {
                try (RawVisitor next = visitor()) {
                    for (int j = 0; j < 20; j++) {
                        Response response =
                                BulkVisitor.get(next, tunnelled("/small")).readResponse();
                        assertThat(response.status()).isEqualTo(200);
                        assertThat(response.body()).isEqualTo("ok");
                    }
                }
            }
        }
    }

    private void leaveInMidDownload() {
        try (RawVisitor visitor = visitor()) {
            BulkVisitor.get(visitor, tunnelled("/bytes?size=10000000000")).readHead();
            for (int i = 0; i < 128; i++) {
                visitor.read(1 << 16);
            }
        }
    }

    /** What came before must not be all to the service, and no answer to it whole to the visitor. */
    @ParameterizedTest
    @ValueSource(strings = {"-5\\r\\nworld\\r\\n", "world\\r\\n", "ffffffffffffffff5\\r\\nworld\\r\\n"})
    void anUploadThatBecomesMalformedBreaksOffAtTheService(String chunk) {
        try (RawVisitor visitor = visitor()) {
            visitor.send(BulkVisitor.head("POST", tunnelled("/echo")) + "Transfer-Encoding: chunked\r\n\r\n");
            visitor.send("5\r\nhello\r\n");
            assertThat(visitor.readHead().status()).isEqualTo(200);
            assertThat(visitor.readChunk()).asString().isEqualTo("hello");
            assertThat(direct("/broken")).isEqualTo("0");
            visitor.send(chunk.replace("\\r\\n", "\r\n") + "0\r\n\r\n");
            assertThatThrownBy(visitor::readChunk).isInstanceOf(UncheckedIOException.class);
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(direct("/broken")).isEqualTo("1"));
        }
    }

    @Test
    void aResponseThatTheServiceBreaksOffBeforeItsContentIs502OrNeverLooksComplete() {
        try (RawVisitor visitor = visitor()) {
            Response head =
                    BulkVisitor.get(visitor, tunnelled("/break?after=0")).readHead();
            if (head.status() != 502) {
                assertThatThrownBy(() -> visitor.read(1_000)).isInstanceOf(UncheckedIOException.class);
            }
        }
    }

    /** Where the container has not sent it yet, not even the head may come. */
    @ParameterizedTest
    @ValueSource(ints = {1, 100_000, 3_000_000})
    void aResponseThatTheServiceBreaksOffNeverLooksComplete(int after) {
        try (RawVisitor visitor = visitor()) {
            BulkVisitor.get(visitor, tunnelled("/break?after=" + after));
            assertThatThrownBy(() -> {
                        assertThat(visitor.readHead().fields().first("content-length"))
                                .contains(Integer.toString(after + 1_000));
                        visitor.read(after + 1_000);
                    })
                    .isInstanceOf(UncheckedIOException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 100_000, 3_000_000})
    void aChunkedResponseThatTheServiceBreaksOffNeverLooksComplete(int after) {
        try (RawVisitor visitor = visitor()) {
            BulkVisitor.get(visitor, tunnelled("/break?chunked&after=" + after));
            assertThatThrownBy(() -> {
                        assertThat(visitor.readHead().status()).isEqualTo(200);
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
    void aVisitorThatStopsSendingItsUploadIsToldSoAndHoldsNoPlace() {
        try (RawVisitor visitor = visitor()) {
            visitor.send(BulkVisitor.head("POST", tunnelled("/sink")) + "Content-Length: 1000\r\n\r\na");
            Response response = visitor.readResponse(); // after ten seconds
            assertThat(response.status()).isEqualTo(408);
            assertThat(response.fields().first("connection").orElse("")).isEqualToIgnoringCase("close");
            assertThat(BulkVisitor.upload(tunnelled("/sink"), MEBIBYTE, false).bytes())
                    .isEqualTo(MEBIBYTE);
        }
    }

    /** Stalled visitors hold nobody else up, and no more memory than their windows. */
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
            // The last download is counted off when the container says that it has left, which may be after it has
            // come.
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(pod.podbridge().diagnostics().exchangesInFlight())
                                    .isEqualTo(32));
        } finally {
            stalled.forEach(RawVisitor::close);
        }
    }

    private static String lastOfEachName(String told) {
        return told.replace("x-sum=1 x-sum=2", "x-sum=2");
    }

    private static String joined(String told) {
        return told.replace("x-sum=1 x-sum=2", "x-sum=1,2");
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
