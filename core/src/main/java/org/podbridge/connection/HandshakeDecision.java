package org.podbridge.connection;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;
import org.podbridge.exchange.HeaderFields;

/** What becomes of an opening handshake. */
public sealed interface HandshakeDecision {

    /**
     * Open the WebSocket.
     *
     * @param subprotocol the subprotocol to name in the answer, if any
     * @param listener hears of the connection
     * @param closeTimeout how long the peer has to answer a close frame before the socket is ended
     */
    record Accept(Optional<String> subprotocol, ConnectionListener listener, Duration closeTimeout)
            implements HandshakeDecision {
        /** Checks that all are there. */
        public Accept {
            requireNonNull(subprotocol, "subprotocol");
            requireNonNull(listener, "listener");
            requireNonNull(closeTimeout, "closeTimeout");
        }
    }

    /**
     * Answer with an HTTP response.
     *
     * @param status an error status
     * @param fields the response's fields
     * @param body the content, short
     */
    record Reject(int status, HeaderFields fields, String body) implements HandshakeDecision {
        /** Checks that all are there. */
        public Reject {
            requireNonNull(fields, "fields");
            requireNonNull(body, "body");
        }
    }
}
