package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.client.TunnelRefusedException.Reason;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.ClientMessageCodec;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Version 1 of the tunnel protocol over one connection: registers the name, then answers requests until the connection
 * ends. Messages come one after the other; everything else on any thread.
 */
final class TunnelSession implements RelaySocket.Handler, WholeBodyExchange.Observer {

    private static final Logger logger = LoggerFactory.getLogger(TunnelSession.class);
    private static final Duration REGISTRATION_TIMEOUT = Duration.ofSeconds(10);

    private final Settings settings;
    private final LocalService service;
    private final ByteBudget budget;
    private final Events events;
    private final Map<String, WholeBodyExchange> running = new ConcurrentHashMap<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean registered;
    private volatile @Nullable RelaySocket socket;
    private volatile Scheduler.@Nullable Task registrationTimeout;

    /** Hears of one session; {@link #ended} is the last. */
    interface Events {

        /** The connection stands. */
        void connected();

        /** The relay has given the name. */
        void registered(URI publicUrl);

        /** The session is over, but not because {@link TunnelSession#close} was called. */
        void ended(TunnelSession session, Ending ending);
    }

    TunnelSession(Settings settings, LocalService service, ByteBudget budget, Events events) {
        this.settings = settings;
        this.service = service;
        this.budget = budget;
        this.events = events;
    }

    boolean isRegistered() {
        return registered;
    }

    /**
     * Ends the session in silence.
     *
     * @return completes when its connection has ended
     */
    CompletionStage<Void> close() {
        return ended.compareAndSet(false, true) ? cleanUp() : CompletableFuture.completedFuture(null);
    }

    /** Breaks the connection off. */
    void abort() {
        RelaySocket current = socket;
        if (current != null) {
            current.abort();
        }
    }

    /** Ends the session before it has begun. */
    void notConnected(Ending ending) {
        end(ending);
    }

    @Override
    public void opened(RelaySocket opened) {
        socket = opened;
        if (ended.get()) {
            opened.abort();
            return;
        }
        registrationTimeout = settings.scheduler().schedule(REGISTRATION_TIMEOUT, () -> {
            if (!registered) {
                end(new Ending.Lost("the relay did not answer the registration"));
            }
        });
        events.connected();
        opened.send(() -> ClientMessageCodec.encodeRegister(registration()), () -> {});
    }

    private ClientMessage.Register registration() {
        return new ClientMessage.Register(
                settings.name(), settings.passthrough(), false, ClientMessage.Access.PUBLIC, 0, 0);
    }

    @Override
    public void message(byte[] bytes, int length) {
        try {
            RelayMessage message = RelayMessageCodec.decode(bytes, length);
            if (message instanceof RelayMessage.Request request) {
                forward(request);
            } else if (message instanceof RelayMessage.Registered given
                    && given.name().equals(settings.name())) {
                registered(given.url());
            } else if (message instanceof RelayMessage.Refused refused) {
                refused(refused.message());
            }
        } catch (MalformedJsonException e) {
            logger.debug("Ignored a message of the relay: {}", e.getMessage());
        }
    }

    private void registered(String path) {
        URI publicUrl = publicUrl(path);
        if (publicUrl == null) {
            end(new Ending.Lost("the relay gave the tunnel a URL that is none"));
        } else if (!registered) {
            registered = true;
            cancelTimeout();
            events.registered(publicUrl);
        }
    }

    private @Nullable URI publicUrl(String path) {
        boolean isPath =
                path.startsWith("/") && !path.startsWith("//") && path.chars().allMatch(c -> c > ' ' && c <= '~');
        String scheme = settings.relay().getScheme().toLowerCase(Locale.ROOT).equals("wss") ? "https://" : "http://";
        try {
            return isPath ? URI.create(scheme + settings.relay().getRawAuthority() + path) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void refused(String message) {
        switch (message) {
            case "Authentication required" -> end(unauthenticated());
            case "Tunnel name taken by another user" ->
                refuse(Reason.NAME_TAKEN, "The name " + settings.name() + " belongs to another user");
            case "Invalid tunnel name" ->
                refuse(Reason.NAME_INVALID, "The relay takes no tunnel with the name " + settings.name());
            case "Tunnel name not allowed" ->
                refuse(Reason.NAME_NOT_ALLOWED, "The relay does not allow the name " + settings.name());
            case "Too many tunnels" ->
                refuse(Reason.TOO_MANY_TUNNELS, "The relay allows no further tunnel to this user");
            default -> complaint(message);
        }
    }

    private void refuse(Reason reason, String message) {
        end(new Ending.Refused(reason, message));
    }

    private void complaint(String message) {
        if (registered) {
            logger.warn("The relay complains: {}", PrintableText.of(message));
        } else {
            end(new Ending.Lost("the relay said: " + message));
        }
    }

    /** A token that was good may have expired; the next connection asks for a fresh one. */
    private Ending unauthenticated() {
        return registered
                ? new Ending.Lost("the relay wants a fresh token")
                : new Ending.Refused(Reason.TOKEN, "The relay does not accept the token");
    }

    private void forward(RelayMessage.Request request) {
        WholeBodyExchange exchange = new WholeBodyExchange(request, service, budget, settings, this);
        if (running.putIfAbsent(request.id(), exchange) != null) {
            return; // the first request of an id has it
        }
        exchange.start();
        if (ended.get()) {
            exchange.cancel();
        }
    }

    @Override
    public void answered(WholeBodyExchange exchange, ClientMessage.ResponseContent answer, Runnable sent) {
        running.remove(exchange.id(), exchange);
        RelaySocket current = socket;
        if (current == null || ended.get()) {
            sent.run();
        } else {
            current.send(() -> ClientMessageCodec.encodeResponse(exchange.id(), answer), sent);
        }
    }

    @Override
    public void finished(FinishedRequest summary) {
        settings.listener().requestFinished(summary);
    }

    @Override
    public void closed(CloseStatus status) {
        end(
                switch (status.code()) {
                    case CloseStatus.REPLACED ->
                        new Ending.Refused(
                                Reason.REPLACED, "Another connection has taken the name " + settings.name() + " over");
                    case CloseStatus.POLICY_VIOLATION -> unauthenticated();
                    case CloseStatus.ABNORMAL -> new Ending.Lost("the connection was lost: " + status.reason());
                    default ->
                        new Ending.Lost("the relay closed the connection (" + status.code()
                                + (status.reason().isEmpty() ? "" : " " + status.reason()) + ")");
                });
    }

    private void end(Ending ending) {
        if (ended.compareAndSet(false, true)) {
            cleanUp();
            events.ended(this, ending);
        }
    }

    private CompletionStage<Void> cleanUp() {
        cancelTimeout();
        running.values().forEach(WholeBodyExchange::cancel);
        RelaySocket current = socket;
        return current == null ? CompletableFuture.completedFuture(null) : current.close();
    }

    private void cancelTimeout() {
        Scheduler.Task timeout = registrationTimeout;
        if (timeout != null) {
            timeout.cancel();
        }
    }
}
