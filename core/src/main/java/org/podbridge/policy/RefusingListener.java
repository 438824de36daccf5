package org.podbridge.policy;

import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;

/** Opens a WebSocket only to say in it why it is closed. Holds no state and reads nothing. */
final class RefusingListener implements ConnectionListener {

    private final Refusal refusal;

    RefusingListener(Refusal refusal) {
        this.refusal = refusal;
    }

    @Override
    public void onOpen(Connection connection) {
        connection.send(refusal.toMessage(), MessageKind.TEXT, new Completion() {
            @Override
            public void succeeded() {
                connection.close(refusal.toCloseStatus());
            }

            @Override
            public void failed(Throwable cause) {
                connection.abort();
            }
        });
    }

    @Override
    public void onPart(Chunk part, MessageKind kind, boolean last) {
        // Who is refused isn't heard.
    }

    @Override
    public void onClosed(CloseStatus status) {
        // Nothing was opened.
    }
}
