package org.podbridge.tunnel.client;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.ArrayByteBufferPool;
import org.eclipse.jetty.util.component.LifeCycle;
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

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);
    private static final int MAX_TOKEN_LENGTH = 16_384;

    private final Settings.Relay relay;
    private final Threads threads;
    private final RemoteHttp http;
    private final WebSocketCoreClient client;
    private final @Nullable RemoteHttp provider;
    private final @Nullable TicketSource tickets;
    private final GuardedTokens tokens;

    RelayDialer(Settings settings, Threads threads) {
        this.relay = settings.relay();
        this.threads = threads;
        this.http = new RemoteHttp("the relay", relay.sslContext(), threads);
        this.client = new WebSocketCoreClient(
                http.client(),
                new WebSocketComponents(null, null, new ArrayByteBufferPool(), null, null, threads.pool()));
        SolidLogin login = relay.login();
        if (login == null) {
            this.provider = null;
            this.tickets = null;
            this.tokens = new GuardedTokens(requireNonNull(relay.credentials(), "credentials"));
        } else {
            this.provider = new RemoteHttp("the identity provider", login.sslContext(), threads);
            this.tickets = new TicketSource(login, provider, http, relay.uri(), settings.scheduler());
            this.tokens = new GuardedTokens(tickets);
        }
    }

    void start() {
        http.start();
        LifeCycle.start(client);
        if (provider != null) {
            provider.start();
        }
    }

    /** Ends all connections and attempts. */
    void stop() {
        LifeCycle.stop(client);
        http.stop();
        if (provider != null) {
            provider.stop();
        }
    }

    /** Returns where tokens for connections come from. */
    GuardedTokens tokens() {
        return tokens;
    }

    /**
     * Opens a WebSocket.
     *
     * @param listener hears of it once it is open
     * @param onFailure told why it could not be opened
     */
    void dial(Token credential, ConnectionListener listener, Consumer<Ending> onFailure) {
        String token = credential.value();
        if (token.isEmpty()
                || token.length() > MAX_TOKEN_LENGTH
                || !token.chars().allMatch(c -> c > ' ' && c <= '~')) {
            onFailure.accept(new Ending.Refused(
                    TunnelRefusedException.Reason.TOKEN,
                    "The token is empty, too long or holds characters that no token has"));
            return;
        }
        boolean inSubprotocols = credential.isTicket() && tickets != null && tickets.relayTakesSubprotocols();
        boolean inQuery = !inSubprotocols && (relay.tokenInQuery() || credential.isTicket());
        CoreClientUpgradeRequest request = CoreClientUpgradeRequest.from(
                client,
                inQuery ? withToken(token) : relay.uri(),
                new FrameReceiver(listener, threads.timer(), CLOSE_TIMEOUT));
        if (inSubprotocols) {
            request.setSubProtocols(TicketSource.subprotocols(token));
        } else if (!inQuery) {
            request.headers(fields -> fields.add(HttpHeader.AUTHORIZATION, "Bearer " + token));
        }
        request.timeout(RemoteHttp.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
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

    private Ending endingOf(@Nullable Response answer, Throwable failure) {
        return answer != null ? endingOf(answer) : new Ending.Lost(http.reason(failure));
    }

    private Ending endingOf(Response answer) {
        int status = answer.getStatus();
        if (status == HttpStatus.UNAUTHORIZED_401 && relay.login() != null) {
            // The relay gave the ticket to us; it may have expired on the way, or have made room for another.
            return new Ending.Lost("the relay does not accept the ticket that it gave");
        }
        if (status == HttpStatus.UNAUTHORIZED_401 || status == HttpStatus.FORBIDDEN_403) {
            return new Ending.Refused(
                    TunnelRefusedException.Reason.TOKEN, "The relay does not accept the token (" + status + ")");
        }
        return new Ending.Lost(
                "the relay answered " + status + " instead of opening a WebSocket",
                RemoteAnswer.retryAfter(answer.getHeaders()));
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
