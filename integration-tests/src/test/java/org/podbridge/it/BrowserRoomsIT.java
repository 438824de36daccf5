package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.contract.ServerProcess;

/** Pages of Chromium that meet in rooms of the example pod server, directly and through coturn. */
@Timeout(180)
class BrowserRoomsIT {

    @Test
    void twoPagesOpenADataChannel() throws InterruptedException {
        try (ServerProcess server = ServerProcess.podServer(List.of(), "--port", "0", "--anonymous-rooms");
                ServerProcess pages = ServerProcess.node("rooms-in-browser.mjs", ready(server))) {
            pages.await("^echoed 60000 bytes$");
            pages.await("^route host host$");
            pages.await("^done$");
            assertThat(pages.exitCode()).isZero();
        }
    }

    @Test
    void coturnRelaysForTheCredentialsOfThePodServerAndNoOthers(@TempDir Path folder) throws Exception {
        try (Coturn coturn = Coturn.start(folder);
                ServerProcess server = ServerProcess.podServer(
                        List.of(),
                        "--port",
                        "0",
                        "--anonymous-rooms",
                        "--agent",
                        "alice=alice-token",
                        "--turn",
                        coturn.uri(),
                        "--turn-secret-file",
                        coturn.secretFile().toString());
                ServerProcess pages =
                        ServerProcess.node("relayed-channel.mjs", ready(server), "alice-token", Coturn.SECRET)) {
            pages.await("^echoed 60000 bytes$");
            pages.await("^route relay relay$");
            pages.await("^given: taken$");
            pages.await("^made here: taken$");
            pages.await("^expired: none 401");
            pages.await("^prolonged: none 401");
            pages.await("^wrong: none 401");
            pages.await("^done$");
            assertThat(pages.exitCode()).isZero();
        }
    }

    private static String ready(ServerProcess server) {
        return server.await("^ready (\\S+)").group(1);
    }
}
