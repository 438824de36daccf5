package org.podbridge.tunnel.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.UpgradeProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.websocket.core.Configuration;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.client.CoreClientUpgradeRequest;
import org.eclipse.jetty.websocket.core.client.UpgradeListener;
import org.eclipse.jetty.websocket.core.client.WebSocketCoreClient;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.jetty.websocket.FrameReceiver;
import org.podbridge.jetty.websocket.SessionSettings;

/** Opens WebSockets to the relay, over HTTP/1.1 only. Thread-safe. */
final class RelayDialer {

    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(2);
    private static final String TICKET_PREFIX = "tk_";
    private static final int MAX_TOKEN_LENGTH = 16_384;

    /** Room for the longest token, percent-encoded. */
    private static final int MAX_REQUEST_HEAD_BYTES = 65_536;

    private static final int MAX_RESPONSE_HEAD_BYTES = 16_384;

    private final Settings.Relay relay;
    private final Threads threads;
    private final WebSocketCoreClient client;

    RelayDialer(Settings settings, Threads threads) {
        this.relay = settings.relay();
        this.threads = threads;
        SslContextFactory.Client tls = new SslContextFactory.Client();
        if (relay.sslContext() != null) {
            tls.setSslContext(relay.sslContext());
        }
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        connector.setSslContextFactory(tls);
        HttpClient http = new HttpClient(new HttpClientTransportOverHTTP(connector));
        http.setExecutor(threads.pool());
        http.setScheduler(threads.timer());
        http.setConnectTimeout(HANDSHAKE_TIMEOUT.toMillis());
        http.setMaxRequestHeadersSize(MAX_REQUEST_HEAD_BYTES);
        http.setMaxResponseHeadersSize(MAX_RESPONSE_HEAD_BYTES);
        http.setUserAgentField(null);
        http.setHttpCookieStore(new HttpCookieStore.Empty());
        this.client = new WebSocketCoreClient(
                http, new WebSocketComponents(null, null, new ArrayByteBufferPool(), null, null, threads.pool()));
    }

    void start() {
        LifeCycle.start(client);
        HttpClient http = client.getHttpClient();
        http.getContentDecoderFactories().clear();
        // What is neither a WebSocket nor an interim answer is a failure, whatever it wants the client to do.
        http.getProtocolHandlers().clear();
        http.getProtocolHandlers().put(new ContinueProtocolHandler());
        http.getProtocolHandlers().put(new ProcessingProtocolHandler());
        http.getProtocolHandlers().put(new EarlyHintsProtocolHandler());
        http.getProtocolHandlers().put(new UpgradeProtocolHandler());
    }

    /** Ends all connections and attempts. */
    void stop() {
        LifeCycle.stop(client);
    }

    /**
     * Opens a WebSocket.
     *
     * @param listener hears of it once it is open
     * @param onFailure told why it could not be opened
     */
    void dial(String token, ConnectionListener listener, Consumer<Ending> onFailure) {
        if (token.isEmpty()
                || token.length() > MAX_TOKEN_LENGTH
                || !token.chars().allMatch(c -> c > ' ' && c <= '~')) {
            onFailure.accept(new Ending.Refused(
                    TunnelRefusedException.Reason.TOKEN,
                    "The token is empty, too long or holds characters that no token has"));
            return;
        }
        boolean inQuery = relay.tokenInQuery() || token.startsWith(TICKET_PREFIX);
        CoreClientUpgradeRequest request = CoreClientUpgradeRequest.from(
                client,
                inQuery ? withToken(token) : relay.uri(),
                new FrameReceiver(listener, threads.timer(), CLOSE_TIMEOUT));
        if (!inQuery) {
            request.headers(fields -> fields.add(HttpHeader.AUTHORIZATION, "Bearer " + token));
        }
        request.timeout(HANDSHAKE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        request.setConfiguration(sessionSettings());
        Answer answer = new Answer();
        request.addListener(answer);
        CompletableFuture<CoreSession> unused = connect(request).whenComplete((session, failure) -> {
            if (failure != null) {
                onFailure.accept(endingOf(answer.last, failure));
            }
        });
    }

    private CompletableFuture<CoreSession> connect(CoreClientUpgradeRequest request) {
        try {
            return client.connect(request);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Configuration.ConfigurationCustomizer sessionSettings() {
        Configuration.ConfigurationCustomizer session = new Configuration.ConfigurationCustomizer();
        SessionSettings.apply(session);
        // A client's frames are masked in a copy, for which the pool has buffers of this size at most.
        session.setMaxFrameSize(SessionSettings.INPUT_BUFFER_BYTES);
        return session;
    }

    private URI withToken(String token) {
        String separator = relay.uri().getRawQuery() == null ? "?" : "&";
        return URI.create(relay.uri() + separator + "token=" + URLEncoder.encode(token, StandardCharsets.UTF_8));
    }

    /** Tells what a failure means. Its own message is not repeated where it may hold a URI, and so a ticket. */
    private static Ending endingOf(@Nullable Response answer, Throwable failure) {
        if (answer != null) {
            return endingOf(answer);
        }
        if (has(failure, TimeoutException.class) || has(failure, SocketTimeoutException.class)) {
            return new Ending.Lost("the relay did not answer within " + HANDSHAKE_TIMEOUT.toSeconds() + " s");
        }
        if (has(failure, UnknownHostException.class)) {
            return new Ending.Lost("the relay's host name is not known");
        }
        if (has(failure, ConnectException.class) || has(failure, NoRouteToHostException.class)) {
            return new Ending.Lost("the relay could not be reached");
        }
        Throwable tls = find(failure, SSLException.class);
        if (tls != null) {
            return new Ending.Lost("TLS with the relay failed: " + tls.getMessage());
        }
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new Ending.Lost("the connection failed (" + root.getClass().getSimpleName() + ")");
    }

    private static Ending endingOf(Response answer) {
        int status = answer.getStatus();
        if (status == HttpStatus.UNAUTHORIZED_401 || status == HttpStatus.FORBIDDEN_403) {
            return new Ending.Refused(
                    TunnelRefusedException.Reason.TOKEN, "The relay does not accept the token (" + status + ")");
        }
        return new Ending.Lost("the relay answered " + status + " instead of opening a WebSocket", retryAfter(answer));
    }

    private static Duration retryAfter(Response answer) {
        String value = answer.getHeaders().get(HttpHeader.RETRY_AFTER);
        if (value == null || !value.matches("[0-9]{1,9}")) {
            return Duration.ZERO;
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(value));
        return asked.compareTo(LONGEST_RETRY_AFTER) < 0 ? asked : LONGEST_RETRY_AFTER;
    }

    private static boolean has(Throwable failure, Class<? extends Throwable> kind) {
        return find(failure, kind) != null;
    }

    private static @Nullable Throwable find(Throwable failure, Class<? extends Throwable> kind) {
        Throwable cause = failure;
        while (cause != null && !kind.isInstance(cause)) {
            cause = cause.getCause();
        }
        return cause;
    }

    /** Keeps what the relay has answered. */
    private static final class Answer implements UpgradeListener {

        private volatile @Nullable Response last;

        @Override
        public void onHandshakeResponse(Request request, Response response) {
            last = response;
        }
    }
}
