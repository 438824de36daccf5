package org.podbridge.examples.localsite;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalSiteTest {

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private LocalSite site;

    @BeforeEach
    void start() throws IOException {
        site = LocalSite.start(0);
    }

    @AfterEach
    void stop() {
        site.close();
    }

    @Test
    void listensOnTheLoopbackAddressOnly() {
        assertThat(site.uri().getHost()).isEqualTo("127.0.0.1");
    }

    @ParameterizedTest
    @CsvSource({
        "/, text/html; charset=utf-8",
        "/index.html, text/html; charset=utf-8",
        "/about.html, text/html; charset=utf-8",
        "/style.css, text/css; charset=utf-8",
        "/script.js, text/javascript; charset=utf-8",
        "/bridge.png, image/png",
    })
    void servesItsFiles(String path, String mediaType) throws Exception {
        HttpResponse<byte[]> response = send(request(path));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains(mediaType);
        assertThat(response.body()).isNotEmpty();
    }

    @Test
    void theBinaryIsTheSameOnEveryStart() throws Exception {
        HttpResponse<byte[]> response = send(request("/data.bin"));

        assertThat(response.body()).hasSize(5 * 1024 * 1024);
        assertThat(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(response.body())))
                .isEqualTo("35b784771d49e12926dd281b2836685555e81f3c5ae951ba07cc66a389bd1235");
    }

    @Test
    void headAnswersWithTheLengthAndNoContent() throws Exception {
        HttpResponse<byte[]> response = send(request("/data.bin").method("HEAD", BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-length")).contains("5242880");
        assertThat(response.body()).isEmpty();
    }

    @Test
    void aKnownEntityTagIsAnsweredWith304() throws Exception {
        String tag = send(request("/style.css")).headers().firstValue("etag").orElseThrow();

        HttpResponse<byte[]> fresh = send(request("/style.css").header("if-none-match", "\"other\", W/" + tag));
        HttpResponse<byte[]> stale = send(request("/style.css").header("if-none-match", "\"other\""));

        assertThat(fresh.statusCode()).isEqualTo(304);
        assertThat(fresh.headers().firstValue("etag")).contains(tag);
        assertThat(fresh.body()).isEmpty();
        assertThat(stale.statusCode()).isEqualTo(200);
    }

    @Test
    void redirects() throws Exception {
        HttpResponse<byte[]> response = send(request("/moved"));

        assertThat(response.statusCode()).isEqualTo(302);
        assertThat(response.headers().firstValue("location")).contains("/about.html");
    }

    @Test
    void echoesContentAndMediaType() throws Exception {
        byte[] content = new byte[300_000];
        new Random(7).nextBytes(content);

        HttpResponse<byte[]> response = send(request("/echo")
                .header("content-type", "application/x-test")
                .POST(BodyPublishers.ofByteArray(content)));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("content-type")).contains("application/x-test");
        assertThat(response.body()).isEqualTo(content);
    }

    @Test
    void echoesNothingAsNothing() throws Exception {
        HttpResponse<byte[]> response = send(request("/echo").POST(BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
    }

    @Test
    void refusesToEchoMoreThanItsLimit() throws Exception {
        HttpResponse<byte[]> response =
                send(request("/echo").POST(BodyPublishers.ofByteArray(new byte[Echo.MAX_BYTES + 1])));

        assertThat(response.statusCode()).isEqualTo(413);
    }

    @ParameterizedTest
    @CsvSource({"/index.html, POST, 405", "/echo, GET, 405", "/nothing, GET, 404", "/%2e%2e/x, GET, 404"})
    void refusesWhatItDoesNotHave(String path, String method, int status) throws Exception {
        assertThat(send(request(path).method(method, BodyPublishers.noBody())).statusCode())
                .isEqualTo(status);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(site.uri() + path));
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofByteArray());
    }
}
