package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import org.podbridge.contract.PodServer;
import org.podbridge.contract.ServerProcess;
import org.podbridge.contract.load.BulkVisitor;
import org.podbridge.contract.load.BulkVisitor.Transfer;
import org.podbridge.contract.load.KnownBytes;
import org.podbridge.contract.load.StreamingService;
import org.podbridge.testkit.RawVisitor;

/** The pod server and the command in processes of their own, each with a heap that holds no content. */
@Timeout(180)
@ParameterizedClass
@EnumSource
class BulkTunnelIT {

    private static final long GIBIBYTE = 1L << 30;
    private static final List<String> SMALL_HEAP = List.of("-Xmx96m", "-XX:+ExitOnOutOfMemoryError");

    private final StreamingService service = StreamingService.start();
    private final PodServer server;
    private ServerProcess relay;
    private final URI uri;
    private final ServerProcess client;

    BulkTunnelIT(PodServer server) {
        this.server = server;
        relay = relay("0");
        uri = URI.create(relay.await("^ready (\\S+)").group(1));
        client = ServerProcess.tunnel(
                SMALL_HEAP,
                URI.create("http://127.0.0.1:" + uri.getPort()),
                "alice-token",
                "app",
                service.uri().toString());
        awaitName();
    }

    private ServerProcess relay(String port) {
        return ServerProcess.podServer(server, SMALL_HEAP, "--port", port, "--agent", "alice=alice-token");
    }

    private void awaitName() {
        client.await("/tunnel/app/");
    }

    @AfterEach
    void stop() {
        client.close();
        relay.close();
        service.close();
    }

    @Test
    void aGibibyteEachWayIsNeverHeldBesideVisitorsThatStopReading() {
        List<RawVisitor> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 32; i++) {
                RawVisitor visitor = visitor();
                stalled.add(visitor);
                assertThat(BulkVisitor.get(visitor, tunnelled("/bytes?size=" + GIBIBYTE))
                                .readHead()
                                .status())
                        .isEqualTo(200);
            }
            isTheGibibyte(BulkVisitor.download(tunnelled("/bytes?size=" + GIBIBYTE)));
            isTheGibibyte(BulkVisitor.upload(tunnelled("/sink"), GIBIBYTE, false));
        } finally {
            stalled.forEach(RawVisitor::close);
        }
        assertThat(relay.isAlive()).as(relay.output()).isTrue();
        assertThat(client.isAlive()).as(client.output()).isTrue();
        assertThat(relay.output()).doesNotContain("OutOfMemoryError", "Exception");
        assertThat(client.output()).doesNotContain("OutOfMemoryError", "Exception");
    }

    private static void isTheGibibyte(Transfer transfer) {
        assertThat(transfer.bytes()).isEqualTo(GIBIBYTE);
        assertThat(transfer.checksum()).isEqualTo(KnownBytes.checksum(GIBIBYTE));
    }

    @Test
    void responsesOfAClientThatIsKilledNeverLookComplete() {
        try (RawVisitor waiting = visitor();
                RawVisitor withLength = visitor();
                RawVisitor inChunks = visitor()) {
            BulkVisitor.get(withLength, tunnelled("/stall?gate=never")).readHead();
            withLength.read(1_000);
            BulkVisitor.get(inChunks, tunnelled("/events?count=2&gate=events")).readHead();
            BulkVisitor.get(waiting, tunnelled("/next?gate=events")).readResponse();
            assertThat(inChunks.readChunk()).asString().startsWith("data: 0 ");
            waiting.send(BulkVisitor.head("POST", tunnelled("/sink")) + "Content-Length: 10\r\n\r\n12345");

            client.kill();

            assertThatThrownBy(() -> withLength.read(1)).isInstanceOf(UncheckedIOException.class);
            assertThatThrownBy(inChunks::readChunk).isInstanceOf(UncheckedIOException.class);
            assertThat(waiting.readHead().status()).isEqualTo(502);
        }
    }

    @Test
    void theClientIsBackWithItsNameWhenTheRelayIs() {
        assertThat(small()).isEqualTo("ok");
        relay.kill();
        relay.close();

        relay = relay(Integer.toString(uri.getPort()));
        relay.await("^ready");

        awaitName();
        assertThat(small()).isEqualTo("ok");
    }

    private String small() {
        try (RawVisitor visitor = visitor()) {
            return BulkVisitor.get(visitor, tunnelled("/small")).readResponse().body();
        }
    }

    private RawVisitor visitor() {
        return RawVisitor.connect(uri);
    }

    private URI tunnelled(String target) {
        return uri.resolve("/tunnel/app" + target);
    }
}
