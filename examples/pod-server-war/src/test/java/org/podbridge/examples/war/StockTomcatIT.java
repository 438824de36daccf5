package org.podbridge.examples.war;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.tunnel.client.TunnelClient;

/** The archive in a Tomcat that nobody has prepared for it, below a context path. */
@Timeout(120)
class StockTomcatIT {

    private static StockTomcat tomcat;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeAll
    static void start(@TempDir Path base) throws Exception {
        tomcat = StockTomcat.start(base, "--agent alice=secret");
        await().alias("the web app answers")
                .atMost(Duration.ofSeconds(60))
                .ignoreExceptions()
                .failFast(() -> assertThat(tomcat.isAlive()).as(tomcat.log()).isTrue())
                .until(() -> get("/").statusCode() == 200);
    }

    @AfterAll
    static void stop() throws Exception {
        tomcat.stop();
        assertThat(tomcat.log()).doesNotContain("secret", "Exception");
    }

    @Test
    void servesItsOwnFilesAndProfileDocuments() throws Exception {
        assertThat(get("/").body()).contains("<h1>A pod server with Podbridge</h1>");
        assertThat(get("/call/").body()).contains("<title>");
        assertThat(get("/alice/profile/card").body()).contains("<" + tomcat.uri() + "/alice/profile/card#me>");
        assertThat(get("/nothing").statusCode()).isEqualTo(404);
    }

    @Test
    void opensWebSocketsForTickets() throws Exception {
        HttpResponse<String> ticket = http.send(
                HttpRequest.newBuilder(URI.create(tomcat.uri() + "/.webrtc"))
                        .header("authorization", "Bearer secret")
                        .POST(HttpRequest.BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        assertThat(ticket.statusCode()).isEqualTo(200);
        String url = ticket.body().replaceFirst(".*\"url\":\"([^\"]*)\".*", "$1");
        assertThat(url).startsWith("ws" + tomcat.uri().toString().substring("http".length()) + "/.webrtc?token=");

        CompletableFuture<String> welcome = new CompletableFuture<>();
        WebSocket socket = http.newWebSocketBuilder()
                .buildAsync(URI.create(url), new WebSocket.Listener() {
                    @Override
                    public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
                        welcome.complete(data.toString());
                        return null;
                    }
                })
                .get(20, TimeUnit.SECONDS);

        assertThat(welcome.get(20, TimeUnit.SECONDS))
                .startsWith("{\"type\":\"peers\",\"you\":\"" + tomcat.uri() + "/alice/profile/card#me\"");
        socket.abort();
    }

    @Test
    void servesTunnels() throws Exception {
        HttpServer service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            byte[] answer = ("you asked for " + exchange.getRequestURI()).getBytes(StandardCharsets.UTF_8);
            if (exchange.getRequestURI().getPath().equals("/moved")) {
                exchange.getResponseHeaders().add("location", "/there");
                exchange.sendResponseHeaders(302, -1);
            } else {
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
            exchange.close();
        });
        service.start();
        URI relay = URI.create("ws" + tomcat.uri().toString().substring("http".length()) + "/.tunnel");
        try (TunnelClient client = TunnelClient.builder()
                .relay(relay)
                .credentials("secret")
                .name("site")
                .target(URI.create("http://127.0.0.1:" + service.getAddress().getPort()))
                .build()) {
            URI site = client.start().toCompletableFuture().get(30, TimeUnit.SECONDS);

            assertThat(site).hasToString(tomcat.uri() + "/tunnel/site/");
            assertThat(get("/tunnel/site/page?x=1").body()).isEqualTo("you asked for /page?x=1");
            assertThat(get("/tunnel/site/moved").headers().firstValue("location"))
                    .contains("/pods/tunnel/site/there");
        } finally {
            service.stop(0);
        }
    }

    private static HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .build()
                .send(HttpRequest.newBuilder(URI.create(tomcat.uri() + path)).build(), BodyHandlers.ofString());
    }
}
