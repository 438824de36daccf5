package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.identity.PeerId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.RateLimits;
import org.podbridge.signaling.identity.IdentityCodec;

/** A connection of somebody without an identity, whom nobody sees outside its rooms. Thread-safe. */
final class AnonymousConnection implements MessageSocket.Handler {

    private final SignalingEndpoint endpoint;
    private final Throttle throttle;
    private final RoomPeer roomPeer;
    private volatile @Nullable MessageSocket socket;

    AnonymousConnection(SignalingEndpoint endpoint, PeerId peerId, Throttle throttle) {
        this.endpoint = endpoint;
        this.throttle = throttle;
        this.roomPeer = endpoint.roomPeer(peerId, throttle, this::send);
    }

    @Override
    public void onOpen(MessageSocket socket) {
        this.socket = socket;
    }

    @Override
    public void onMessage(byte[] bytes, int length, MessageKind kind) {
        if (isTooMuch(1)) {
            return;
        }
        try {
            JsonMembers message = SignalingMessages.read(bytes, length, kind);
            if (!roomPeer.handle(message)) {
                error(
                        message.string("type") == null
                                ? SignalingMessages.MISSING_TYPE
                                : "Authentication required for identity-based signaling");
            }
        } catch (MalformedJsonException e) {
            error(SignalingMessages.INVALID_JSON);
        }
        closeIfExhausted();
    }

    @Override
    public void onTooLarge(long bytes) {
        if (!isTooMuch(endpoint.messagesIn(bytes))) {
            error(SignalingMessages.TOO_LARGE);
        }
    }

    @Override
    public void onOverhead() {
        isTooMuch(1);
    }

    private boolean isTooMuch(int messages) {
        Optional<String> refusal = throttle.refusal(RateLimits.Counted.MESSAGES, messages);
        refusal.ifPresent(this::error);
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

    private void error(String message) {
        send(IdentityCodec.error(message));
    }

    private void send(ByteBuffer message) {
        MessageSocket open = socket;
        if (open != null) {
            open.send(message);
        }
    }

    @Override
    public void onClosed(CloseStatus status) {
        roomPeer.end();
    }
}
