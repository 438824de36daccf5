package org.podbridge.it.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.podbridge.contract.load.BulkVisitor;
import org.podbridge.contract.load.KnownBytes;
import org.podbridge.contract.load.StreamingService;
import org.podbridge.testkit.RawVisitor;

@Timeout(60)
class LoadToolsTest {

    private static final long SIZE = 20_000_003;

    private final StreamingService service = StreamingService.start();

    @AfterEach
    void stop() {
        service.close();
    }

    @Test
    void theServiceTellsWhatItGotAndSendsWhatIsKnown() {
        URI sink = service.uri().resolve("/sink");
        URI bytes = service.uri().resolve("/bytes?size=" + SIZE);

        assertThat(BulkVisitor.upload(sink, SIZE, true).checksum()).isEqualTo(KnownBytes.checksum(SIZE));
        assertThat(BulkVisitor.upload(sink, SIZE, false).bytes()).isEqualTo(SIZE);
        assertThat(BulkVisitor.download(bytes).checksum()).isEqualTo(KnownBytes.checksum(SIZE));
    }

    @Test
    void aDelayPassesWithEachDirectionAndChangesNothing() {
        try (DelayProxy proxy = DelayProxy.start(service.uri(), Duration.ofMillis(25))) {
            BulkVisitor.Transfer download = BulkVisitor.download(proxy.uri().resolve("/bytes?size=" + SIZE));

            assertThat(download.checksum()).isEqualTo(KnownBytes.checksum(SIZE));
            assertThat(download.taken()).isGreaterThanOrEqualTo(Duration.ofMillis(50));
            assertThat(BulkVisitor.upload(proxy.uri().resolve("/sink"), SIZE, false)
                            .checksum())
                    .isEqualTo(KnownBytes.checksum(SIZE));
        }
    }

    @Test
    void allConnectionsBreakAndNewOnesAreTaken() {
        try (DelayProxy proxy = DelayProxy.start(service.uri(), Duration.ZERO);
                RawVisitor visitor = RawVisitor.connect(proxy.uri())) {
            BulkVisitor.get(visitor, proxy.uri().resolve("/stall?gate=never")).readHead();
            visitor.read(1_000);

            proxy.breakAll();

            assertThatThrownBy(() -> visitor.read(1)).isInstanceOf(UncheckedIOException.class);
            assertThat(small(proxy.uri())).isEqualTo("ok");
        }
    }

    @Test
    void aPortThatRefusesIsSkippedAndOneThatIsTakenOutIsLeftAlone() {
        StreamingService gone = StreamingService.start();
        gone.close();
        try (StreamingService other = StreamingService.start();
                FailoverProxy proxy = FailoverProxy.start(
                        gone.uri().getPort(),
                        service.uri().getPort(),
                        other.uri().getPort())) {
            for (int i = 0; i < 6; i++) {
                assertThat(small(proxy.uri())).isEqualTo("ok");
            }
            proxy.takeOut(service.uri().getPort());
            proxy.takeOut(other.uri().getPort());
            assertThatThrownBy(() -> small(proxy.uri())).isInstanceOf(UncheckedIOException.class);
            proxy.putIn(service.uri().getPort());
            assertThat(small(proxy.uri())).isEqualTo("ok");
        }
    }

    private static String small(URI server) {
        try (RawVisitor visitor = RawVisitor.connect(server)) {
            return BulkVisitor.get(visitor, server.resolve("/small"))
                    .readResponse()
                    .body();
        }
    }

    @Test
    void percentilesAreThoseOfTheNearestRank() {
        Latencies latencies = new Latencies();
        for (int i = 2_000; i > 0; i--) {
            latencies.add(Duration.ofMillis(i));
        }
        assertThat(latencies.percentile(50)).isEqualTo(Duration.ofSeconds(1));
        assertThat(latencies.percentile(99)).isEqualTo(Duration.ofMillis(1_980));
        assertThat(latencies.percentile(100)).isEqualTo(Duration.ofSeconds(2));
    }
}
