package org.podbridge.signaling;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.identity.PeerId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.signaling.identity.IdentityCodec;

/** A connection of somebody without an identity, whom nobody sees outside its rooms. Thread-safe. */
final class AnonymousConnection implements MessageSocket.Handler {

    private final RoomPeer roomPeer;
    private volatile @Nullable MessageSocket socket;

    AnonymousConnection(SignalingEndpoint endpoint, PeerId peerId) {
        this.roomPeer = endpoint.roomPeer(peerId, this::send);
    }

    @Override
    public void onOpen(MessageSocket socket) {
        this.socket = socket;
    }

    @Override
    public void onMessage(byte[] bytes, int length, MessageKind kind) {
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
    }

    @Override
    public void onTooLarge() {
        error(SignalingMessages.TOO_LARGE);
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
