package org.podbridge.policy;

import java.util.concurrent.atomic.AtomicInteger;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;

/** A listener that is counted while its connection is open. */
final class CountedListener implements ConnectionListener {

    private final ConnectionListener listener;
    private final AtomicInteger open;

    CountedListener(ConnectionListener listener, AtomicInteger open) {
        this.listener = listener;
        this.open = open;
    }

    @Override
    public void onOpen(Connection connection) {
        open.incrementAndGet();
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
        open.decrementAndGet();
        listener.onClosed(status);
    }
}
