package org.podbridge.connection;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that carries whole messages of bounded size, is kept alive, and never lets a slow reader hold memory.
 * What both signaling and tunnels stand on.
 */
public final class MessageSocket implements ConnectionListener {

    private static final Logger logger = LoggerFactory.getLogger(MessageSocket.class);

    /** The reason of an end by a queue that is full. */
    public static final String SLOW_CONSUMER = "Slow consumer";

    /** The reason of an end by a peer that was silent for too long. */
    public static final String SILENCE = "Silence";

    private final Settings settings;
    private final Scheduler scheduler;
    private final Handler handler;
    private final MessageAssembler assembler;
    private final AtomicBoolean closed = new AtomicBoolean();

    private volatile @Nullable Outbound outbound;
    private volatile @Nullable KeepAlive keepAlive;
    private volatile boolean closing;

    /** Why we have given up on the peer, if we have. */
    private volatile String fault = "";

    /**
     * The numbers that shape a socket.
     *
     * @param maxMessageBytes how large a message may be
     * @param fatalMessageBytes from which size on a message ends the connection with 1009
     * @param maxSendQueueBytes how many bytes may wait to be sent
     * @param sendTimeout how long one send may take
     * @param pingInterval how often to ping
     * @param silenceTimeout how long the peer may be silent
     * @param budget what the buffers of large messages are taken from
     */
    public record Settings(
            long maxMessageBytes,
            long fatalMessageBytes,
            long maxSendQueueBytes,
            Duration sendTimeout,
            Duration pingInterval,
            Duration silenceTimeout,
            ByteBudget budget) {}

    /**
     * What is done with messages. Calls come serially; none blocks. What one throws closes the connection with 1011.
     */
    public interface Handler {

        /**
         * The socket is open and can send.
         *
         * @param socket the socket
         */
        void onOpen(MessageSocket socket);

        /**
         * A message came.
         *
         * @param bytes holds the message at its start; lent for this call
         * @param length the message's length in bytes
         * @param kind text, which is valid UTF-8, or binary
         */
        void onMessage(byte[] bytes, int length, MessageKind kind);

        /**
         * A part of a binary message came. Who takes it gets the message part by part, of any size; of what isn't taken
         * whole messages are made.
         *
         * @param part the bytes, lent for this call
         * @param last whether the message ends with it
         * @return whether it was taken; the same for all parts of a message
         */
        default boolean onBinaryPart(Chunk part, boolean last) {
            return false;
        }

        /**
         * A message has become too large.
         *
         * @param bytes holds the beginning of the message; lent for this call
         * @param length how much of it there is
         */
        default void onOverflow(byte[] bytes, int length) {}

        /**
         * A message that was too large has come to its end.
         *
         * @param bytes how large it was
         */
        void onTooLarge(long bytes);

        /**
         * Overhead came: a ping, a pong that answers none of ours, or a part of a message that holds nothing. Each
         * costs the peer a few bytes and us as much as a message, so a peer should not be let send them without end.
         */
        default void onOverhead() {}

        /**
         * The socket is closed. Comes once, the last call.
         *
         * @param status how it was closed; the reason of {@link CloseStatus#ABNORMAL} is ours, if we have one
         */
        void onClosed(CloseStatus status);
    }

    /**
     * Makes a socket that waits for its connection.
     *
     * @param settings the numbers
     * @param scheduler time
     * @param handler what is done with messages
     */
    public MessageSocket(Settings settings, Scheduler scheduler, Handler handler) {
        this.settings = settings;
        this.scheduler = scheduler;
        this.handler = handler;
        this.assembler =
                new MessageAssembler(settings.maxMessageBytes(), settings.fatalMessageBytes(), settings.budget());
    }

    /**
     * Queues a text message whose bytes its sender has reserved elsewhere, so that the queue's bound doesn't matter.
     *
     * @param message the bytes
     * @param completion told when the message has left or never will; not told if this method returns false
     * @return whether it was queued; not if the socket is closing
     */
    public boolean sendReserved(ByteBuffer message, Completion completion) {
        Outbound out = outbound;
        return out != null && out.offerReserved(message, MessageKind.TEXT, completion);
    }

    /**
     * Queues a binary message whose size its sender bounds, so that the queue's bound doesn't matter.
     *
     * @param message the bytes
     * @param completion told when the message has left or never will; not told if this method returns false
     * @return whether it was queued; not if the socket is closing
     */
    public boolean sendBinary(ByteBuffer message, Completion completion) {
        Outbound out = outbound;
        return out != null && out.offerReserved(message, MessageKind.BINARY, completion);
    }

    /** Measures the round trip now, rather than with the next ping that is due. */
    public void measureRoundTrip() {
        KeepAlive alive = keepAlive;
        if (alive != null) {
            alive.measureRoundTrip();
        }
    }

    /**
     * Returns how long pings take to be answered.
     *
     * @return what the socket measures, from now on
     * @throws IllegalStateException if the socket has not been opened
     */
    public RoundTrip roundTrip() {
        KeepAlive alive = keepAlive;
        if (alive == null) {
            throw new IllegalStateException("the socket has not been opened");
        }
        return alive;
    }

    /**
     * Queues a text message. A peer that lets the queue fill up is closed with 1013.
     *
     * @param message the bytes; shared ones must be a duplicate
     */
    public void send(ByteBuffer message) {
        Outbound out = outbound;
        if (out != null && !out.offer(message, MessageKind.TEXT) && !out.isClosing()) {
            fault = SLOW_CONSUMER;
            closeNow(new CloseStatus(CloseStatus.TRY_AGAIN_LATER, fault));
        }
    }

    /**
     * Closes once what is queued has left. What the peer says from now on is ignored.
     *
     * @param status code and reason
     */
    public void close(CloseStatus status) {
        closing = true;
        Outbound out = outbound;
        if (out != null) {
            out.close(status);
        }
    }

    /**
     * Closes and drops what is queued. What the peer says from now on is ignored.
     *
     * @param status code and reason
     */
    public void closeNow(CloseStatus status) {
        closing = true;
        Outbound out = outbound;
        if (out != null) {
            out.closeNow(status);
        }
    }

    /**
     * Tells whether the socket is closed or about to be, by our doing or the peer's. A peer may go on sending then.
     *
     * @return whether nothing more can be sent
     */
    public boolean isClosing() {
        Outbound out = outbound;
        return out != null && out.isClosing();
    }

    @Override
    public void onOpen(Connection connection) {
        Outbound out = new Outbound(connection, scheduler, settings.maxSendQueueBytes(), settings.sendTimeout());
        outbound = out;
        KeepAlive alive = new KeepAlive(
                connection,
                out::isSending,
                scheduler,
                settings.pingInterval(),
                settings.silenceTimeout(),
                () -> giveUp(connection));
        keepAlive = alive;
        alive.start();
        guarded(() -> handler.onOpen(this));
    }

    @Override
    public void onPart(Chunk part, MessageKind kind, boolean last) {
        heard();
        if (closing) {
            return;
        }
        if (!last && !part.data().hasRemaining()) {
            overhead();
            return;
        }
        if (kind == MessageKind.BINARY && offered(part, last)) {
            return;
        }
        MessageAssembler.Outcome outcome = assembler.add(part.data(), last);
        if (outcome == MessageAssembler.Outcome.OVERFLOW) {
            guarded(() -> handler.onOverflow(assembler.bytes(), assembler.length()));
            outcome = assembler.discard(last);
        }
        switch (outcome) {
            case COMPLETE -> {
                guarded(() -> handler.onMessage(assembler.bytes(), assembler.length(), kind));
                assembler.reset();
            }
            case TOO_LARGE -> guarded(() -> handler.onTooLarge(assembler.discardedBytes()));
            case FATAL -> {
                assembler.free();
                closeNow(new CloseStatus(CloseStatus.TOO_BIG, "Message too large"));
            }
            default -> {
                // More is to come.
            }
        }
    }

    private boolean offered(Chunk part, boolean last) {
        boolean[] taken = {true}; // also by a handler that has failed
        guarded(() -> taken[0] = handler.onBinaryPart(part, last));
        return taken[0];
    }

    @Override
    public void onPing() {
        heard();
        overhead();
    }

    @Override
    public void onPong() {
        KeepAlive alive = keepAlive;
        if (alive != null && !alive.ponged()) {
            overhead();
        }
    }

    private void overhead() {
        if (!closing) {
            guarded(handler::onOverhead);
        }
    }

    private void giveUp(Connection connection) {
        fault = SILENCE;
        connection.abort();
    }

    private void heard() {
        KeepAlive alive = keepAlive;
        if (alive != null) {
            alive.heard();
        }
    }

    @Override
    public void onClosed(CloseStatus status) {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        KeepAlive alive = keepAlive;
        if (alive != null) {
            alive.stop();
        }
        Outbound out = outbound;
        if (out != null) {
            out.discard();
        }
        assembler.free();
        boolean given = status.code() == CloseStatus.ABNORMAL && status.reason().isEmpty();
        guarded(() -> handler.onClosed(given ? new CloseStatus(CloseStatus.ABNORMAL, fault) : status));
    }

    /** The boundary at which a fault of ours, or a listener's, ends this connection and no other. */
    private void guarded(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            logger.error("A connection is closed because of a fault", e);
            closeNow(new CloseStatus(CloseStatus.INTERNAL_ERROR, "Internal error"));
        }
    }
}
