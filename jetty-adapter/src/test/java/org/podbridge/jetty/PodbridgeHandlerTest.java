package org.podbridge.jetty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.FutureCompletion;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RecordingListener;

/** What is particular to Jetty. */
class PodbridgeHandlerTest {

    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private final RecordingListener listener = new RecordingListener();
    private final Router router = request -> switch (request.path()) {
        case "/.webrtc" -> accept(listener);
        case "/throw" -> throw new IllegalStateException("a router that fails on purpose");
        default -> request.path().startsWith("/host") ? new Route.Host() : new Route.Http(inbox);
    };
    private TestServer server = new TestServer(new PodbridgeHandler(router), TestServer.http11(c -> {}));

    static Route accept(ConnectionListener listener) {
        HandshakeDecision accept = new HandshakeDecision.Accept(Optional.empty(), listener, Duration.ofMinutes(1));
        return new Route.WebSocket(head -> CompletableFuture.completedFuture(accept));
    }

    private RawVisitor visitor() {
        return RawVisitor.connect(server.uri("http"));
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\nHost: pod.example\r\n\r\n";
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    @Test
    void leavesTheHostItsOwnWebSockets() throws Exception {
        PodbridgeHandler handler = new PodbridgeHandler(router);
        server = new TestServer(handler, TestServer.http11(c -> {}));
        handler.setHandler(WebSocketUpgradeHandler.from(
                server.server(),
                container -> container.addMapping("/host", (request, response, callback) -> new HostEndpoint())));
        server.start();
        try (RawWebSocket hosts = RawWebSocket.open(server.uri("http"), "/host");
                RawWebSocket ours = RawWebSocket.open(server.uri("http"), "/.webrtc")) {
            hosts.sendText("hello");
            assertThat(hosts.readMessage().text()).isEqualTo("host: hello");
            assertThat(hosts.sendClose(1000, "").readClose().code()).isEqualTo(1000);
            ours.sendText("hello");
            assertThat(listener.awaitMessage().text()).isEqualTo("hello");
        }
        listener.awaitClosed();
    }

    /** An endpoint that answers what it gets. */
    public static final class HostEndpoint extends Session.Listener.AbstractAutoDemanding {
        @Override
        public void onWebSocketText(String message) {
            getSession().sendText("host: " + message, org.eclipse.jetty.websocket.api.Callback.NOOP);
        }
    }

    @Test
    void answers404ToTheHostsRequestsWithoutAHost() throws Exception {
        server.start();
        try (RawVisitor visitor = visitor()) {
            assertThat(visitor.send(get("/host")).readResponse().status()).isEqualTo(404);
        }
    }

    @Test
    void answers500ForARouterThatFails() throws Exception {
        server.start();
        try (RawVisitor visitor = visitor()) {
            assertThat(visitor.send(get("/throw")).readResponse().status()).isEqualTo(500);
        }
    }

    @Test
    void asksForAnUpgradeWhereThereIsNone() throws Exception {
        server.start();
        try (RawVisitor visitor = visitor()) {
            RawVisitor.Response response = visitor.send(get("/.webrtc")).readResponse();
            assertThat(response.status()).isEqualTo(426);
            assertThat(response.fields().first("upgrade")).contains("websocket");
            assertThat(response.fields().first("sec-websocket-version")).contains("13");
        }
    }

    @Test
    void passesTargetsThatALenientServerLetsThrough() throws Exception {
        server = new TestServer(
                new PodbridgeHandler(router), TestServer.http11(c -> c.setUriCompliance(UriCompliance.UNSAFE)));
        server.start();
        try (RawVisitor visitor = visitor()) {
            for (String target : List.of(
                    "/a//b",
                    "//a",
                    "/a%2Fb%2f",
                    "/a%5Cb",
                    "/a/../b",
                    "/a/./b",
                    "/a/%2e%2e/b",
                    "/a;x/..;/b",
                    "/a%25b")) {
                visitor.send(get(target));
                ExchangeDriver exchange = inbox.next();
                assertThat(exchange.request().target()).isEqualTo(target);
                exchange.respond(200, "");
                assertThat(visitor.readResponse().status()).isEqualTo(200);
            }
        }
    }

    @Test
    void namesWhomTheServerHasFoundTheVisitorToBe() throws Exception {
        Principal principal = () -> "https://alice.example/#me";
        server = new TestServer(
                new Handler.Wrapper(new PodbridgeHandler(router)) {
                    @Override
                    public boolean handle(Request request, Response response, Callback callback) throws Exception {
                        Request.setAuthenticationState(request, new Request.AuthenticationState() {
                            @Override
                            public Principal getUserPrincipal() {
                                return principal;
                            }
                        });
                        return super.handle(request, response, callback);
                    }
                },
                TestServer.http11(c -> {}));
        server.start();
        try (RawVisitor visitor = visitor().send(get("/"))) {
            ExchangeDriver exchange = inbox.next();
            assertThat(exchange.request().principal()).containsSame(principal);
            assertThat(exchange.request().unwrap(Request.class)).isPresent();
            exchange.respond(200, "");
            assertThat(visitor.readResponse().status()).isEqualTo(200);
        }
    }

    @Test
    void letsCoreTakeLongerThanTheServersIdleTime() throws Exception {
        server.start();
        try (RawVisitor visitor = visitor().send(get("/"))) {
            ExchangeDriver exchange = inbox.next();
            server.setIdleTimeoutOfConnections(20);
            FutureCompletion idle = new FutureCompletion();
            assertThat(idle.comesWithin(300)).isFalse();
            exchange.respond(200, "at last");
            assertThat(visitor.readResponse().body()).isEqualTo("at last");
            assertThat(exchange.isGone()).isFalse();
        }
    }

    @Test
    void givesUpOnAVisitorThatStallsWithinItsBody() throws Exception {
        server.start();
        try (RawVisitor visitor =
                visitor().send("PUT / HTTP/1.1\r\nHost: pod.example\r\nContent-Length: 5\r\n\r\nsome")) {
            ExchangeDriver exchange = inbox.next();
            assertThat(exchange.read().text()).isEqualTo("some");
            server.setIdleTimeoutOfConnections(20);
            assertThat(exchange.read().broken()).isTrue();
            exchange.awaitGone();
            exchange.respond(408, "");
            assertThat(visitor.readResponse().status()).isEqualTo(408);
        }
    }

    @Test
    void copesWithAHandlerThatIsMountedTwice() throws Exception {
        server = new TestServer(
                new PodbridgeHandler(request -> new Route.Host(), new PodbridgeHandler(router)),
                TestServer.http11(c -> {}));
        server.start();
        try (RawWebSocket ours = RawWebSocket.open(server.uri("http"), "/.webrtc")) {
            ours.send(RawWebSocket.FIN | RawWebSocket.TEXT, "hello".getBytes(UTF_8));
            assertThat(listener.awaitMessage().text()).isEqualTo("hello");
        }
        listener.awaitClosed();
    }
}
