package org.podbridge.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.RawWebSocket;

/** An ordinary client, which comes with HTTP/1.1 and asks for HTTP/2. */
class Http2UpgradeTest {

    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private final HttpConfiguration configuration = new HttpConfiguration();
    private final TestServer server = new TestServer(
            new PodbridgeHandler(head -> new Route.Http(inbox)),
            new HttpConnectionFactory(configuration),
            new HTTP2CServerConnectionFactory(configuration));
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();

    @BeforeEach
    void start() throws Exception {
        server.start();
        // The first request upgrades the connection; those of the tests then speak HTTP/2 from the start.
        CompletableFuture<HttpResponse<String>> first = send("/first", HttpRequest.BodyPublishers.noBody());
        inbox.next().respond(200, "");
        assertThat(first.get(20, TimeUnit.SECONDS).version()).isEqualTo(HttpClient.Version.HTTP_2);
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private CompletableFuture<HttpResponse<String>> send(String target, HttpRequest.BodyPublisher body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(server.uri("http") + target))
                .method("POST", body)
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void passesHeadAndBodyBothWays() throws Exception {
        String body = RawWebSocket.latin1(RawWebSocket.pattern(1_000_000));
        CompletableFuture<HttpResponse<String>> response =
                send("/a/b%20c?d", HttpRequest.BodyPublishers.ofString(body));
        ExchangeDriver exchange = inbox.next();
        assertThat(exchange.request().method()).isEqualTo("POST");
        assertThat(exchange.request().target()).isEqualTo("/a/b%20c?d");
        assertThat(exchange.request().authority()).contains(server.uri("http").getAuthority());
        assertThat(exchange.readAll()).isEqualTo(body);
        exchange.begin(201, "x-field", "value");
        assertThat(exchange.write("one, ", false)).isTrue();
        assertThat(exchange.write("two", true)).isTrue();
        assertThat(response.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(201);
        assertThat(response.join().headers().firstValue("x-field")).contains("value");
        assertThat(response.join().body()).isEqualTo("one, two");
        assertThat(exchange.isGone()).isFalse();
    }
}
