package org.podbridge.tunnel.client;

import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Opens WebSockets to the relay. Thread-safe. */
final class RelayDialer {

    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(2);
    private static final String TICKET_PREFIX = "tk_";
    private static final int MAX_TOKEN_LENGTH = 16_384;
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;

    private final URI relay;
    private final boolean tokenInQuery;
    private final HttpClient client;

    RelayDialer(Settings settings, Executor executor, @Nullable SSLContext sslContext) {
        this.relay = settings.relay();
        this.tokenInQuery = settings.tokenInQuery();
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .executor(executor)
                .connectTimeout(HANDSHAKE_TIMEOUT);
        if (sslContext != null) {
            builder.sslContext(sslContext);
        }
        this.client = builder.build();
    }

    /**
     * Opens a WebSocket.
     *
     * @return completes with the open WebSocket, or with a failure for {@link #endingOf}
     */
    CompletionStage<WebSocket> dial(String token, WebSocket.Listener listener) {
        if (token.isEmpty()
                || token.length() > MAX_TOKEN_LENGTH
                || !token.chars().allMatch(c -> c > ' ' && c <= '~')) {
            return CompletableFuture.failedFuture(new MalformedTokenException());
        }
        WebSocket.Builder builder = client.newWebSocketBuilder().connectTimeout(HANDSHAKE_TIMEOUT);
        if (tokenInQuery || token.startsWith(TICKET_PREFIX)) {
            return builder.buildAsync(withToken(token), listener);
        }
        return builder.header("Authorization", "Bearer " + token).buildAsync(relay, listener);
    }

    private URI withToken(String token) {
        String separator = relay.getRawQuery() == null ? "?" : "&";
        return URI.create(relay + separator + "token=" + URLEncoder.encode(token, StandardCharsets.UTF_8));
    }

    /** Tells what a failure means. Its own message is not repeated where it may hold a URI, and so a ticket. */
    static Ending endingOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof MalformedTokenException) {
            return new Ending.Refused(
                    TunnelRefusedException.Reason.TOKEN,
                    "The token is empty, too long or holds characters that no token has");
        }
        if (cause instanceof WebSocketHandshakeException handshake) {
            return endingOf(handshake.getResponse());
        }
        if (cause instanceof HttpTimeoutException) {
            return new Ending.Lost("the relay did not answer within " + HANDSHAKE_TIMEOUT.toSeconds() + " s");
        }
        if (cause.getCause() instanceof UnresolvedAddressException) {
            return new Ending.Lost("the relay's host name is not known");
        }
        if (cause instanceof ConnectException) {
            return new Ending.Lost("the relay could not be reached");
        }
        if (cause instanceof SSLException) {
            return new Ending.Lost("TLS with the relay failed: " + cause.getMessage());
        }
        return new Ending.Lost("the connection failed (" + cause.getClass().getSimpleName() + ")");
    }

    private static Ending endingOf(HttpResponse<?> response) {
        int status = response.statusCode();
        if (status == UNAUTHORIZED || status == FORBIDDEN) {
            return new Ending.Refused(
                    TunnelRefusedException.Reason.TOKEN, "The relay does not accept the token (" + status + ")");
        }
        return new Ending.Lost(
                "the relay answered " + status + " instead of opening a WebSocket", retryAfter(response));
    }

    private static Duration retryAfter(HttpResponse<?> response) {
        String value = response.headers().firstValue("retry-after").orElse("");
        if (!value.matches("[0-9]{1,9}")) {
            return Duration.ZERO;
        }
        Duration asked = Duration.ofSeconds(Long.parseLong(value));
        return asked.compareTo(LONGEST_RETRY_AFTER) < 0 ? asked : LONGEST_RETRY_AFTER;
    }

    /**
     * Ends the client's thread. From Java 21 on it has ended when this returns; before, it ends when the garbage
     * collector finds that nobody has the client any more.
     */
    void close() {
        if (client instanceof AutoCloseable closeable) {
            boolean wasInterrupted = Thread.interrupted();
            Thread.currentThread().interrupt(); // an interrupted close cancels a handshake instead of waiting for it
            try {
                closeable.close();
            } catch (Exception e) {
                throw new IllegalStateException("an HTTP client that can't be closed", e);
            } finally {
                if (!wasInterrupted) {
                    Thread.interrupted();
                }
            }
        }
    }

    private static final class MalformedTokenException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
