package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.contract.ServerProcess;

/** A developer at work: Vite behind a tunnel, and a browser before it that shows each change as it is saved. */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DevServerIT {

    private static final Path NODE = ServerProcess.root().resolve("integration-tests/src/test/node");

    private Path app;
    private ServerProcess pod;
    private URI podUri;
    private ServerProcess devServer;
    private String devServerUri;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        app = folder;
        assertThat(NODE.resolve("node_modules/vite"))
                .as("npm's vite; ./run test installs it")
                .matches(Files::isDirectory);
        for (String file : List.of("index.html", "main.js", "greeting.js", "place.js")) {
            Files.copy(NODE.resolve("dev-server").resolve(file), app.resolve(file));
        }
        pod = ServerProcess.podServer(
                List.of(), "--port", "0", "--agent", "alice=alice-token", "--tunnel-host", "tunnels.localhost");
        podUri = URI.create(pod.await("^ready (\\S+)").group(1));
        int port = freePort();
        devServer = ServerProcess.node(
                "node_modules/vite/bin/vite.js",
                app.toString(),
                "--host",
                "127.0.0.1",
                "--port",
                Integer.toString(port),
                "--strictPort");
        devServer.await("ready in");
        devServerUri = "http://127.0.0.1:" + port;
    }

    /** Vite takes no port 0. */
    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    @AfterAll
    void stop() {
        devServer.close();
        pod.close();
    }

    @Test
    void aBrowserShowsEachChangeAsItIsSaved() throws IOException {
        try (ServerProcess client = ServerProcess.tunnel(podUri, "alice-token", "app", devServerUri)) {
            String url =
                    client.await("(http://app\\.tunnels\\.localhost:\\d+/)").group(1);
            assertThat(url).endsWith(":" + podUri.getPort() + "/");
            try (ServerProcess browser = ServerProcess.node("visit.mjs", url, "#greeting")) {
                for (int i = 0; i < 2; i++) { // the text and the socket, in any order
                    browser.await("^shows Hello from the dev server$|^message .*\"connected\"");
                }
                assertThat(browser.output())
                        .contains("socket 101 ws://app.tunnels.localhost:" + podUri.getPort() + "/");
                // Two files, since Vite drops what changes within 50 ms of the last change of the same one.
                save("greeting", "Greetings");
                browser.await("^shows Greetings from the dev server$");
                save("place", "elsewhere");
                browser.await("^shows Greetings from elsewhere$");
                assertThat(browser.output()).doesNotContain("(again)");
            }
        }
    }

    private void save(String name, String value) throws IOException {
        Files.writeString(app.resolve(name + ".js"), "export const " + name + " = '" + value + "';\n");
    }

    @Test
    void aDevServerThatIsToldAForeignHostRefusesUnlessItKnowsIt() throws Exception {
        assertThat(statusWithHost("visitor")).isEqualTo(200); // one of localhost's
        assertThat(statusWithHost("app.pod.example")).isEqualTo(403);
    }

    private int statusWithHost(String host) throws Exception {
        try (ServerProcess client =
                ServerProcess.tunnel(podUri, "alice-token", "hosts", devServerUri, "--host-header", host)) {
            client.await("http://hosts\\.tunnels\\.localhost");
            HttpRequest request = HttpRequest.newBuilder(podUri.resolve("/tunnel/hosts/main.js"))
                    .build();
            return HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofString())
                    .statusCode();
        }
    }
}
