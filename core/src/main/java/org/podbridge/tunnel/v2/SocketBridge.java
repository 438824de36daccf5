package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.KeepAlive;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.RepeatedStep;
import org.podbridge.time.Scheduler;

/**
 * Joins a WebSocket to a stream, once both sides have agreed to it: messages pass part by part, close codes pass, and
 * each side is read only as fast as the other takes it. The same on both ends of a tunnel. Thread-safe.
 *
 * <p>Where a container can't pause a socket exactly, parts that come nevertheless wait, up to a bound.
 */
public final class SocketBridge implements ConnectionListener, StreamListener {

    /** Beyond this a socket that goes on sending while it is paused is closed. */
    private static final int MAX_WAITING_BYTES = 1024 * 1024;

    /** What a part costs beside its bytes, of which it may have none. */
    private static final int PART_BYTES = 64;

    private static final int MAX_REASON_BYTES = 123;

    private static final CloseStatus TOO_OFTEN = new CloseStatus(CloseStatus.TOO_OFTEN, "Rate limit");

    private final Stream stream;
    private final Scheduler scheduler;
    private final Duration pingInterval;
    private final Duration silenceTimeout;
    private final BooleanSupplier takesOverhead;
    private final Runnable onEnd;
    private final AtomicBoolean over = new AtomicBoolean();
    private final Sending sending = new Sending();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Deque<Piece> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private boolean inFlight;
    private boolean ended;
    private @Nullable Connection connection;
    private @Nullable KeepAlive keepAlive;
    /** What came from the stream before the socket was open, and what becomes of the socket when it opens. */
    private @Nullable Arrival early;

    private @Nullable Consumer<Connection> ending;

    // Confined to the stream's data.
    private boolean withinMessage;
    private boolean messageIsText;

    private record Arrival(StreamData data, Completion handedOn) {}

    private record Piece(StreamData data, @Nullable Chunk kept) {

        int size() {
            return kept == null ? 0 : data.bytes().remaining() + PART_BYTES;
        }

        void release() {
            if (kept != null) {
                kept.release();
            }
        }
    }

    /**
     * Makes a bridge that waits for its socket to open.
     *
     * @param stream the stream, whose listener passes what comes after the handshake on to the bridge
     * @param scheduler time
     * @param pingInterval how often the socket is pinged
     * @param silenceTimeout how long its peer may be silent
     * @param takesOverhead asked with each ping, unasked pong and empty part of a message whether that was all right;
     *     if not, the socket is closed with 4429
     * @param onEnd runs once, when the socket has closed or was given up
     */
    public SocketBridge(
            Stream stream,
            Scheduler scheduler,
            Duration pingInterval,
            Duration silenceTimeout,
            BooleanSupplier takesOverhead,
            Runnable onEnd) {
        this.stream = stream;
        this.scheduler = scheduler;
        this.pingInterval = pingInterval;
        this.silenceTimeout = silenceTimeout;
        this.takesOverhead = takesOverhead;
        this.onEnd = onEnd;
    }

    /**
     * Gives up on a socket that hasn't opened: what waits for it is dropped, and should it open after all, it is
     * aborted. The stream is the caller's to end.
     *
     * @return false if the socket has opened, or even closed; then nothing is done
     */
    public boolean abandon() {
        if (!endWhenOpen(Connection::abort)) {
            return false;
        }
        end();
        return true;
    }

    /**
     * Ends both sides, because the socket's peer may not stay.
     *
     * @param status what the peer is told
     */
    public void end(CloseStatus status) {
        drop();
        stream.reset(ResetCode.CANCEL, status.reason());
        endSocket(open -> open.close(status));
    }

    private void end() {
        if (over.compareAndSet(false, true)) {
            onEnd.run();
        }
    }

    // From the socket to the stream.

    @Override
    public void onOpen(Connection opened) {
        // While nothing can be sent to a peer that doesn't read, pings can't either: then silence does mean something.
        // It means nothing while it is us who don't read.
        KeepAlive alive = new KeepAlive(opened, this::isHeldUp, scheduler, pingInterval, silenceTimeout, opened::abort);
        Arrival held;
        Consumer<Connection> end;
        lock.lock();
        try {
            connection = opened;
            keepAlive = alive;
            held = early;
            end = ending;
            early = null;
        } finally {
            lock.unlock();
        }
        if (end != null) {
            end.accept(opened);
            return;
        }
        alive.start();
        if (held != null) {
            pass(opened, held.data(), held.handedOn());
        }
    }

    private boolean isHeldUp() {
        lock.lock();
        try {
            return inFlight || !waiting.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onPart(Chunk part, MessageKind kind, boolean last) {
        heard();
        Connection open = connection();
        if (open == null) {
            return;
        }
        if (!part.data().hasRemaining() && !last) {
            overhead();
            return;
        }
        open.pause(true); // before the part can be sent, which lifts the pause
        Chunk kept = part.retain();
        Piece piece = new Piece(new StreamData(kept.data(), kind == MessageKind.TEXT, last, false), kept);
        if (add(piece)) {
            sending.next();
            return;
        }
        piece.release();
        // A message has lost a part, so that nothing of it may look complete to the other side.
        drop();
        stream.reset(ResetCode.TOO_LARGE, "too much at once");
        open.close(new CloseStatus(CloseStatus.TRY_AGAIN_LATER, "Too much at once"));
    }

    private boolean add(Piece piece) {
        lock.lock();
        try {
            if (ended || waitingBytes + piece.size() > MAX_WAITING_BYTES) {
                return false;
            }
            waitingBytes += piece.size();
            waiting.add(piece);
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void heard() {
        KeepAlive alive = keepAlive();
        if (alive != null) {
            alive.heard();
        }
    }

    @Override
    public void onPing() {
        heard();
        overhead();
    }

    @Override
    public void onPong() {
        KeepAlive alive = keepAlive();
        if (alive != null && !alive.ponged()) {
            overhead();
        }
    }

    private void overhead() {
        if (!takesOverhead.getAsBoolean()) {
            end(TOO_OFTEN);
        }
    }

    @Override
    public void onClosed(CloseStatus status) {
        KeepAlive alive = keepAlive();
        if (alive != null) {
            alive.stop();
        }
        if (status.code() == CloseStatus.ABNORMAL) {
            drop();
            stream.reset(ResetCode.CANCEL, "the WebSocket broke");
        } else {
            add(new Piece(new StreamData(encode(status), false, false, true), null));
            sending.next();
        }
        end();
    }

    private static ByteBuffer encode(CloseStatus status) {
        if (status.code() == CloseStatus.NO_STATUS) {
            return ByteBuffer.allocate(0);
        }
        byte[] reason = status.reason().getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(Short.BYTES + reason.length)
                .putShort((short) status.code())
                .put(reason)
                .flip();
    }

    /** Sends what came from the socket, one piece after the other. */
    private final class Sending extends RepeatedStep {

        @Override
        protected void step() {
            Piece piece;
            lock.lock();
            try {
                piece = inFlight || ended ? null : waiting.poll();
                inFlight |= piece != null;
                ended |= piece != null && piece.data().last();
            } finally {
                lock.unlock();
            }
            if (piece != null) {
                stream.send(piece.data(), new Sent(piece, piece.size()));
            }
        }
    }

    private final class Sent implements Completion {

        private final Piece piece;
        private final int size;

        Sent(Piece piece, int size) {
            this.piece = piece;
            this.size = size;
        }

        @Override
        public void succeeded() {
            piece.release();
            boolean resume;
            lock.lock();
            try {
                inFlight = false;
                waitingBytes -= size;
                resume = waiting.isEmpty();
            } finally {
                lock.unlock();
            }
            Connection open = connection();
            if (resume && open != null) {
                open.pause(false);
            }
            sending.next();
        }

        @Override
        public void failed(Throwable cause) {
            piece.release();
            drop(); // the stream is over, of which the socket hears by itself
        }
    }

    /** Takes nothing more from the socket. */
    private void drop() {
        Deque<Piece> dropped;
        lock.lock();
        try {
            ended = true;
            dropped = new ArrayDeque<>(waiting);
            waiting.clear();
        } finally {
            lock.unlock();
        }
        dropped.forEach(Piece::release);
    }

    // From the stream to the socket.

    @Override
    public boolean onHead(ByteBuffer head) {
        return true; // heads are the business of who agreed to the WebSocket
    }

    @Override
    public void onData(StreamData data, Completion handedOn) {
        Connection open;
        boolean dropped;
        lock.lock();
        try {
            open = connection;
            dropped = ending != null;
            if (open == null && !dropped) {
                early = new Arrival(data, handedOn);
            }
        } finally {
            lock.unlock();
        }
        if (dropped) {
            handedOn.succeeded();
        } else if (open != null) {
            pass(open, data, handedOn);
        }
    }

    private void pass(Connection open, StreamData data, Completion handedOn) {
        if (data.last()) {
            open.close(decode(data.bytes().duplicate()));
            handedOn.succeeded();
        } else if (!data.bytes().hasRemaining() && !data.messageEnd()) {
            handedOn.succeeded();
        } else if (withinMessage && messageIsText != data.text()) {
            handedOn.succeeded();
            drop();
            stream.reset(ResetCode.PROTOCOL, "a message of two kinds");
            open.abort();
        } else {
            withinMessage = !data.messageEnd();
            messageIsText = data.text();
            open.send(data.bytes(), data.text() ? MessageKind.TEXT : MessageKind.BINARY, data.messageEnd(), handedOn);
        }
    }

    @Override
    public void onTrailers(ByteBuffer fields) {
        // A WebSocket has none.
    }

    @Override
    public void onReset(ResetCode code, String reason) {
        drop();
        endSocket(Connection::abort); // so that the peer sees what the other peer did: no close frame
    }

    @Override
    public void onDisconnected() {
        drop();
        endSocket(open -> open.close(new CloseStatus(CloseStatus.GOING_AWAY, "Tunnel disconnected")));
    }

    private void endSocket(Consumer<Connection> how) {
        if (!endWhenOpen(how)) {
            Connection open = connection();
            if (open != null) {
                how.accept(open);
            }
        }
    }

    /** Settles how the socket ends if it is still to open; returns false if it has opened. */
    private boolean endWhenOpen(Consumer<Connection> how) {
        Arrival dropped;
        lock.lock();
        try {
            if (connection != null) {
                return false;
            }
            ending = how;
            dropped = early;
            early = null;
        } finally {
            lock.unlock();
        }
        if (dropped != null) {
            dropped.handedOn().succeeded();
        }
        return true;
    }

    private static CloseStatus decode(ByteBuffer payload) {
        if (payload.remaining() < Short.BYTES) {
            return new CloseStatus(CloseStatus.NO_STATUS, "");
        }
        int code = Short.toUnsignedInt(payload.getShort());
        payload.limit(payload.position() + Math.min(MAX_REASON_BYTES, payload.remaining()));
        String reason = StandardCharsets.UTF_8.decode(payload).toString();
        return maySend(code) ? new CloseStatus(code, reason) : new CloseStatus(CloseStatus.INTERNAL_ERROR, "");
    }

    /** Tells whether a code may stand in a close frame (RFC 6455 section 7.4). */
    private static boolean maySend(int code) {
        return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
    }

    private @Nullable Connection connection() {
        lock.lock();
        try {
            return connection;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable KeepAlive keepAlive() {
        lock.lock();
        try {
            return keepAlive;
        } finally {
            lock.unlock();
        }
    }
}
