package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.podbridge.contract.ServerProcess;
import org.podbridge.testkit.RawWebSocket;

/** Clients on npm's ws, as they were written for other servers, against the example pod server. */
@Timeout(120)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ForeignClientsIT {

    private final ServerProcess server = ServerProcess.podServer(
            List.of(), "--port", "0", "--agent", "alice=alice-token", "--agent", "bob=bob-token", "--policy", "any");
    private final URI uri = URI.create(server.await("^ready (\\S+)").group(1));

    @BeforeAll
    void theyAreInstalled() {
        assertThat(ServerProcess.root().resolve("integration-tests/src/test/node/node_modules/ws"))
                .as("npm's ws; ./run test installs it")
                .matches(Files::isDirectory);
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @Test
    void twoAgentsMeetNegotiateAndHangUp() throws InterruptedException {
        try (ServerProcess call = ServerProcess.node("call.mjs", socketUri("/.webrtc"), "alice-token", "bob-token")) {
            call.await("the call went well");
            assertThat(call.exitCode()).isZero();
        }
    }

    @Test
    void aTunnelClientOfTheFirstVersionWorksUnchanged() throws Exception {
        byte[] body = RawWebSocket.pattern(1_000_000);
        HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try (EchoService service = EchoService.start();
                ServerProcess client = ServerProcess.node(
                        "jss-tunnel-client.mjs",
                        socketUri("/.tunnel"),
                        "alice-token",
                        "myapp",
                        service.uri().toString())) {
            client.await(
                    "^\\{\"type\":\"registered\",\"name\":\"myapp\",\"url\":\"/tunnel/myapp/\",\"passthrough\":false\\}$");
            HttpResponse<byte[]> response = http.send(
                    HttpRequest.newBuilder(uri.resolve("/tunnel/myapp/echo?x=%2F"))
                            .header("X-Asked", "yes")
                            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofByteArray());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).isEqualTo(body);
            assertThat(response.headers().firstValue("x-target")).contains("/echo?x=%2F");
            assertThat(response.headers().firstValue("x-asked")).contains("yes");
            assertThat(response.headers().firstValue("x-prefix")).contains("/tunnel/myapp");
        }
    }

    private String socketUri(String path) {
        return "ws" + uri.toString().substring("http".length()) + path;
    }
}
