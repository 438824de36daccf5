package org.podbridge.servlet.springboot;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.tunnel.client.TunnelClient;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Podbridge in an application of Spring Boot, with Spring Security, on its embedded Tomcat. */
@Timeout(120)
class SpringBootTest {

    private static URI pod;
    private static ConfigurableApplicationContext application;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeAll
    static void start() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        pod = URI.create("http://localhost:" + port);
        application = SpringApplication.run(
                PodApplication.class,
                "--server.address=127.0.0.1",
                "--server.port=" + port,
                "--pod.uri=" + pod,
                "--spring.main.banner-mode=off");
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void aControllerOfTheApplicationStillAnswers() throws Exception {
        assertThat(http.send(as("alice:secret", "/hello").build(), BodyHandlers.ofString())
                        .body())
                .isEqualTo("Hello alice");
        assertThat(http.send(as("alice:wrong", "/hello").build(), BodyHandlers.discarding())
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void whoLogsInByTheApplicationGetsTicketsAsItsWebId() throws Exception {
        RawWebSocket alice = open("/.webrtc?token=" + ticket("/.webrtc"), "Origin: " + pod + "\r\n");

        assertThat(alice.readMessage().text())
                .startsWith("{\"type\":\"peers\",\"you\":\"" + pod + "/alice/profile/card#me\"");
        alice.close();
    }

    @Test
    void whoHasNotLoggedInGetsNoTicket() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(pod + "/.webrtc"))
                .header("origin", pod.toString())
                .POST(BodyPublishers.noBody())
                .build();

        assertThat(http.send(request, BodyHandlers.discarding()).statusCode()).isEqualTo(401);
    }

    @Test
    void thePrincipalHoldsOnAHandshakeOfItsOwnOrigin() {
        String login = "Authorization: Basic "
                + Base64.getEncoder().encodeToString("bob:other".getBytes(StandardCharsets.UTF_8)) + "\r\n";

        RawWebSocket bob = open("/.webrtc", login + "Origin: " + pod + "\r\n");

        assertThat(bob.readMessage().text()).contains(pod + "/bob/profile/card#me");
        bob.close();
    }

    @Test
    void tunnelsServeVisitorsWhoHaveNotLoggedIn() throws Exception {
        HttpServer service = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        service.createContext("/", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        service.start();
        try (TunnelClient client = TunnelClient.builder()
                .relay(URI.create("ws://localhost:" + pod.getPort() + "/.tunnel"))
                .credentials("tunnel-token")
                .name("site")
                .target(URI.create("http://127.0.0.1:" + service.getAddress().getPort()))
                .build()) {
            URI site = client.start().toCompletableFuture().get(30, TimeUnit.SECONDS);

            HttpResponse<String> echo = http.send(
                    HttpRequest.newBuilder(site)
                            .POST(BodyPublishers.ofString("x".repeat(300_000)))
                            .build(),
                    BodyHandlers.ofString());

            assertThat(echo.statusCode()).isEqualTo(200);
            assertThat(echo.body()).isEqualTo("x".repeat(300_000));
        } finally {
            service.stop(0);
        }
    }

    private static RawWebSocket open(String target, String fields) {
        String handshake =
                RawWebSocket.handshake(target, fields).replaceFirst("Host: [^\r]*", "Host: " + pod.getAuthority());
        return RawWebSocket.open(RawVisitor.connect(pod).send(handshake));
    }

    private String ticket(String path) throws Exception {
        HttpResponse<String> response = http.send(
                as("alice:secret", path)
                        .header("origin", pod.toString()) // of a page, as whoever logs in by name must have one
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body().replaceFirst(".*\"ticket\":\"([^\"]*)\".*", "$1");
    }

    private static HttpRequest.Builder as(String login, String path) {
        return HttpRequest.newBuilder(URI.create(pod + path))
                .header(
                        "authorization",
                        "Basic " + Base64.getEncoder().encodeToString(login.getBytes(StandardCharsets.UTF_8)));
    }
}
