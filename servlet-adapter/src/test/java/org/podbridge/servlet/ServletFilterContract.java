package org.podbridge.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterRegistration;
import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.net.URI;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.auth.AuthProvider;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RecordingListener;
import org.podbridge.testkit.RunningHost;

/** What the filter must do within a web app, on every container. */
public abstract class ServletFilterContract {

    private static final Principal ALICE = () -> "https://alice.example/#me";

    private final ServletHost container;
    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private final RecordingListener listener = new RecordingListener();
    private final List<RequestHead> routed = new ArrayList<>();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletFilterContract(ServletHost container) {
        this.container = container;
    }

    @AfterEach
    void stop() throws Exception {
        host.stop().close();
    }

    private Route route(RequestHead head) {
        synchronized (routed) {
            routed.add(head);
        }
        if (head.path().startsWith("/ws")) {
            return new Route.WebSocket(request -> CompletableFuture.supplyAsync(
                    () -> new HandshakeDecision.Accept(Optional.empty(), listener, Duration.ofMinutes(5))));
        }
        return head.path().startsWith("/ours") ? new Route.Http(inbox) : new Route.Host();
    }

    private void start(String contextPath, ServletContainerInitializer webApp) throws Exception {
        host = container.start(contextPath, webApp);
    }

    private RawVisitor get(String target) {
        return RawVisitor.connect(host.uri()).send("GET " + target + " HTTP/1.1\r\nHost: pod.example\r\n\r\n");
    }

    private static void addFilter(ServletContext context, String name, Filter filter) {
        FilterRegistration.Dynamic registration = context.addFilter(name, filter);
        registration.setAsyncSupported(true);
        registration.addMappingForUrlPatterns(EnumSet.of(DispatcherType.REQUEST, DispatcherType.ASYNC), false, "/*");
    }

    @Test
    void leavesTheContextPathOutOfTheTarget() throws Exception {
        start("/app", HostServlet.behind(this::route));
        try (RawVisitor visitor = get("/app/ours/%C3%A9?a=%2F")) {
            ExchangeDriver exchange = inbox.next();
            assertThat(exchange.request().target()).isEqualTo("/ours/%C3%A9?a=%2F");
            exchange.respond(200, "ours");
            assertThat(visitor.readResponse().body()).isEqualTo("ours");
        }
        try (RawVisitor visitor = get("/app/theirs")) {
            assertThat(visitor.readResponse().fields().first("x-host")).contains("yes");
        }
        try (RawWebSocket peer = RawWebSocket.open(host.uri(), "/app/ws")) {
            peer.sendText("hello");
            assertThat(listener.awaitMessage().text()).isEqualTo("hello");
        }
        listener.awaitClosed();
    }

    @Test
    void opensWebSocketsAtPathsThatNeedDecoding() throws Exception {
        start("", HostServlet.behind(this::route));
        try (RawWebSocket peer = RawWebSocket.open(host.uri(), "/ws/a%20b;p=1/%C3%A9/%41?q=%2F&r")) {
            peer.sendText("hello");
            assertThat(listener.awaitMessage().text()).isEqualTo("hello");
        }
        listener.awaitClosed();
        synchronized (routed) {
            assertThat(routed)
                    .singleElement()
                    .satisfies(head -> assertThat(head.target()).isEqualTo("/ws/a%20b;p=1/%C3%A9/%41?q=%2F&r"));
        }
    }

    @Test
    void namesWhomTheHostsSecurityHasFound() throws Exception {
        start("", (classes, context) -> {
            addFilter(context, "security", (request, response, chain) -> {
                HttpServletRequest wrapped = new HttpServletRequestWrapper((HttpServletRequest) request) {
                    @Override
                    public Principal getUserPrincipal() {
                        return ALICE;
                    }
                };
                chain.doFilter(wrapped, new HttpServletResponseWrapper((HttpServletResponse) response));
            });
            HostServlet.behind(this::route).onStartup(null, context);
        });
        try (RawVisitor visitor = get("/ours")) {
            ExchangeDriver exchange = inbox.next();
            assertThat(exchange.request().principal()).containsSame(ALICE);
            assertThat(exchange.request().unwrap(HttpServletRequest.class)).isPresent();
            exchange.begin(200).write("some", false);
            exchange.abort();
            assertThat(visitor.readHead().status()).isEqualTo(200);
            visitor.awaitEnd();
        }
        try (RawWebSocket peer = RawWebSocket.open(host.uri(), "/ws")) {
            peer.sendText("hello");
            assertThat(listener.awaitMessage().text()).isEqualTo("hello");
        }
        listener.awaitClosed();
    }

    @Test
    void leavesTheHostsOwnDispatchesAlone() throws Exception {
        start("", (classes, context) -> {
            PodbridgeFilter.register(context, this::route);
            addFilter(context, "deferred", (request, response, chain) -> {
                if (request.getDispatcherType() == DispatcherType.REQUEST) {
                    AsyncContext async = request.startAsync();
                    async.dispatch("/ours");
                } else {
                    chain.doFilter(request, response);
                }
            });
            context.addServlet("host", new HostServlet()).addMapping("/*");
        });
        try (RawVisitor visitor = get("/theirs")) {
            assertThat(visitor.readResponse().fields().first("x-host")).contains("yes");
        }
        synchronized (routed) {
            assertThat(routed).hasSize(1);
        }
    }

    @Test
    void saysWhatIsMissingWhereRequestsCannotBeAsynchronous() throws Exception {
        start("", (classes, context) -> {
            FilterRegistration.Dynamic registration = context.addFilter("podbridge", new PodbridgeFilter(this::route));
            registration.setAsyncSupported(false);
            registration.addMappingForUrlPatterns(null, false, "/*");
            context.addServlet("host", new HostServlet()).addMapping("/*");
        });
        try (RawVisitor visitor = get("/ours")) {
            assertThat(visitor.readResponse().status()).isEqualTo(500);
        }
        try (RawVisitor visitor = get("/theirs")) {
            assertThat(visitor.readResponse().status()).isEqualTo(200);
        }
    }

    @Test
    void isRegisteredWhereTheContextHasAPodbridge() throws Exception {
        Router podbridge = Podbridge.builder()
                .publicUri(URI.create("http://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of()))
                .accessPolicy(AccessPolicy.ownersOnly(List.of(WebId.of("https://alice.example/#me"))))
                .build();
        start("", (classes, context) -> {
            context.setAttribute(PodbridgeInitializer.ATTRIBUTE, podbridge);
            new PodbridgeInitializer().onStartup(null, context);
            context.addServlet("host", new HostServlet()).addMapping("/*");
        });
        try (RawVisitor visitor = RawVisitor.connect(host.uri()).send(RawWebSocket.handshake("/.webrtc", ""))) {
            assertThat(visitor.readResponse().status()).isEqualTo(401);
        }
        try (RawVisitor visitor = get("/theirs")) {
            assertThat(visitor.readResponse().fields().first("x-host")).contains("yes");
        }
    }
}
