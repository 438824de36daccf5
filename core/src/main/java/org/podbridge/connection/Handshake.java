package org.podbridge.connection;

import java.util.concurrent.CompletionStage;
import org.podbridge.exchange.RequestHead;

/** Decides about opening handshakes. Thread-safe. */
@FunctionalInterface
public interface Handshake {

    /**
     * Decides whether a WebSocket is opened. The adapter answers the handshake only when the stage completes; what the
     * client sends before that waits in the socket.
     *
     * @param request the opening handshake
     * @return the decision; completes on any thread, within bounded time, never exceptionally
     */
    CompletionStage<HandshakeDecision> decide(RequestHead request);
}
