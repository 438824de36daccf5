package org.podbridge.connection;

import java.nio.ByteBuffer;
import org.podbridge.exchange.Completion;

/**
 * The outgoing half of a WebSocket connection, implemented by an adapter. Thread-safe; nothing blocks. Core sends
 * through an {@code Outbound}, which keeps the promise of one send at a time.
 */
public interface Connection {

    /**
     * Sends a message, or a part of one; parts of one message follow each other, and no other message comes between.
     * Not to be called again before the completion of the last send was told: containers either throw on a second send
     * or queue without a bound.
     *
     * @param part the bytes, of UTF-8 if the kind is text, where a part may end within a character; the adapter owns
     *     the buffer until the completion is told
     * @param kind text or binary, the same for all parts of a message
     * @param last whether the message ends with it
     * @param completion told when the bytes were handed to the network or never will be
     */
    void send(ByteBuffer part, MessageKind kind, boolean last, Completion completion);

    /**
     * Sends one whole message; as for {@link #send(ByteBuffer, MessageKind, boolean, Completion)}.
     *
     * @param message the bytes, UTF-8 if the kind is text
     * @param kind text or binary
     * @param completion told when the bytes were handed to the network or never will be
     */
    default void send(ByteBuffer message, MessageKind kind, Completion completion) {
        send(message, kind, true, completion);
    }

    /**
     * Sends a ping if that can be done without waiting, at the latest when the outstanding send has ended.
     *
     * @return whether a ping was or will be sent
     */
    boolean tryPing();

    /**
     * Starts the closing handshake, once; later calls do nothing. Waits for no outstanding send. The adapter ends the
     * socket by itself if the peer doesn't answer within a few seconds, and tells the listener.
     *
     * @param status code and reason
     */
    void close(CloseStatus status);

    /** Ends the socket without ceremony. The listener is told that it closed. Idempotent. */
    void abort();

    /**
     * Stops or resumes the reading of the socket. Best effort: parts that were read already may still come.
     *
     * @param paused whether to stop
     */
    void pause(boolean paused);
}
