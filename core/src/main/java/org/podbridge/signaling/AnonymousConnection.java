package org.podbridge.signaling;

import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.connection.MessageSocket;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.signaling.identity.IdentityCodec;

/** A connection of somebody without an identity, whom no agent sees. Confined to its connection. */
final class AnonymousConnection implements MessageSocket.Handler {

    private @Nullable MessageSocket socket;

    @Override
    public void onOpen(MessageSocket socket) {
        this.socket = socket;
    }

    @Override
    public void onMessage(byte[] bytes, int length, MessageKind kind) {
        try {
            JsonMembers message = SignalingMessages.read(bytes, length, kind);
            error(
                    message.string("type") == null
                            ? SignalingMessages.MISSING_TYPE
                            : "Authentication required for identity-based signaling");
        } catch (MalformedJsonException e) {
            error(SignalingMessages.INVALID_JSON);
        }
    }

    @Override
    public void onTooLarge() {
        error(SignalingMessages.TOO_LARGE);
    }

    private void error(String message) {
        MessageSocket open = socket;
        if (open != null) {
            open.send(IdentityCodec.error(message));
        }
    }

    @Override
    public void onClosed(CloseStatus status) {
        // Nobody knew of it.
    }
}
