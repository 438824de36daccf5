package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.contract.ServerProcess;

/** Two people in Chromium, with camera and microphone made up, on the example's call page. */
@Timeout(300)
class BrowserCallIT {

    @Test
    void aliceAndBobCallEachOtherAndGoOnWithoutAServer(@TempDir Path folder) throws Exception {
        Path secret = Files.writeString(folder.resolve("secret"), "a secret of the tests");
        // nobody listens there: the two are near each other and need no relay
        String turn = "turn:127.0.0.1:9?transport=udp";
        try (ServerProcess server = ServerProcess.podServer(
                        List.of(),
                        "--port",
                        "0",
                        "--agent",
                        "alice=alice-token",
                        "--agent",
                        "bob=bob-token",
                        "--turn",
                        turn,
                        "--turn-secret-file",
                        secret.toString());
                ServerProcess pages = ServerProcess.node(
                        "call-in-browser.mjs",
                        server.await("^ready (\\S+)").group(1),
                        "alice-token",
                        "bob-token",
                        screenshots().toString())) {
            pages.await("^alice, called: ");
            pages.await("^bob, called: ");
            pages.await("^alice may use \\Q" + turn + "\\E$");
            pages.await("^bob may use \\Q" + turn + "\\E$");
            pages.await("^hung up$");
            pages.await("^declined$");

            pages.await("^alice, called by both: ");
            pages.await("^bob, called by both: ");
            // one took its offer back, and the other didn't
            pages.await("^alice: have-local-offer stable have-remote-offer stable$");
            pages.await("^bob: have-local-offer stable$");

            pages.await("^stop the server$");
            server.terminate();
            assertThat(server.exitCode()).isEqualTo(128 + 15);
            pages.await("^alice, without a server: ");
            pages.await("^bob, without a server: ");
            pages.await("^done$");
            assertThat(pages.exitCode()).isZero();
        }
    }

    private static Path screenshots() throws IOException {
        return Files.createDirectories(ServerProcess.root().resolve("integration-tests/target/screenshots"));
    }
}
