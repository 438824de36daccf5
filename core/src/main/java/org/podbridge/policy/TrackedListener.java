package org.podbridge.policy;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;

/**
 * A listener whose connection counts for as long as it is open. Things may have changed since the handshake: then the
 * connection is closed at once and the listener never hears of it.
 */
final class TrackedListener implements ConnectionListener {

    private final ConnectionListener listener;
    private final Admission admission;
    private @Nullable Connection counted;

    TrackedListener(ConnectionListener listener, Admission admission) {
        this.listener = listener;
        this.admission = admission;
    }

    @Override
    public void onOpen(Connection connection) {
        Optional<CloseStatus> refusal = admission.count(connection);
        if (refusal.isPresent()) {
            connection.close(refusal.get());
        } else {
            counted = connection;
            listener.onOpen(connection);
        }
    }

    @Override
    public void onPart(Chunk part, MessageKind kind, boolean last) {
        if (counted != null) {
            listener.onPart(part, kind, last);
        }
    }

    @Override
    public void onPing() {
        if (counted != null) {
            listener.onPing();
        }
    }

    @Override
    public void onPong() {
        if (counted != null) {
            listener.onPong();
        }
    }

    @Override
    public void onClosed(CloseStatus status) {
        if (counted != null) {
            admission.discount(counted);
            listener.onClosed(status);
        }
    }
}
