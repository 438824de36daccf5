package org.podbridge.policy;

import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;

/** A listener whose connection is known to the admission for as long as it is open. */
final class TrackedListener implements ConnectionListener {

    private final ConnectionListener listener;
    private final Admission admission;
    private @Nullable Connection connection;

    TrackedListener(ConnectionListener listener, Admission admission) {
        this.listener = listener;
        this.admission = admission;
    }

    @Override
    public void onOpen(Connection connection) {
        this.connection = connection;
        admission.opened(connection);
        listener.onOpen(connection);
        admission.closeLateComer(connection);
    }

    @Override
    public void onPart(Chunk part, MessageKind kind, boolean last) {
        listener.onPart(part, kind, last);
    }

    @Override
    public void onPong() {
        listener.onPong();
    }

    @Override
    public void onClosed(CloseStatus status) {
        Connection closed = connection;
        if (closed != null) {
            admission.closed(closed);
        }
        listener.onClosed(status);
    }
}
