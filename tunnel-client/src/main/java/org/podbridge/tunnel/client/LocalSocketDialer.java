package org.podbridge.tunnel.client;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.UpgradeProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.websocket.core.Configuration;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.client.CoreClientUpgradeRequest;
import org.eclipse.jetty.websocket.core.client.WebSocketCoreClient;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.jetty.websocket.FrameReceiver;
import org.podbridge.jetty.websocket.SessionSettings;

/** Opens WebSockets to the local service, over HTTP/1.1 only. Thread-safe. */
final class LocalSocketDialer {

    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(25);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
    private static final long CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int MAX_HEAD_BYTES = 65_536;
    private static final String PROTOCOL_FIELD = "sec-websocket-protocol";

    private final URI service;
    private final Threads threads;
    private final WebSocketCoreClient client;

    LocalSocketDialer(Settings.Service service, Threads threads) {
        this.service = service.target();
        this.threads = threads;
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        connector.setSslContextFactory(new SslContextFactory.Client(service.trustsAnyCertificate()));
        HttpClient http = new HttpClient(new HttpClientTransportOverHTTP(connector));
        http.setExecutor(threads.pool());
        http.setScheduler(threads.timer());
        http.setConnectTimeout(CONNECT_TIMEOUT_MILLIS);
        http.setMaxRequestHeadersSize(MAX_HEAD_BYTES);
        http.setMaxResponseHeadersSize(MAX_HEAD_BYTES);
        http.setUserAgentField(null);
        http.setHttpCookieStore(new HttpCookieStore.Empty());
        this.client = new WebSocketCoreClient(
                http, new WebSocketComponents(null, null, new ArrayByteBufferPool(), null, null, threads.pool()));
    }

    void start() {
        LifeCycle.start(client);
        client.getHttpClient().getContentDecoderFactories().clear();
        client.getHttpClient().getProtocolHandlers().clear();
        client.getHttpClient().getProtocolHandlers().put(new UpgradeProtocolHandler());
    }

    void stop() {
        LifeCycle.stop(client);
    }

    /**
     * Opens a WebSocket.
     *
     * @param path raw path and query
     * @param fields the visitor's, of which the subprotocols are offered to the service
     * @param head adds the fields that cross
     * @param listener hears of the socket once it is open
     * @param answer hears what the service answers to the handshake
     * @return completes when the socket is open
     */
    CompletableFuture<CoreSession> dial(
            String path,
            HeaderFields fields,
            Consumer<HttpFields.Mutable> head,
            ConnectionListener listener,
            HandshakeAnswer answer) {
        try {
            String scheme = service.getScheme().equalsIgnoreCase("https") ? "wss://" : "ws://";
            CoreClientUpgradeRequest request = CoreClientUpgradeRequest.from(
                    client,
                    URI.create(scheme + service.getRawAuthority() + path),
                    new FrameReceiver(listener, threads.timer(), CLOSE_TIMEOUT));
            request.headers(to -> {
                head.accept(to);
                to.remove(PROTOCOL_FIELD);
            });
            request.setSubProtocols(subprotocols(fields));
            request.timeout(HANDSHAKE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            request.setConfiguration(sessionSettings());
            request.addListener(answer);
            return client.connect(request);
        } catch (IOException | RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static List<String> subprotocols(HeaderFields fields) {
        return fields.all(PROTOCOL_FIELD).stream()
                .flatMap(value -> Arrays.stream(value.split(",", -1)))
                .map(String::strip)
                .filter(ForwardedFields::isToken)
                .toList();
    }

    private static Configuration.ConfigurationCustomizer sessionSettings() {
        Configuration.ConfigurationCustomizer session = new Configuration.ConfigurationCustomizer();
        SessionSettings.apply(session);
        // A client's frames are masked in a copy, for which the pool has buffers of this size at most.
        session.setMaxFrameSize(SessionSettings.INPUT_BUFFER_BYTES);
        return session;
    }
}
