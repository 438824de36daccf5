package org.podbridge.connection;

import org.podbridge.exchange.Chunk;

/**
 * The incoming half of a WebSocket connection, implemented by core.
 *
 * <p>Calls for one connection come serially, in the order of events: {@link #onOpen}, then parts, pings and pongs in
 * any number, then {@link #onClosed} exactly once and nothing after it. Calls for different connections come
 * concurrently. No method blocks or throws.
 */
public interface ConnectionListener {

    /**
     * The handshake is over. Messages may be sent from within this call on.
     *
     * @param connection the outgoing half
     */
    void onOpen(Connection connection);

    /**
     * A part of a message came. Parts of one message follow each other; a container decides how it cuts them, and cuts
     * no empty ones: a part that holds nothing is the peer's. The adapter has checked that text is UTF-8 (closing with
     * 1007 where not), and limits no size.
     *
     * @param part the bytes, lent for this call
     * @param kind text or binary
     * @param last whether the message ends with it
     */
    void onPart(Chunk part, MessageKind kind, boolean last);

    /** A ping came, which the adapter answers after this call: a sign of life, and no more. */
    default void onPing() {}

    /** A pong came: the peer has read a ping of ours, or sends one unasked. */
    default void onPong() {}

    /**
     * The connection is over, by whichever side or failure.
     *
     * @param status what the peer said, or 1006 if it said nothing
     */
    void onClosed(CloseStatus status);
}
