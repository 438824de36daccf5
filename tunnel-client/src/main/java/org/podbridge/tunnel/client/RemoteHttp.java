package org.podbridge.tunnel.client;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.BufferingResponseListener;
import org.eclipse.jetty.client.ContinueProtocolHandler;
import org.eclipse.jetty.client.EarlyHintsProtocolHandler;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.ProcessingProtocolHandler;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.StringRequestContent;
import org.eclipse.jetty.client.UpgradeProtocolHandler;
import org.eclipse.jetty.client.transport.HttpClientTransportOverHTTP;
import org.eclipse.jetty.http.HttpCookieStore;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.ClientConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonWriter;

/**
 * HTTP/1.1 with a server elsewhere: the relay, or an identity provider. Nothing is followed, unpacked or remembered.
 * Thread-safe.
 */
final class RemoteHttp {

    /** Of a handshake, and of a whole exchange of {@link #send}. */
    static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** Room for the longest token, percent-encoded. */
    private static final int MAX_REQUEST_HEAD_BYTES = 65_536;

    private static final int MAX_RESPONSE_HEAD_BYTES = 16_384;
    private static final int MAX_CONTENT_BYTES = 65_536;

    private final String server;
    private final HttpClient client;

    /**
     * What a request carries.
     *
     * @param type its media type
     * @param text the content
     */
    record Content(String type, String text) {

        /** Returns a form, whose fields are URL-encoded already. */
        static Content form(String fields) {
            return new Content("application/x-www-form-urlencoded", fields);
        }

        static Content json(JsonWriter object) {
            return new Content(
                    "application/json",
                    StandardCharsets.UTF_8.decode(object.finish()).toString());
        }
    }

    /**
     * Creates a client, not yet started.
     *
     * @param server what to call the server
     * @param sslContext whom to trust, or null for the JVM's default
     */
    RemoteHttp(String server, @Nullable SSLContext sslContext, Threads threads) {
        this.server = server;
        SslContextFactory.Client tls = new SslContextFactory.Client();
        if (sslContext != null) {
            tls.setSslContext(sslContext);
        }
        ClientConnector connector = new ClientConnector();
        connector.setSelectors(1);
        connector.setSslContextFactory(tls);
        this.client = new HttpClient(new HttpClientTransportOverHTTP(connector));
        client.setExecutor(threads.pool());
        client.setScheduler(threads.timer());
        client.setConnectTimeout(TIMEOUT.toMillis());
        client.setMaxRequestHeadersSize(MAX_REQUEST_HEAD_BYTES);
        client.setMaxResponseHeadersSize(MAX_RESPONSE_HEAD_BYTES);
        client.setUserAgentField(null);
        client.setHttpCookieStore(new HttpCookieStore.Empty());
    }

    void start() {
        LifeCycle.start(client);
        client.getContentDecoderFactories().clear();
        // What is neither an answer nor an interim one is a failure, whatever it wants the client to do.
        client.getProtocolHandlers().clear();
        client.getProtocolHandlers().put(new ContinueProtocolHandler());
        client.getProtocolHandlers().put(new ProcessingProtocolHandler());
        client.getProtocolHandlers().put(new EarlyHintsProtocolHandler());
        client.getProtocolHandlers().put(new UpgradeProtocolHandler());
    }

    /** Ends all exchanges and connections. */
    void stop() {
        LifeCycle.stop(client);
    }

    HttpClient client() {
        return client;
    }

    /**
     * Makes one short exchange, on a connection of its own.
     *
     * @param fields adds fields to the request
     * @param content what is sent; null for nothing
     * @return completes within bounded time; fails only with an {@link UnavailableException}
     */
    CompletableFuture<RemoteAnswer> send(
            String method, URI uri, Consumer<HttpFields.Mutable> fields, @Nullable Content content) {
        CompletableFuture<RemoteAnswer> answer = new CompletableFuture<>();
        try {
            Request request = client.newRequest(uri)
                    .method(method)
                    .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                    // Exchanges are minutes apart: a connection that is kept would be closed while the next one starts.
                    .headers(to -> to.put(HttpHeader.CONNECTION, "close").put(HttpHeader.ACCEPT, "application/json"))
                    .headers(fields);
            if (content != null) {
                request.body(new StringRequestContent(content.type(), content.text()));
            }
            request.send(new BufferingResponseListener(MAX_CONTENT_BYTES) {
                @Override
                public void onComplete(Result result) {
                    if (result.isFailed()) {
                        answer.completeExceptionally(unavailable(result.getFailure()));
                    } else {
                        answer.complete(new RemoteAnswer(
                                result.getResponse().getStatus(),
                                result.getResponse().getHeaders(),
                                getContent()));
                    }
                }
            });
        } catch (RuntimeException e) {
            answer.completeExceptionally(unavailable(e));
        }
        return answer;
    }

    private UnavailableException unavailable(Throwable failure) {
        return new UnavailableException(reason(failure));
    }

    /** Tells what a failure means. Its own message is not repeated where it may hold a URI, and so a ticket. */
    String reason(Throwable failure) {
        if (has(failure, TimeoutException.class) || has(failure, SocketTimeoutException.class)) {
            return server + " did not answer within " + TIMEOUT.toSeconds() + " s";
        }
        if (has(failure, UnknownHostException.class)) {
            return server + "'s host name is not known";
        }
        if (has(failure, ConnectException.class) || has(failure, NoRouteToHostException.class)) {
            return server + " could not be reached";
        }
        Throwable tls = find(failure, SSLException.class);
        if (tls != null) {
            return "TLS with " + server + " failed: " + tls.getMessage();
        }
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return "the connection to " + server + " failed (" + root.getClass().getSimpleName() + ")";
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
}
