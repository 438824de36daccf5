package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.ExpiryTimer;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.identity.PeerId;
import org.podbridge.identity.WebId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.RateLimits;
import org.podbridge.presence.PresenceRegistry;
import org.podbridge.presence.PresenceView;
import org.podbridge.signaling.identity.IdentityCodec;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of an agent: reads its messages, and sends it what concerns it. Thread-safe. */
final class SignalingConnection implements MessageSocket.Handler, PresenceRegistry.Present, PresenceView.Sink {

    private static final Logger logger = LoggerFactory.getLogger(SignalingConnection.class);

    private final SignalingEndpoint endpoint;
    private final Identity identity;
    private final PeerId peerId;
    private final PresenceView view;
    private final CallGate gate;
    private final Throttle throttle;
    private final RoomPeer roomPeer;

    private final ReentrantLock lock = new ReentrantLock();
    /** What waits for the welcome, which is always the first message; null once that has left. Guarded by lock. */
    private @Nullable Deque<ByteBuffer> beforeWelcome = new ArrayDeque<>();

    private long bytesBeforeWelcome;

    private volatile @Nullable MessageSocket socket;
    private volatile Scheduler.Task expiry = () -> {};

    SignalingConnection(SignalingEndpoint endpoint, Identity identity, PeerId peerId, Throttle throttle) {
        this.endpoint = endpoint;
        this.identity = identity;
        this.peerId = peerId;
        this.view = new PresenceView(identity, endpoint.registry(), endpoint.policy(), this);
        this.gate = new CallGate(identity, endpoint.policy(), endpoint.scheduler(), endpoint.maxWaitingBytes());
        this.throttle = throttle;
        this.roomPeer = endpoint.roomPeer(peerId, throttle, this::send);
    }

    @Override
    public WebId webId() {
        return identity.webId();
    }

    @Override
    public PresenceView view() {
        return view;
    }

    @Override
    public void onOpen(MessageSocket socket) {
        this.socket = socket;
        expiry = ExpiryTimer.start(endpoint.scheduler(), identity, this::expired);
        endpoint.registry().join(this);
        view.open();
        logger.debug("{} is online as {}", identity.webId(), peerId);
    }

    @Override
    public void onClosed(CloseStatus status) {
        expiry.cancel();
        endpoint.registry().leave(this);
        roomPeer.end();
        logger.debug("{} closed with {}", peerId, status.code());
    }

    @Override
    public void replaced() {
        roomPeer.end();
        close(new CloseStatus(CloseStatus.REPLACED, "Replaced by a newer connection"));
    }

    private void expired() {
        roomPeer.end();
        send(IdentityCodec.error("Authentication expired"));
        MessageSocket open = socket;
        if (open != null) {
            open.close(new CloseStatus(CloseStatus.POLICY_VIOLATION, "Authentication expired"));
        }
    }

    private void close(CloseStatus status) {
        MessageSocket open = socket;
        if (open != null) {
            open.closeNow(status);
        }
    }

    @Override
    public void onMessage(byte[] bytes, int length, MessageKind kind) {
        if (isTooMuch(RateLimits.Counted.MESSAGES, 1)) {
            return;
        }
        try {
            dispatch(SignalingMessages.read(bytes, length, kind));
        } catch (MalformedJsonException e) {
            send(IdentityCodec.error(SignalingMessages.INVALID_JSON));
        }
        closeIfExhausted();
    }

    @Override
    public void onTooLarge(long bytes) {
        if (!isTooMuch(RateLimits.Counted.MESSAGES, endpoint.messagesIn(bytes))) {
            send(IdentityCodec.error(SignalingMessages.TOO_LARGE));
        }
    }

    private boolean isTooMuch(RateLimits.Counted what, int times) {
        Optional<String> refusal = throttle.refusal(what, times);
        refusal.ifPresent(message -> send(IdentityCodec.error(message)));
        closeIfExhausted();
        return refusal.isPresent();
    }

    private void closeIfExhausted() {
        MessageSocket open = socket;
        if (open != null && throttle.isExhausted()) {
            roomPeer.end();
            open.close(Throttle.TOO_OFTEN);
        }
    }

    private void dispatch(JsonMembers message) throws MalformedJsonException {
        if (roomPeer.handle(message)) {
            return;
        }
        String type = message.string("type");
        if (type == null) {
            send(IdentityCodec.error(SignalingMessages.MISSING_TYPE));
            return;
        }
        String to = message.string("to");
        if (to == null) {
            send(IdentityCodec.error("Missing \"to\" field"));
        } else if (!IdentityCodec.isRelayed(type)) {
            send(IdentityCodec.unknownType(type));
        } else if (!type.equals("offer") || !isTooMuch(RateLimits.Counted.OFFERS, 1)) {
            relay(type, to, message);
        }
    }

    private void relay(String type, String to, JsonMembers message) {
        Optional<SignalingConnection> target = find(to);
        if (target.isEmpty()) {
            send(IdentityCodec.notOnline(to));
            return;
        }
        WebId targetId = target.get().webId();
        ByteBuffer relayed = IdentityCodec.relayed(type, identity.webId(), message);
        if (targetId.equals(identity.webId())) {
            deliver(targetId, relayed);
            return;
        }
        boolean isReply = !type.equals("offer") && target.get().gate.hasCalled(identity.webId());
        gate.pass(targetId, isReply, new CallGate.Passage() {
            @Override
            public int bytes() {
                return relayed.remaining();
            }

            @Override
            public void allowed() {
                deliver(targetId, relayed);
            }

            @Override
            public void denied() {
                send(IdentityCodec.notOnline(to));
            }
        });
    }

    private Optional<SignalingConnection> find(String to) {
        try {
            return endpoint.registry().find(WebId.of(to));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Looks the target up anew, and at its own end: the policy may have taken its time. */
    private void deliver(WebId to, ByteBuffer message) {
        MessageSocket open = socket;
        if (open == null || open.isClosing()) {
            return;
        }
        Optional<SignalingConnection> target = endpoint.registry().find(to);
        if (target.isPresent()) {
            target.get().send(message);
        } else {
            send(IdentityCodec.notOnline(to.value()));
        }
    }

    @Override
    public void snapshot(Collection<WebId> peers) {
        sendNow(IdentityCodec.welcome(identity.webId(), peerId, peers));
        while (true) {
            Deque<ByteBuffer> waiting;
            lock.lock();
            try {
                waiting = beforeWelcome;
                if (waiting == null || waiting.isEmpty()) {
                    beforeWelcome = null;
                    return;
                }
                beforeWelcome = new ArrayDeque<>();
            } finally {
                lock.unlock();
            }
            waiting.forEach(this::sendNow);
        }
    }

    @Override
    public void changed(ByteBuffer message) {
        sendNow(message);
    }

    /** Sends a message of its own buffer, after the welcome. */
    private void send(ByteBuffer message) {
        boolean overflow;
        lock.lock();
        try {
            if (beforeWelcome == null) {
                overflow = false;
            } else {
                bytesBeforeWelcome += message.remaining();
                overflow = bytesBeforeWelcome > endpoint.maxWaitingBytes();
                if (!overflow) {
                    beforeWelcome.add(message);
                    return;
                }
            }
        } finally {
            lock.unlock();
        }
        if (overflow) {
            close(new CloseStatus(CloseStatus.TRY_AGAIN_LATER, "Slow consumer"));
        } else {
            sendNow(message);
        }
    }

    private void sendNow(ByteBuffer message) {
        MessageSocket open = socket;
        if (open != null) {
            open.send(message);
        }
    }
}
