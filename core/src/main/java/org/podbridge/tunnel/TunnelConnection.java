package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.ByteBudget;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimiter;
import org.podbridge.limits.RateLimits;
import org.podbridge.limits.TokenBucket;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.LiveIdentity;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.ClientMessageCodec;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.FrameException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of a tunnel client. Thread-safe. */
final class TunnelConnection implements MessageSocket.Handler, LiveIdentity.Holder {

    private static final Logger logger = LoggerFactory.getLogger(TunnelConnection.class);
    private static final int MAX_QUEUED_CONTROLS = 64;
    /** How often a client may be refused something before it is taken for one that doesn't listen. */
    private static final Rate PATIENCE = Rate.perMinute(100, 100);

    private static final String TAKEN = "Tunnel name taken by another user";

    /** The same text, by which clients know that they may not have the name. */
    private static final RelayMessage.Refused RESERVED =
            new RelayMessage.Refused(TAKEN, RelayMessage.Refused.NAME_RESERVED);

    /** Doesn't say which name it looks like, nor whose that is: who asks may not know that there is one. */
    private static final RelayMessage.Refused CONFUSABLE = new RelayMessage.Refused(
            "Tunnel name looks like another one: choose a name that differs in more than case, hyphens and look-alikes"
                    + " such as l and 1 or m and rn",
            RelayMessage.Refused.NAME_CONFUSABLE);

    private static final CompletionStage<Boolean> DONE = CompletableFuture.completedStage(true);

    private final TunnelEndpoint endpoint;
    private final LiveIdentity identity;
    private final ByteBudget budget;
    private final WebId webId;
    private final PendingExchanges pending;

    /** Guarded by the registry's lock. */
    private final Set<TunnelName> names = new HashSet<>();

    private final RateLimiter.Caller caller;
    private final TokenBucket patience = new TokenBucket(PATIENCE);
    private final AtomicInteger queuedControls = new AtomicInteger();
    /**
     * The last of the registrations and releases, which are carried out one after the other. Confined to the socket.
     */
    private CompletionStage<Boolean> controls = DONE;

    private volatile @Nullable MessageSocket socket;
    /** Once the client has asked for version 2. */
    private volatile @Nullable TunnelStreams streams;

    private volatile boolean over;
    private volatile boolean leaving;
    private volatile Scheduler.Task leaveDeadline = () -> {};

    /**
     * Makes one.
     *
     * @param budget the agent's share of the memory of all tunnels
     */
    TunnelConnection(TunnelEndpoint endpoint, LiveIdentity identity, ByteBudget budget, PendingExchanges pending) {
        this.endpoint = endpoint;
        this.identity = identity;
        this.budget = budget;
        this.webId = identity.now().webId();
        this.pending = pending;
        this.caller = endpoint.rates().caller(identity.now().webId(), null);
    }

    Set<TunnelName> names() {
        return names;
    }

    Optional<TunnelStreams> streams() {
        return Optional.ofNullable(streams);
    }

    boolean takesWholeBodies() {
        return streams == null;
    }

    int exchangesInFlight() {
        TunnelStreams open = streams;
        return pending.size() + (open == null ? 0 : open.size());
    }

    @Override
    public void onOpen(MessageSocket socket) {
        this.socket = socket;
        endpoint.connections().add(this);
        identity.start(this);
    }

    @Override
    public void onClosed(CloseStatus status) {
        end();
        logger.debug("A tunnel connection of {} closed with {}", webId, status.code());
    }

    /** Tells whether it is closed, or about to be, so that nothing is given to it any more. */
    boolean isOver() {
        MessageSocket open = socket;
        return over || leaving || open == null || open.isClosing();
    }

    /**
     * Gives back what it has, without waiting for its peer to answer a close. To be called when the socket takes
     * nothing more, so that no exchange can be added behind the last one that is ended. Idempotent.
     */
    private void end() {
        over = true; // before the names are released: the registry looks at it under its lock
        identity.stop();
        leaveDeadline.cancel();
        endpoint.connections().remove(this);
        endpoint.registry().releaseAll(this);
        pending.takeAll().forEach(exchange -> exchange.refuse(RelayAnswer.DISCONNECTED));
        TunnelStreams open = streams;
        if (open != null) {
            open.close();
        }
    }

    @Override
    public void onExpiring(Instant end) {
        send(RelayMessageCodec.encode(new RelayMessage.AuthExpiring(end)));
    }

    @Override
    public void onEnded(String reason) {
        refuse(reason);
        MessageSocket open = socket;
        if (open != null) {
            open.close(new CloseStatus(CloseStatus.POLICY_VIOLATION, reason));
        }
        end();
    }

    private CompletionStage<Boolean> renew(ClientMessage.Auth auth) {
        String ticket = auth.token();
        if (ticket == null) {
            refuse("Missing \"token\" field");
            return DONE;
        }
        return identity.renew(ticket).thenCompose(renewal -> {
            if (renewal instanceof LiveIdentity.Renewal.Refused refused) {
                refuse(refused.message());
                return DONE;
            }
            return renewal instanceof LiveIdentity.Renewal.Renewed renewed ? keepNames(renewed) : DONE;
        });
    }

    /** Asks anew whether the agent may have the names that it has; one that it may not have ends the connection. */
    private CompletionStage<Boolean> keepNames(LiveIdentity.Renewal.Renewed renewed) {
        CompletionStage<Boolean> allowed = DONE;
        for (TunnelName name : endpoint.registry().namesOf(this)) {
            allowed = allowed.thenCompose(soFar -> endpoint.policy()
                    .mayClaim(renewed.identity(), name)
                    .thenApply(decision -> soFar && decision instanceof AccessDecision.Allow));
        }
        return allowed.thenApply(all -> {
            if (all) {
                send(RelayMessageCodec.encode(
                        new RelayMessage.Authenticated(renewed.end().orElse(null))));
            } else {
                onEnded("Tunnel name not allowed");
            }
            return true;
        });
    }

    /**
     * Ends the connection because another one of the same agent has taken a name over: at once in version 1; in version
     * 2 what runs may finish, for a while.
     */
    void replaced() {
        CloseStatus status = new CloseStatus(CloseStatus.REPLACED, "Replaced by a newer connection");
        TunnelStreams open = streams;
        if (open == null) {
            closeNow(status);
        } else {
            leave(open, "replaced by a newer connection", endpoint.limits().leaveTimeout(), status);
        }
    }

    /**
     * Asks the client to connect elsewhere, and serves visitors until it does. A client of version 1 can't be asked: it
     * gets no more requests, and is closed when those that run have ended.
     */
    void drain() {
        TunnelStreams open = streams;
        if (open != null) {
            open.announceLeaving("the server is about to stop");
            return;
        }
        leaving = true;
        endpoint.registry().releaseAll(this);
        closeIfDrained();
    }

    private void closeIfDrained() {
        if (leaving && streams == null && pending.size() == 0) {
            MessageSocket connected = socket;
            if (connected != null) {
                connected.close(new CloseStatus(CloseStatus.GOING_AWAY, "The server is about to stop"));
            }
        }
    }

    /** Gets no requests any more, because the client says so; it closes the connection when it has finished. */
    private void peerLeaves() {
        TunnelStreams open = streams;
        if (open != null && !leaving) {
            leaving = true;
            endpoint.registry().releaseAll(this);
            open.leave("as you wish", () -> {});
        }
    }

    private void leave(TunnelStreams open, String reason, Duration patience, CloseStatus status) {
        leaving = true;
        endpoint.registry().releaseAll(this);
        Scheduler.Task deadline = endpoint.scheduler().schedule(patience, () -> closeNow(status));
        leaveDeadline = deadline;
        if (over) {
            deadline.cancel();
        }
        open.leave(reason, () -> {
            deadline.cancel();
            MessageSocket connected = socket;
            if (connected != null) {
                connected.close(status); // behind the end of the last stream
            }
        });
    }

    /** Ends the connection because the server stops: what is left is lost. */
    void stop() {
        closeNow(new CloseStatus(CloseStatus.GOING_AWAY, "The server stops"));
    }

    private void closeNow(CloseStatus status) {
        MessageSocket open = socket;
        if (open != null) {
            open.closeNow(status);
        }
        end();
    }

    @Override
    public boolean onBinaryPart(Chunk part, boolean last) {
        TunnelStreams open = streams;
        if (open == null) {
            return false;
        }
        try {
            open.onPart(part, last);
        } catch (FrameException e) {
            logger.debug("A tunnel connection of {} is closed: {}", webId, e.getMessage());
            closeNow(new CloseStatus(CloseStatus.PROTOCOL_ERROR, String.valueOf(e.getMessage())));
        }
        return true;
    }

    @Override
    public void onMessage(byte[] bytes, int length, MessageKind kind) {
        ClientMessage message;
        try {
            message = ClientMessageCodec.decode(bytes, length);
        } catch (MalformedJsonException e) {
            refuse("Invalid JSON");
            return;
        }
        if (message instanceof ClientMessage.Response response) {
            answer(response);
        } else if (message instanceof ClientMessage.Register register) {
            if (!isTooOften(RateLimits.Counted.REGISTRATIONS)) {
                enqueue(() -> register(register));
            }
        } else if (message instanceof ClientMessage.Unregister unregister
                && !isTooOften(RateLimits.Counted.REGISTRATIONS)) {
            enqueue(() -> unregister(unregister));
        } else if (message instanceof ClientMessage.Auth auth) {
            enqueue(() -> renew(auth));
        }
    }

    @Override
    public void onOverflow(byte[] bytes, int length) {
        String id = JsonMembers.peekString(bytes, length, "id");
        if (id != null) {
            take(id).ifPresent(exchange -> exchange.refuse(RelayAnswer.RESPONSE_TOO_LARGE));
        }
    }

    @Override
    public void onTooLarge(long bytes) {
        refuse("Message too large");
    }

    private void answer(ClientMessage.Response response) {
        String id = response.id();
        Optional<WholeBodyExchange> exchange = id == null ? Optional.empty() : take(id);
        exchange.ifPresent(waiting -> {
            ClientMessage.ResponseContent content = response.content();
            if (content == null) {
                waiting.refuse(RelayAnswer.BAD_RESPONSE);
            } else {
                waiting.answer(content, budget);
            }
        });
    }

    @Override
    public void onOverhead() {
        isTooOften(RateLimits.Counted.MESSAGES);
    }

    /** Tells whether something was refused, because there was too much of it of late. */
    private boolean isTooOften(RateLimits.Counted what) {
        Optional<RateLimits.Exceeded> exceeded = caller.take(what, 1);
        exceeded.ifPresent(limit -> {
            refuse(limit.message());
            if (!patience.tryTake(1, endpoint.rates().now())) {
                closeNow(new CloseStatus(CloseStatus.TOO_OFTEN, "Rate limit"));
            }
        });
        return exceeded.isPresent();
    }

    /** Keeps registrations in order though the policy may take its time over each. */
    private void enqueue(Control control) {
        if (queuedControls.incrementAndGet() > MAX_QUEUED_CONTROLS) {
            queuedControls.decrementAndGet();
            refuse("Too many tunnels");
            return;
        }
        controls = controls.thenCompose(done -> isOver() ? DONE : control.run())
                .whenComplete((done, failure) -> queuedControls.decrementAndGet())
                .exceptionally(failure -> {
                    logger.error("A registration failed because of a fault", failure);
                    return true;
                });
    }

    @FunctionalInterface
    private interface Control {
        CompletionStage<Boolean> run();
    }

    private CompletionStage<Boolean> register(ClientMessage.Register register) {
        if (register.protocol() > 0) {
            identity.giveNotice();
        }
        String text = register.name();
        Optional<TunnelName> name = text == null ? Optional.empty() : TunnelName.parse(text);
        if (name.isEmpty()) {
            refuse("Invalid tunnel name");
            return DONE;
        }
        if (register.access().kind() == ClientMessage.Access.Kind.INVALID) {
            refuse("Invalid access rule");
            return DONE;
        }
        if (endpoint.isReserved(name.get())) {
            refuse("Tunnel name not allowed");
            return DONE;
        }
        return endpoint.policy().mayClaim(identity.now(), name.get()).thenApply(decision -> {
            if (decision instanceof AccessDecision.Allow) {
                claim(name.get(), register);
            } else {
                refuse("Tunnel name not allowed");
            }
            return true;
        });
    }

    private void claim(TunnelName name, ClientMessage.Register register) {
        negotiate(register);
        TunnelRegistry.Claim claim = endpoint.registry()
                .claim(new Tunnel(
                        name, webId, register.passthrough(), register.share(), register.access(), List.of(this)));
        if (claim instanceof TunnelRegistry.Claim.Taken) {
            refuse(TAKEN);
        } else if (claim instanceof TunnelRegistry.Claim.Reserved) {
            send(RelayMessageCodec.encode(RESERVED));
        } else if (claim instanceof TunnelRegistry.Claim.Confusable) {
            send(RelayMessageCodec.encode(CONFUSABLE));
        } else if (claim instanceof TunnelRegistry.Claim.TooMany) {
            refuse("Too many tunnels");
        } else if (claim instanceof TunnelRegistry.Claim.Granted granted) {
            endpoint.registry().find(name).ifPresent(endpoint::registered);
            granted.replaced().forEach(TunnelConnection::replaced);
            logger.debug("{} serves the tunnel {}", webId, name);
            send(RelayMessageCodec.encode(new RelayMessage.Registered(
                    name.value(), endpoint.pathOf(name) + "/", register.passthrough(), details(name, register))));
            TunnelStreams open = streams;
            if (open != null) {
                open.start();
            }
        }
    }

    private RelayMessage.@Nullable Details details(TunnelName name, ClientMessage.Register register) {
        if (register.protocol() == 0) {
            return null;
        }
        return new RelayMessage.Details(
                streams == null ? 1 : 2,
                endpoint.publicUrlOf(name),
                endpoint.limits().streamWindowBytes(),
                endpoint.limits().maxExchangesPerTunnel(),
                register.access());
    }

    /** Speaks version 2 from now on, if the client can; before the claim, after which visitors may come. */
    private void negotiate(ClientMessage.Register register) {
        MessageSocket open = socket;
        if (register.protocol() < 2 || streams != null || open == null) {
            return;
        }
        open.measureRoundTrip();
        streams = new TunnelStreams(
                open,
                register.window() == 0 ? Frame.DEFAULT_WINDOW_BYTES : register.window(),
                endpoint.limits(),
                endpoint.scheduler(),
                budget,
                endpoint.windowGrowth(),
                this::peerLeaves);
    }

    private CompletionStage<Boolean> unregister(ClientMessage.Unregister unregister) {
        String text = unregister.name();
        Optional<TunnelName> name = text == null ? Optional.empty() : TunnelName.parse(text);
        name.ifPresent(known -> endpoint.registry().release(known, this));
        return DONE;
    }

    /**
     * Sends a visitor's request to the client.
     *
     * @param exchange the visitor's
     * @param request makes the request of the id that the exchange gets
     * @return the id under which it waits, or empty if it was refused
     */
    Optional<String> send(WholeBodyExchange exchange, RequestEncoder request) {
        Optional<String> id =
                pending.add(exchange, endpoint.limits().exchangeTimeout(), late -> late.refuse(RelayAnswer.TIMEOUT));
        if (id.isEmpty()) {
            exchange.refuse(RelayAnswer.BUSY);
            return id;
        }
        ByteBuffer message = request.encode(id.get());
        int size = message.remaining();
        MessageSocket open = socket;
        if (!budget.tryReserve(size)) {
            pending.take(id.get()).ifPresent(waiting -> waiting.refuse(RelayAnswer.BUSY));
            return Optional.empty();
        }
        Completion release = new Completion() {
            @Override
            public void succeeded() {
                budget.release(size);
            }

            @Override
            public void failed(Throwable cause) {
                budget.release(size);
            }
        };
        if (open == null || !open.sendReserved(message, release)) {
            budget.release(size);
            pending.take(id.get()).ifPresent(waiting -> waiting.refuse(RelayAnswer.DISCONNECTED));
            return Optional.empty();
        }
        return id;
    }

    /** Makes a request of an id. */
    @FunctionalInterface
    interface RequestEncoder {
        ByteBuffer encode(String id);
    }

    /** Drops a request that nobody waits for any more. */
    void forget(String id) {
        take(id);
    }

    private Optional<WholeBodyExchange> take(String id) {
        Optional<WholeBodyExchange> taken = pending.take(id);
        closeIfDrained();
        return taken;
    }

    private void refuse(String message) {
        send(RelayMessageCodec.encode(new RelayMessage.Refused(message, null)));
    }

    private void send(ByteBuffer message) {
        MessageSocket open = socket;
        if (open != null) {
            open.send(message);
        }
    }
}
