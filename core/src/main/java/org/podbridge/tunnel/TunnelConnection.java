package org.podbridge.tunnel;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.ExpiryTimer;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.exchange.Completion;
import org.podbridge.identity.TunnelName;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.policy.AccessDecision;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.ClientMessageCodec;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of a tunnel client. Thread-safe. */
final class TunnelConnection implements MessageSocket.Handler {

    private static final Logger logger = LoggerFactory.getLogger(TunnelConnection.class);
    private static final int MAX_QUEUED_CONTROLS = 64;
    private static final CompletionStage<Boolean> DONE = CompletableFuture.completedStage(true);

    private final TunnelEndpoint endpoint;
    private final Identity identity;
    private final PendingExchanges pending;

    /** Guarded by the registry's lock. */
    private final Set<TunnelName> names = new HashSet<>();

    private final AtomicInteger queuedControls = new AtomicInteger();
    /**
     * The last of the registrations and releases, which are carried out one after the other. Confined to the socket.
     */
    private CompletionStage<Boolean> controls = DONE;

    private volatile @Nullable MessageSocket socket;
    private volatile boolean over;
    private volatile Scheduler.Task expiry = () -> {};

    TunnelConnection(TunnelEndpoint endpoint, Identity identity, PendingExchanges pending) {
        this.endpoint = endpoint;
        this.identity = identity;
        this.pending = pending;
    }

    Set<TunnelName> names() {
        return names;
    }

    int exchangesInFlight() {
        return pending.size();
    }

    @Override
    public void onOpen(MessageSocket socket) {
        this.socket = socket;
        expiry = ExpiryTimer.start(endpoint.scheduler(), identity, this::expired);
    }

    @Override
    public void onClosed(CloseStatus status) {
        end();
        logger.debug("A tunnel connection of {} closed with {}", identity.webId(), status.code());
    }

    /** Tells whether it is closed, or about to be, so that nothing is given to it any more. */
    boolean isOver() {
        MessageSocket open = socket;
        return over || open == null || open.isClosing();
    }

    /**
     * Gives back what it has, without waiting for its peer to answer a close. To be called when the socket takes
     * nothing more, so that no exchange can be added behind the last one that is ended. Idempotent.
     */
    private void end() {
        over = true; // before the names are released: the registry looks at it under its lock
        expiry.cancel();
        endpoint.registry().releaseAll(this);
        pending.takeAll().forEach(exchange -> exchange.refuse(RelayAnswer.DISCONNECTED));
    }

    private void expired() {
        refuse("Authentication expired");
        MessageSocket open = socket;
        if (open != null) {
            open.close(new CloseStatus(CloseStatus.POLICY_VIOLATION, "Authentication expired"));
        }
        end();
    }

    /** Ends the connection because another one of the same agent has taken a name over. */
    void replaced() {
        MessageSocket open = socket;
        if (open != null) {
            open.closeNow(new CloseStatus(CloseStatus.REPLACED, "Replaced by a newer connection"));
        }
        end();
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
            enqueue(() -> register(register));
        } else if (message instanceof ClientMessage.Unregister unregister) {
            enqueue(() -> unregister(unregister));
        }
    }

    @Override
    public void onOverflow(byte[] bytes, int length) {
        String id = JsonMembers.peekString(bytes, length, "id");
        if (id != null) {
            pending.take(id).ifPresent(exchange -> exchange.refuse(RelayAnswer.RESPONSE_TOO_LARGE));
        }
    }

    @Override
    public void onTooLarge(long bytes) {
        refuse("Message too large");
    }

    private void answer(ClientMessage.Response response) {
        String id = response.id();
        Optional<VisitorExchange> exchange = id == null ? Optional.empty() : pending.take(id);
        exchange.ifPresent(waiting -> {
            ClientMessage.ResponseContent content = response.content();
            if (content == null) {
                waiting.refuse(RelayAnswer.BAD_RESPONSE);
            } else {
                waiting.answer(content);
            }
        });
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
        return endpoint.policy().mayClaim(identity, name.get()).thenApply(decision -> {
            if (decision instanceof AccessDecision.Allow) {
                claim(name.get(), register);
            } else {
                refuse("Tunnel name not allowed");
            }
            return true;
        });
    }

    private void claim(TunnelName name, ClientMessage.Register register) {
        TunnelRegistry.Claim claim = endpoint.registry()
                .claim(new Tunnel(
                        name,
                        identity.webId(),
                        register.passthrough(),
                        register.share(),
                        register.access(),
                        List.of(this)));
        if (claim instanceof TunnelRegistry.Claim.Taken) {
            refuse("Tunnel name taken by another user");
        } else if (claim instanceof TunnelRegistry.Claim.TooMany) {
            refuse("Too many tunnels");
        } else if (claim instanceof TunnelRegistry.Claim.Granted granted) {
            granted.replaced().forEach(TunnelConnection::replaced);
            logger.debug("{} serves the tunnel {}", identity.webId(), name);
            send(RelayMessageCodec.encode(
                    new RelayMessage.Registered(name.value(), endpoint.pathOf(name) + "/", register.passthrough())));
        }
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
    Optional<String> send(VisitorExchange exchange, RequestEncoder request) {
        Optional<String> id =
                pending.add(exchange, endpoint.limits().exchangeTimeout(), late -> late.refuse(RelayAnswer.TIMEOUT));
        if (id.isEmpty()) {
            exchange.refuse(RelayAnswer.BUSY);
            return id;
        }
        ByteBuffer message = request.encode(id.get());
        int size = message.remaining();
        MessageSocket open = socket;
        if (!endpoint.budget().tryReserve(size)) {
            pending.take(id.get()).ifPresent(waiting -> waiting.refuse(RelayAnswer.BUSY));
            return Optional.empty();
        }
        Completion release = new Completion() {
            @Override
            public void succeeded() {
                endpoint.budget().release(size);
            }

            @Override
            public void failed(Throwable cause) {
                endpoint.budget().release(size);
            }
        };
        if (open == null || !open.sendReserved(message, release)) {
            endpoint.budget().release(size);
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
        pending.take(id);
    }

    private void refuse(String message) {
        send(RelayMessageCodec.encode(new RelayMessage.Refused(message)));
    }

    private void send(ByteBuffer message) {
        MessageSocket open = socket;
        if (open != null) {
            open.send(message);
        }
    }
}
