package org.podbridge;

import static java.util.Objects.requireNonNull;

import org.podbridge.connection.Handshake;
import org.podbridge.exchange.ExchangeHandler;

/** Where a request goes. */
public sealed interface Route {

    /** To the host's own handlers: the request is none of ours. */
    record Host() implements Route {}

    /**
     * To a WebSocket.
     *
     * @param handshake decides about it
     */
    record WebSocket(Handshake handshake) implements Route {
        /** Checks that the handshake is there. */
        public WebSocket {
            requireNonNull(handshake, "handshake");
        }
    }

    /**
     * To a handler of ours.
     *
     * @param handler answers it
     */
    record Http(ExchangeHandler handler) implements Route {
        /** Checks that the handler is there. */
        public Http {
            requireNonNull(handler, "handler");
        }
    }
}
