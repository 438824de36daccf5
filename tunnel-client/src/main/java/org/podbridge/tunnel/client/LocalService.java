package org.podbridge.tunnel.client;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.tunnel.v2.StreamRequest;

/**
 * The service behind the tunnel, and how many requests it is given at a time. It makes requests that go out as the
 * visitor's came: nothing decoded, followed, unpacked, remembered or added. Bodies and answers are the business of who
 * sends the request. Thread-safe.
 */
final class LocalService {

    private static final long CONNECT_TIMEOUT_MILLIS = 5_000;

    /** Shorter than common servers keep an idle connection, so that it isn't used while they close it. */
    private static final long IDLE_MILLIS = 4_000;

    private static final int MAX_REQUEST_HEAD_BYTES = 131_072;
    private static final int MAX_RESPONSE_HEAD_BYTES = 65_536;
    private static final int BUFFER_BYTES = 65_536;

    private static final int CONTINUE = 100;
    private static final int EARLY_HINTS = 103;
    private static final String INTERIM = InterimListener.class.getName();

    /** Hears what a service says ahead of its answer. */
    @FunctionalInterface
    interface InterimListener {
        void onInterim(int status, HttpFields fields);
    }

    /** In a path, not a query: Jetty can't send it. */
    private static final Pattern BROKEN_ESCAPE = Pattern.compile("^[^?]*%(?![0-9A-Fa-f]{2})");

    private final Settings.Service service;
    private final long responseMillis;
    private final Runnable onUnreachable;
    private final AtomicLong requests = new AtomicLong();
    private final HttpClient client;
    private final LocalSocketDialer sockets;
    private final Semaphore places;

    /**
     * Creates the way to the service.
     *
     * @param onUnreachable run when a request could not reach the service
     */
    LocalService(Settings settings, Threads threads, Runnable onUnreachable) {
        this.service = settings.service();
        this.sockets = new LocalSocketDialer(service, threads);
        this.onUnreachable = onUnreachable;
        this.responseMillis = settings.times().response().toMillis();
        int all = settings.limits().concurrentRequests() + settings.limits().queuedRequests();
        this.places = new Semaphore(all);
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        connector.setSslContextFactory(new SslContextFactory.Client(service.trustsAnyCertificate()));
        HttpClientTransportOverHTTP transport = new HttpClientTransportOverHTTP(connector);
        transport.setHeaderCacheCaseSensitive(true); // else text/HTML comes out as text/html
        this.client = new HttpClient(transport);
        client.setExecutor(threads.pool());
        client.setScheduler(threads.timer());
        client.setMaxConnectionsPerDestination(settings.limits().concurrentRequests());
        client.setMaxRequestsQueuedPerDestination(all);
        client.setConnectTimeout(CONNECT_TIMEOUT_MILLIS);
        client.setIdleTimeout(IDLE_MILLIS);
        client.setMaxRequestHeadersSize(MAX_REQUEST_HEAD_BYTES);
        client.setMaxResponseHeadersSize(MAX_RESPONSE_HEAD_BYTES);
        client.setResponseBufferSize(BUFFER_BYTES);
        client.setUserAgentField(null);
        client.setDefaultRequestContentType(null);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
    }

    void start() {
        LifeCycle.start(client);
        sockets.start();
        client.getContentDecoderFactories().clear();
        // Redirects, authentication and upgrades are the visitor's business; interim answers are nobody's.
        client.getProtocolHandlers().clear();
        client.getProtocolHandlers().put(new ContinueProtocolHandler() {
            @Override
            protected Runnable onContinue(Request request) {
                return () -> tell(request, CONTINUE, HttpFields.EMPTY);
            }
        });
        client.getProtocolHandlers().put(new ProcessingProtocolHandler());
        client.getProtocolHandlers().put(new EarlyHintsProtocolHandler() {
            @Override
            protected void onEarlyHints(Request request, HttpFields fields) {
                tell(request, EARLY_HINTS, fields);
            }
        });
    }

    private static void tell(Request request, int status, HttpFields fields) {
        if (request.getAttributes().get(INTERIM) instanceof InterimListener listener) {
            listener.onInterim(status, fields);
        }
    }

    /** Ends all requests and connections. */
    void stop() {
        sockets.stop();
        LifeCycle.stop(client);
    }

    /** Numbers requests. */
    long nextRequestId() {
        return requests.incrementAndGet();
    }

    /** Tells what the failure of a request means. */
    ForwardingFailure failureOf(Throwable failure) {
        if (ForwardingFailure.isUnreachable(failure)) {
            onUnreachable.run();
        }
        return ForwardingFailure.of(failure, service.target());
    }

    /** Takes a place for one request, to be left by {@link #leave}, or returns false if there is none. */
    boolean enter() {
        return places.tryAcquire();
    }

    void leave() {
        places.release();
    }

    /** Tells whether a request with this head would arrive as what it is. */
    static boolean isForwardable(String method, String path, HeaderFields fields) {
        return ForwardedFields.isToken(method)
                && !method.equals("CONNECT")
                && path.startsWith("/")
                && path.chars().allMatch(c -> c > ' ' && c != 0x7F && c != '#')
                && !BROKEN_ESCAPE.matcher(path).find()
                && ForwardedFields.areValid(fields);
    }

    /**
     * Makes a request without a body, not yet sent.
     *
     * @param path raw path and query
     */
    Request newRequest(String method, String path, HeaderFields fields) {
        // Jetty writes a character as a byte.
        String onWire = new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        return new VerbatimRequest(client, service.target(), method, onWire)
                .headers(to -> addHead(fields, to))
                .timeout(responseMillis, TimeUnit.MILLISECONDS)
                .idleTimeout(responseMillis, TimeUnit.MILLISECONDS);
    }

    private void addHead(HeaderFields fields, HttpFields.Mutable to) {
        to.add(HttpHeader.HOST, host(fields));
        ForwardedFields.addToRequest(fields, to);
        service.fields().forEach((name, value) -> to.remove(name));
        service.fields().forEach(to::add);
    }

    /** Opens a WebSocket as a visitor has asked for it. */
    CompletableFuture<CoreSession> openSocket(
            StreamRequest asked, ConnectionListener listener, HandshakeAnswer answer) {
        return sockets.dial(asked.path(), asked.fields(), to -> addHead(asked.fields(), to), listener, answer);
    }

    /** Makes a request that may take any time, not yet sent. */
    Request newStreamedRequest(StreamRequest asked, InterimListener interim) {
        Request request = newRequest(asked.method(), asked.path(), asked.fields())
                .timeout(0, TimeUnit.MILLISECONDS)
                .idleTimeout(0, TimeUnit.MILLISECONDS)
                .attribute(INTERIM, interim);
        if (asked.fields().first("expect").orElse("").equalsIgnoreCase("100-continue")) {
            request.headers(fields -> fields.put(HttpHeader.EXPECT, "100-continue"));
        }
        if (!asked.fields().contains("content-length")) { // else there is no place for trailers in HTTP/1.1
            request.headers(fields -> asked.fields().all("trailer").forEach(names -> fields.add("trailer", names)));
        }
        return request;
    }

    private String host(HeaderFields ofVisitor) {
        List<String> asked = service.hostOfVisitor() ? ofVisitor.all("x-forwarded-host") : List.of();
        if (asked.size() == 1 && ForwardedFields.isHost(asked.get(0))) {
            return asked.get(0);
        }
        String fixed = service.host();
        return fixed != null ? fixed : service.target().getRawAuthority();
    }
}
