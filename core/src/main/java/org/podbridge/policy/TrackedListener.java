package org.podbridge.policy;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;

/** A listener whose connection stands in a set for as long as it is open. */
final class TrackedListener implements ConnectionListener {

    private final ConnectionListener listener;
    private final Set<Connection> open;
    private @Nullable Connection connection;

    TrackedListener(ConnectionListener listener, Set<Connection> open) {
        this.listener = listener;
        this.open = open;
    }

    @Override
    public void onOpen(Connection connection) {
        this.connection = connection;
        open.add(connection);
        listener.onOpen(connection);
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
            open.remove(closed);
        }
        listener.onClosed(status);
    }
}
