package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.identity.PeerId;
import org.podbridge.identity.WebId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.LiveIdentity;
import org.podbridge.presence.PresenceRegistry;
import org.podbridge.presence.PresenceView;
import org.podbridge.signaling.identity.IdentityCodec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of an agent: reads its messages, and sends it what concerns it. Thread-safe. */
final class SignalingConnection
        implements MessageSocket.Handler, PresenceRegistry.Present, PresenceView.Sink, LiveIdentity.Holder {

    private static final Logger logger = LoggerFactory.getLogger(SignalingConnection.class);

    private final SignalingEndpoint endpoint;
    private final LiveIdentity identity;
    private final WebId webId;
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

    SignalingConnection(SignalingEndpoint endpoint, LiveIdentity identity, PeerId peerId, Throttle throttle) {
        this.endpoint = endpoint;
        this.identity = identity;
        this.webId = identity.now().webId();
        this.peerId = peerId;
        this.view = new PresenceView(identity.now(), endpoint.registry(), endpoint.policy(), this);
        this.gate = new CallGate(identity.now(), endpoint.policy(), endpoint.scheduler(), endpoint.maxWaitingBytes());
        this.throttle = throttle;
        this.roomPeer = endpoint.roomPeer(peerId, throttle, this::send);
    }

    @Override
    public WebId webId() {
        return webId;
    }

    @Override
    public PresenceView view() {
        return view;
    }

    @Override
    public void onOpen(MessageSocket socket) {
        this.socket = socket;
        if (!identity.start(this)) {
            return;
        }
        endpoint.registry().join(this);
        view.open();
        logger.debug("{} is online as {}", webId, peerId);
    }

    @Override
    public void onClosed(CloseStatus status) {
        end();
        logger.debug("{} closed with {}", peerId, status.code());
    }

    @Override
    public void replaced() {
        roomPeer.end();
        close(new CloseStatus(CloseStatus.REPLACED, "Replaced by a newer connection"));
    }

    @Override
    public void onEnded(String reason) {
        sendNow(IdentityCodec.error(reason)); // also to who isn't welcomed yet
        MessageSocket open = socket;
        if (open != null) {
            open.close(new CloseStatus(CloseStatus.POLICY_VIOLATION, reason));
        }
        end();
    }

    /** Takes the agent out of everything, without waiting for its peer to answer a close. Idempotent. */
    private void end() {
        identity.stop();
        endpoint.registry().leave(this);
        roomPeer.end();
    }

    private void renew(JsonMembers message) throws MalformedJsonException {
        String ticket = message.string("token");
        if (ticket == null) {
            send(IdentityCodec.error("Missing \"token\" field"));
            return;
        }
        identity.renew(ticket).thenAccept(renewal -> {
            if (renewal instanceof LiveIdentity.Renewal.Refused refused) {
                send(IdentityCodec.error(refused.message()));
            } else if (renewal instanceof LiveIdentity.Renewal.Renewed renewed) {
                gate.renew(renewed.identity());
                send(IdentityCodec.authenticated(renewed.end()));
                view.renew(renewed.identity());
            }
        });
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

    @Override
    public void onOverhead() {
        isTooMuch(RateLimits.Counted.MESSAGES, 1);
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
        if (type.equals("auth")) {
            renew(message);
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
        Optional<WebId> addressed = parse(to);
        if (addressed.isEmpty()) {
            send(IdentityCodec.notOnline(to)); // nobody has such a WebID
            return;
        }
        WebId targetId = addressed.get();
        ByteBuffer relayed = IdentityCodec.relayed(type, webId, message);
        if (targetId.equals(webId)) {
            deliver(targetId, relayed);
            return;
        }
        boolean isReply = !type.equals("offer")
                && endpoint.registry()
                        .find(targetId)
                        .filter(target -> target.gate.hasCalled(webId))
                        .isPresent();
        // Also for an agent that isn't there: if the policy took its time only over those who are, that would tell.
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

    private static Optional<WebId> parse(String to) {
        try {
            return Optional.of(WebId.of(to));
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
            gate.reaches(to); // before it hears of it, since its reply may be quick
            target.get().send(message);
        } else {
            send(IdentityCodec.notOnline(to.value()));
        }
    }

    @Override
    public void snapshot(Collection<WebId> peers) {
        sendNow(IdentityCodec.welcome(webId, peerId, peers));
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
