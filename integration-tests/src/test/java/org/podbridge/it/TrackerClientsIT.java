package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.podbridge.contract.ServerProcess;

/** WebTorrent's own tracker client (npm's bittorrent-tracker, on libdatachannel) against the example pod server. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TrackerClientsIT {

    private final ServerProcess server = ServerProcess.podServer(List.of(), "--port", "0", "--anonymous-rooms");
    private final URI uri = URI.create(server.await("^ready (\\S+)").group(1));

    @BeforeAll
    void theyAreInstalled() {
        assertThat(ServerProcess.root().resolve("integration-tests/src/test/node/node_modules/bittorrent-tracker"))
                .as("npm's bittorrent-tracker; ./run test installs it")
                .matches(Files::isDirectory);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void twoClientsFindEachOtherAndOpenADataChannel() throws InterruptedException {
        // the client keeps one socket for each spelling of a tracker's URI
        meet(tracker(), tracker() + "?client=other");
    }

    @Test
    void twoClientsOnOneSocketFindEachOtherToo() throws InterruptedException {
        meet(tracker(), tracker());
    }

    private static void meet(String one, String other) throws InterruptedException {
        try (ServerProcess clients = ServerProcess.node("tracker-peers.mjs", one, other)) {
            clients.await("^the channel is open$");
            clients.await("^echoed 200000 bytes$");
            clients.await("^scraped 1\\+1$");
            clients.await("^completed 2\\+0$");
            clients.await("^at the end 1\\+0 downloaded 1$");
            assertThat(clients.exitCode()).isZero();
        }
    }

    private String tracker() {
        return "ws" + uri.toString().substring("http".length()) + "/.webrtc";
    }
}
