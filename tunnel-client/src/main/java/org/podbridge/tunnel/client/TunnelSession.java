package org.podbridge.tunnel.client;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.client.TunnelRefusedException.Reason;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.ClientMessageCodec;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;
import org.podbridge.tunnel.v2.FrameException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection to the relay: registers the name, then answers requests until the connection ends, in the version of
 * the protocol that the relay speaks. Messages come one after the other; everything else on any thread.
 */
final class TunnelSession implements MessageSocket.Handler, WholeBodyExchange.Observer, ServedStreams.Leaving {

    /** The version that the client prefers. */
    static final int PROTOCOL = 2;

    private static final Logger logger = LoggerFactory.getLogger(TunnelSession.class);
    private static final Duration REGISTRATION_TIMEOUT = Duration.ofSeconds(10);

    private final Settings settings;
    private final LocalService service;
    private final ByteBudget budget;
    private final Events events;
    private final IdentityRenewal renewal;
    private final Map<String, WholeBodyExchange> running = new ConcurrentHashMap<>();
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Boolean> closed = new CompletableFuture<>();
    /** Once the relay has agreed to version 2. */
    private volatile @Nullable ServedStreams streams;

    private volatile @Nullable Token token;
    private volatile boolean registered;
    private volatile long registeredAt;
    private volatile @Nullable MessageSocket socket;
    private volatile Scheduler.@Nullable Task registrationTimeout;

    /** Hears of one session; {@link #ended} is the last. */
    interface Events {

        /** The connection stands. */
        void connected();

        /** The relay has given the name. */
        void registered(URI publicUrl);

        /** The relay is about to go; the session goes on until {@link TunnelSession#leave}. */
        void relayLeaves(TunnelSession session);

        /** The session is over, but not because {@link TunnelSession#close} was called. */
        void ended(TunnelSession session, Ending ending);

        /** A visitor's request has been taken on. */
        void requestStarted(StartedRequest request);

        /** A visitor's request is over. */
        void requestFinished(FinishedRequest request);
    }

    TunnelSession(Settings settings, GuardedTokens tokens, LocalService service, ByteBudget budget, Events events) {
        this.settings = settings;
        this.renewal = new IdentityRenewal(tokens, this::sendTicket, settings.scheduler());
        this.service = service;
        this.budget = budget;
        this.events = events;
    }

    boolean isRegistered() {
        return registered;
    }

    /** Returns when it was registered, as of {@link Scheduler#nanoTime}. */
    long registeredAt() {
        return registeredAt;
    }

    /**
     * Ends the session in silence.
     *
     * @return completes when its connection has ended
     */
    CompletionStage<Boolean> close() {
        if (ended.compareAndSet(false, true)) {
            cleanUp();
        }
        return socket == null ? CompletableFuture.completedFuture(true) : closed.minimalCompletionStage();
    }

    /** Says with which token the session will be opened. */
    void opensWith(Token opening) {
        token = opening;
    }

    /** Ends the session before it has begun. */
    void notConnected(Ending ending) {
        end(ending);
    }

    @Override
    public void onOpen(MessageSocket opened) {
        socket = opened;
        if (ended.get()) {
            leave(opened);
            return;
        }
        registrationTimeout = settings.scheduler().schedule(REGISTRATION_TIMEOUT, () -> {
            if (!registered) {
                end(new Ending.Lost("the relay did not answer the registration"));
            }
        });
        events.connected();
        opened.send(ClientMessageCodec.encodeRegister(settings.registration()));
    }

    @Override
    public void onMessage(byte[] bytes, int length, MessageKind kind) {
        if (kind != MessageKind.TEXT) {
            return; // version 1 has none of the other kind
        }
        try {
            RelayMessage message = RelayMessageCodec.decode(bytes, length);
            if (message instanceof RelayMessage.Request request) {
                forward(request);
            } else if (message instanceof RelayMessage.Registered given
                    && given.name().equals(settings.name())) {
                registered(given);
            } else if (message instanceof RelayMessage.Refused refused) {
                refused(refused);
            } else if (message instanceof RelayMessage.AuthExpiring) {
                renewal.expiring();
            } else if (message instanceof RelayMessage.Authenticated) {
                renewal.taken();
            }
        } catch (MalformedJsonException e) {
            logger.debug("Ignored a message of the relay: {}", e.getMessage());
        }
    }

    @Override
    public boolean onBinaryPart(Chunk part, boolean last) {
        ServedStreams served = streams;
        if (served == null) {
            return false;
        }
        try {
            served.onPart(part, last);
        } catch (FrameException e) {
            MessageSocket current = socket;
            if (current != null) {
                current.closeNow(new CloseStatus(CloseStatus.PROTOCOL_ERROR, String.valueOf(e.getMessage())));
            }
            end(new Ending.Lost("the relay does not keep to the protocol: " + e.getMessage()));
        }
        return true;
    }

    @Override
    public void relayLeaves() {
        events.relayLeaves(this);
    }

    /** Finishes what runs and then ends in silence, because another session has taken over. */
    void leave() {
        ServedStreams served = streams;
        if (served == null) {
            close();
        } else {
            served.leave();
        }
    }

    @Override
    public void finished() {
        close();
    }

    @Override
    public void onOverflow(byte[] bytes, int length) {
        String id = JsonMembers.peekString(bytes, length, "id");
        MessageSocket current = socket;
        if (id != null && current != null && "request".equals(JsonMembers.peekString(bytes, length, "type"))) {
            current.send(ClientMessageCodec.encodeResponse(
                    id, ForwardingFailure.requestTooLarge().toResponse()));
        }
    }

    @Override
    public void onTooLarge(long bytes) {
        logger.warn(
                "Dropped a message of more than {} bytes, or for which there was no room",
                settings.limits().requestMessageBytes());
    }

    private void registered(RelayMessage.Registered given) {
        URI publicUrl = publicUrl(given);
        RelayMessage.Details details = given.details();
        MessageSocket current = socket;
        if (details != null && details.protocol() == PROTOCOL && streams == null && current != null) {
            streams = new ServedStreams(settings, details, current, service, budget, this, this);
            current.measureRoundTrip();
        }
        if (publicUrl == null) {
            end(new Ending.Lost("the relay gave the tunnel a URL that is none"));
        } else if (!registered) {
            registeredAt = settings.scheduler().nanoTime();
            registered = true;
            Scheduler.Task timeout = registrationTimeout;
            if (timeout != null) {
                timeout.cancel();
            }
            Token opening = token;
            if (opening != null) {
                renewal.start(opening);
            }
            events.registered(publicUrl);
        }
    }

    private void sendTicket(String ticket) {
        MessageSocket current = socket;
        if (current != null) {
            current.send(ClientMessageCodec.encodeAuth(ticket));
        }
    }

    /** Returns what the relay calls the public URL or, if it doesn't say, where it must be. */
    private @Nullable URI publicUrl(RelayMessage.Registered given) {
        if (given.details() == null) {
            return publicUrl(given.url());
        }
        try {
            URI url = new URI(given.details().publicUrl());
            boolean http = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            return http && url.getHost() != null ? url : null;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    private @Nullable URI publicUrl(String path) {
        boolean isPath =
                path.startsWith("/") && !path.startsWith("//") && path.chars().allMatch(c -> c > ' ' && c <= '~');
        String scheme =
                settings.relay().uri().getScheme().toLowerCase(Locale.ROOT).equals("wss") ? "https://" : "http://";
        try {
            return isPath ? URI.create(scheme + settings.relay().uri().getRawAuthority() + path) : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private void refused(RelayMessage.Refused refused) {
        if (RelayMessage.Refused.NAME_CONFUSABLE.equals(refused.code())) {
            refuse(
                    Reason.NAME_CONFUSABLE,
                    "The name " + settings.name() + " looks like one that another user has or that is reserved");
            return;
        }
        if (RelayMessage.Refused.NAME_RESERVED.equals(refused.code())) {
            refuse(
                    Reason.NAME_RESERVED,
                    "The name " + settings.name() + " was another user's until a while ago, and is kept for that user");
            return;
        }
        String message = refused.message();
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
            if (renewal.refused("the relay says: " + message)) {
                return;
            }
            logger.warn("The relay complains: {}", PrintableText.of(message));
        } else {
            end(new Ending.Lost("the relay said: " + message));
        }
    }

    /** A token that was good may have expired; the next connection asks for a fresh one. */
    private Ending unauthenticated() {
        return registered || settings.relay().login() != null
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
    public void started(StartedRequest request) {
        events.requestStarted(request);
    }

    @Override
    public boolean answered(WholeBodyExchange exchange, ClientMessage.ResponseContent answer) {
        MessageSocket current = socket;
        if (current == null || ended.get()) {
            running.remove(exchange.id(), exchange);
            return true;
        }
        ByteBuffer message = ClientMessageCodec.encodeResponse(exchange.id(), answer);
        int size = message.capacity();
        if (!budget.tryReserve(size)) {
            return false;
        }
        running.remove(exchange.id(), exchange);
        if (!current.sendReserved(message, new Release(budget, size))) {
            budget.release(size);
        }
        return true;
    }

    @Override
    public void failed(WholeBodyExchange exchange, ClientMessage.ResponseContent answer) {
        running.remove(exchange.id(), exchange);
        MessageSocket current = socket;
        if (current != null && !ended.get()) {
            current.send(ClientMessageCodec.encodeResponse(exchange.id(), answer));
        }
    }

    @Override
    public void finished(FinishedRequest summary) {
        events.requestFinished(summary);
    }

    @Override
    public void onClosed(CloseStatus status) {
        closed.complete(true);
        end(
                switch (status.code()) {
                    case CloseStatus.REPLACED ->
                        new Ending.Refused(
                                Reason.REPLACED, "Another connection has taken the name " + settings.name() + " over");
                    case CloseStatus.POLICY_VIOLATION -> unauthenticated();
                    case CloseStatus.ABNORMAL -> new Ending.Lost("the connection was lost" + why(status.reason()));
                    default ->
                        new Ending.Lost("the relay closed the connection (" + status.code()
                                + (status.reason().isEmpty() ? "" : " " + status.reason()) + ")");
                });
    }

    private static String why(String fault) {
        return switch (fault) {
            case MessageSocket.SILENCE -> ": no sign of life";
            case MessageSocket.SLOW_CONSUMER -> ": the relay does not read what it is sent";
            default -> "";
        };
    }

    private void end(Ending ending) {
        if (ended.compareAndSet(false, true)) {
            cleanUp();
            events.ended(this, ending);
        }
    }

    private void cleanUp() {
        renewal.stop();
        Scheduler.Task timeout = registrationTimeout;
        if (timeout != null) {
            timeout.cancel();
        }
        running.values().forEach(WholeBodyExchange::cancel);
        ServedStreams served = streams;
        if (served != null) {
            served.close();
        }
        MessageSocket current = socket;
        if (current != null) {
            leave(current);
        }
    }

    private static void leave(MessageSocket socket) {
        socket.closeNow(new CloseStatus(CloseStatus.NORMAL, ""));
    }

    /** Gives the bytes of a message back once it needs them no more. */
    private record Release(ByteBudget budget, int size) implements Completion {

        @Override
        public void succeeded() {
            budget.release(size);
        }

        @Override
        public void failed(Throwable cause) {
            budget.release(size);
        }
    }
}
