package org.podbridge.tunnel.v2;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.RepeatedStep;

/**
 * One exchange on a connection that carries many. Each direction is a sequence of bytes that ends by itself; a reset
 * ends both. What is sent waits for its turn and for credit; what comes is handed to the listener one piece at a time.
 * Thread-safe.
 */
public final class Stream {

    private final Multiplexer multiplexer;
    private final int id;
    private final StreamState state;
    private final Handing handing = new Handing();
    private volatile @Nullable StreamListener listener;

    Stream(Multiplexer multiplexer, int id, StreamState state) {
        this.multiplexer = multiplexer;
        this.id = id;
        this.state = state;
    }

    int id() {
        return id;
    }

    StreamState state() {
        return state;
    }

    void listener(StreamListener listener) {
        this.listener = listener;
    }

    boolean hasListener() {
        return listener != null;
    }

    private StreamListener listener() {
        return requireNonNull(listener, "a stream without a listener");
    }

    /**
     * Lets a stream that this side has opened begin: its head leaves with the next {@linkplain Multiplexer#flush
     * flush}, and what was sent on it so far with it. Until then both wait, so that whoever opens a stream can give the
     * end of a request without content along with the head, whatever else leaves on the connection meanwhile.
     * Idempotent.
     */
    public void start() {
        multiplexer.start(this);
    }

    /**
     * Sends a head. Interim ones may come before the final one, nothing after it. Only the client sends any: the relay
     * opens a stream with its only one. One that fits no frame resets the stream with TOO_LARGE.
     *
     * @param head a JSON object, not to be changed any more
     */
    public void sendHead(ByteBuffer head) {
        resetIfTooLarge(head);
        multiplexer.update(this, () -> state.addHead(head));
    }

    /**
     * Sends data. Not to be called again before the completion of the last send was told.
     *
     * @param data the bytes, not to be changed until the completion is told
     * @param completion told when the bytes have left, or never will since the stream or the connection is over
     * @throws IllegalStateException if a send is outstanding, or the direction has ended
     */
    public void send(StreamData data, Completion completion) {
        if (data.isNothing()) {
            completion.succeeded();
            return;
        }
        boolean[] taken = new boolean[1];
        multiplexer.update(this, () -> taken[0] = state.offer(data, completion));
        if (!taken[0]) {
            completion.failed(new StreamClosedException());
        }
    }

    /**
     * Sends the final head and the first data, together where there is room: what is short leaves in one message.
     *
     * @param head as for {@link #sendHead}
     * @param data as for {@link #send}
     * @param completion as for {@link #send}
     */
    public void respond(ByteBuffer head, StreamData data, Completion completion) {
        resetIfTooLarge(head);
        boolean[] taken = new boolean[1];
        multiplexer.update(this, () -> {
            state.addHead(head);
            taken[0] = state.offer(data, completion);
        });
        if (!taken[0]) {
            completion.failed(new StreamClosedException());
        }
    }

    /**
     * Sends trailer fields, which end the direction. To be called in place of a last {@link #send}. Those that fit no
     * frame reset the stream with TOO_LARGE.
     *
     * @param fields a JSON array of pairs, not to be changed any more
     */
    public void sendTrailers(ByteBuffer fields) {
        resetIfTooLarge(fields);
        multiplexer.update(this, () -> state.addTrailers(fields));
    }

    /**
     * Keeps what can't be sent from the writer, where all streams would suffer. A stream that is over takes nothing.
     */
    private void resetIfTooLarge(ByteBuffer payload) {
        if (payload.remaining() > Frame.MAX_PAYLOAD_BYTES) {
            reset(ResetCode.TOO_LARGE, "a head or trailers that fit no frame");
        }
    }

    /**
     * Breaks the stream off, both directions. The listener hears nothing more, but for a call that is under way.
     * Idempotent; does nothing if the stream is over.
     *
     * @param code why
     * @param reason a short text for logs, without secrets
     */
    public void reset(ResetCode code, String reason) {
        multiplexer.reset(this, code, reason);
    }

    /** Called by the connection, as all below. */
    void onHead(Frame.Response head) throws FrameException {
        if (!state.mayHaveHead()) {
            fail(ResetCode.PROTOCOL, "a head after the final one");
            return;
        }
        boolean isFinal = listener().onHead(head.head());
        multiplexer.update(this, () -> state.headCame(isFinal));
        if (head.end()) {
            onData(new Frame.Data(id, ByteBuffer.allocate(0), true, false, false), null);
        }
    }

    void onData(Frame.Data data, @Nullable SharedPart part) throws FrameException {
        Piece direct = null;
        ResetCode violation;
        multiplexer.lock();
        try {
            violation = state.received(data);
            if (violation == null && !state.isOver()) {
                if (state.mayHandOn()) {
                    direct = new Piece(
                            new StreamData(data.payload(), data.text(), data.messageEnd(), data.end()),
                            part == null ? null : part.hold(),
                            null);
                } else if (!state.queue().add(data)) {
                    violation = ResetCode.INTERNAL;
                }
            }
        } finally {
            multiplexer.unlock();
        }
        if (violation != null) {
            fail(violation, violation == ResetCode.INTERNAL ? "no memory" : "data that must not be");
        } else if (direct != null) {
            listener().onData(direct.data(), direct);
        }
    }

    void onTrailers(Frame.Trailers trailers) throws FrameException {
        ResetCode violation;
        multiplexer.lock();
        try {
            violation = state.received(new Frame.Data(id, ByteBuffer.allocate(0), true, false, false));
            if (violation == null && !state.isOver() && !state.queue().addTrailers(trailers)) {
                violation = ResetCode.INTERNAL;
            }
        } finally {
            multiplexer.unlock();
        }
        if (violation != null) {
            fail(violation, "trailers that must not be");
        } else {
            handing.next();
        }
    }

    /** Ends a stream on which the other side broke a rule, or for whose data there is no memory. */
    void fail(ResetCode code, String reason) throws FrameException {
        if (multiplexer.reset(this, code, reason)) {
            listener().onReset(code, reason);
            if (code != ResetCode.INTERNAL) {
                multiplexer.countViolation();
            }
        }
    }

    void onReset(Frame.Reset reset) {
        if (multiplexer.drop(this)) {
            listener().onReset(reset.code(), reset.reason());
        }
    }

    void onDisconnected() {
        listener().onDisconnected();
    }

    /** Hands on what waits, one entry at a time. */
    private final class Handing extends RepeatedStep {

        @Override
        protected void step() {
            ReceiveQueue.Entry entry;
            multiplexer.lock();
            try {
                entry = state.isOver() ? null : state.nextToHandOn();
            } finally {
                multiplexer.unlock();
            }
            if (entry == null) {
                return;
            }
            if (entry.isTrailers()) {
                listener().onTrailers(entry.bytes());
                new Piece(StreamData.of(ByteBuffer.allocate(0), false), null, entry).succeeded();
            } else {
                Piece piece = new Piece(entry.data(), null, entry);
                listener().onData(piece.data(), piece);
            }
        }
    }

    /** Data that was given to the listener. */
    private final class Piece implements Completion {

        private final StreamData data;
        private final int size;
        private final @Nullable SharedPart part;
        private final ReceiveQueue.@Nullable Entry entry;

        Piece(StreamData data, @Nullable SharedPart part, ReceiveQueue.@Nullable Entry entry) {
            this.data = data;
            this.size = data.bytes().remaining();
            this.part = part;
            this.entry = entry;
        }

        StreamData data() {
            return data;
        }

        @Override
        public void succeeded() {
            giveBack();
            boolean[] measure = new boolean[1];
            multiplexer.update(Stream.this, () -> {
                state.handedOn(size, data.last(), multiplexer.now(), multiplexer.roundTrip());
                measure[0] = state.wantsMeasure();
            });
            if (measure[0]) {
                multiplexer.roundTrip().measure();
            }
            handing.next();
        }

        @Override
        public void failed(Throwable cause) {
            giveBack();
            reset(ResetCode.CANCEL, "the receiver is gone");
        }

        private void giveBack() {
            if (part != null) {
                part.release();
            }
            if (entry != null) {
                state.queue().giveBack(entry);
            }
        }
    }

    @Override
    public String toString() {
        return "stream " + id;
    }
}
