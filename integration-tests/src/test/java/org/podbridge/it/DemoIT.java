package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.podbridge.contract.ServerProcess;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;

/** What the README's first command shows, asked for as its user would. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DemoIT {

    private final ServerProcess demo = ServerProcess.start(List.of("./run", "demo"));
    private final URI own = URI.create(
            demo.await("^ +(http://site\\.tunnels\\.localhost:\\d+/)$").group(1));
    private final URI site =
            URI.create(demo.await("^ +(http://localhost:\\d+/tunnel/site/)$").group(1));
    private final String data = demo.await(
                    "curl -s (http://127\\.0\\.0\\.1:\\d+)?.*(http://127\\.0\\.0\\.1:\\d+/data.bin)")
            .group(2);
    private final String alice = demo.await("'(ws://[^']+)'").group(1);
    private final String bob = demo.await("'(ws://[^']+)'").group(1);
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @AfterAll
    void itStopsCleanly() {
        demo.await("Ctrl-C stops everything");
        demo.terminate();
        await().atMost(Duration.ofSeconds(20)).until(() -> !demo.isAlive() && isGone(site) && isGone(URI.create(data)));
        assertThat(demo.output()).doesNotContain("Exception", "\tat ");
    }

    private boolean isGone(URI uri) throws InterruptedException {
        try {
            http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding());
            return false;
        } catch (ConnectException e) {
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void aPageComesThrough() throws Exception {
        HttpResponse<String> page = http.send(get("").build(), HttpResponse.BodyHandlers.ofString());
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
        assertThat(page.body()).startsWith("<!doctype html>").endsWith("</html>\n");
    }

    @Test
    void thePageIsAtAHostOfItsOwnWhereBrowsersAreSent() throws Exception {
        HttpResponse<String> redirect = http.send(
                get("about.html?a").header("accept", "text/html,*/*").build(), HttpResponse.BodyHandlers.ofString());
        assertThat(redirect.statusCode()).isEqualTo(307);
        assertThat(redirect.headers().firstValue("location")).contains(own + "about.html?a");

        URI server = URI.create("http://127.0.0.1:" + own.getPort());
        try (RawVisitor browser = RawVisitor.connect(server)) { // which finds *.localhost without asking anybody
            browser.send("GET /about.html HTTP/1.1\r\nHost: " + own.getAuthority() + "\r\n\r\n");
            RawVisitor.Response page = browser.readResponse();
            assertThat(page.status()).isEqualTo(200);
            assertThat(page.body()).startsWith("<!doctype html>");
            assertThat(page.fields().contains("content-security-policy")).isFalse();
        }
    }

    @Test
    void fiveMegabytesComeThroughUnchanged() throws Exception {
        byte[] direct = http.send(
                        HttpRequest.newBuilder(URI.create(data)).build(), HttpResponse.BodyHandlers.ofByteArray())
                .body();
        byte[] tunnelled = http.send(get("data.bin").build(), HttpResponse.BodyHandlers.ofByteArray())
                .body();
        assertThat(direct).hasSizeGreaterThanOrEqualTo(5_000_000);
        assertThat(tunnelled).isEqualTo(direct);
    }

    @Test
    void aPostIsEchoedByteForByte() throws Exception {
        byte[] body = RawWebSocket.pattern(3_000_000);
        HttpRequest request = get("echo")
                .header("content-type", "application/x-anything")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
        HttpResponse<byte[]> echo = http.send(request, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(echo.statusCode()).isEqualTo(200);
        assertThat(echo.headers().firstValue("content-type")).contains("application/x-anything");
        assertThat(echo.body()).isEqualTo(body);
    }

    @Test
    void headNotModifiedAndRedirectComeThrough() throws Exception {
        HttpResponse<Void> head = http.send(
                get("").method("HEAD", HttpRequest.BodyPublishers.noBody()).build(),
                HttpResponse.BodyHandlers.discarding());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValueAsLong("content-length").orElseThrow())
                .isPositive();
        String etag = head.headers().firstValue("etag").orElseThrow();

        HttpResponse<String> notModified =
                http.send(get("").header("if-none-match", etag).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(notModified.statusCode()).isEqualTo(304);
        assertThat(notModified.body()).isEmpty();

        HttpResponse<Void> redirect = http.send(get("moved").build(), HttpResponse.BodyHandlers.discarding());
        assertThat(redirect.statusCode()).isEqualTo(302);
        assertThat(redirect.headers().firstValue("location")).contains("/tunnel/site/about.html");
    }

    @Test
    void theLinesForTheConsoleLetAliceAndBobMeet() throws Exception {
        try (SocketClient a = SocketClient.connect(URI.create(alice));
                SocketClient b = SocketClient.connect(URI.create(bob))) {
            assertThat(a.read()).contains("\"type\":\"peers\"", "/alice/profile/card#me");
            assertThat(b.read()).contains("\"type\":\"peers\"", "/bob/profile/card#me");
            assertThat(a.read()).contains("\"type\":\"peer-joined\"", "/bob/profile/card#me");
        }
    }

    private HttpRequest.Builder get(String path) {
        return HttpRequest.newBuilder(site.resolve(path));
    }
}
