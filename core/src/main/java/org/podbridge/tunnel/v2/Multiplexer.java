package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.RoundTrip;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.RepeatedStep;
import org.podbridge.limits.ByteBudget;
import org.podbridge.time.Scheduler;

/**
 * The streams of one connection, on either side of it: the relay opens them, the client answers. Thread-safe, but for
 * {@link #onPart}, which is fed by one thread at a time. Never calls out while it holds its lock.
 */
public final class Multiplexer {

    /** How far the client's count of streams may be ahead of the relay's, which hears later of an end. */
    private static final int STREAMS_FACTOR = 2;

    /** How many streams of a connection the other side may break. No side that knows the rules breaks any. */
    private static final int MAX_VIOLATIONS = 100;

    /** How long a thread sends for others: not as long as visitors notice, nor as short as handing over takes. */
    private static final long MAX_WRITING_NANOS = Duration.ofMillis(2).toNanos();

    /** How long who has something to send leaves it to the scheduler, whose threads may all be busy. */
    private static final long MAX_HANDOVER_NANOS = Duration.ofMillis(5).toNanos();

    private final Settings settings;
    private final boolean opener;
    private final Transport transport;
    private final RoundTrip roundTrip;
    private final Scheduler scheduler;
    private final Events events;
    private final FrameDecoder decoder = new FrameDecoder(this::onFrame);
    private final Writing writing = new Writing();

    /** What the frames of the part lie in that is being read. Confined to the connection. */
    private @Nullable SharedPart part;

    /** How many streams the other side has broken. Confined to the connection. */
    private int violations;

    private final ReentrantLock lock = new ReentrantLock();
    // All below guarded by lock.
    private final FrameWriter writer = new FrameWriter(this::isOneBeginning);
    private final Map<Integer, Stream> streams = new HashMap<>();
    private int lastStream;
    private boolean sending;
    private boolean leaving;
    private boolean closed;

    /**
     * The numbers that shape a connection's streams.
     *
     * @param receiveWindow how many bytes the other side may send on a stream at the start
     * @param maxReceiveWindow how far that may grow
     * @param sendWindow how many bytes this side may send on a stream at the start
     * @param maxStreams how many streams run at once
     * @param growth what the growth of windows is taken from
     * @param buffers what is taken from for data that waits to be handed on, and for requests that wait to leave
     */
    public record Settings(
            int receiveWindow,
            int maxReceiveWindow,
            int sendWindow,
            int maxStreams,
            ByteBudget growth,
            ByteBudget buffers) {}

    /** Where messages leave. */
    @FunctionalInterface
    public interface Transport {

        /**
         * Sends a binary message. The next one is given when the completion was told.
         *
         * @param message the bytes, not to be used after the completion was told
         * @param completion told when the message has left or never will; not told if this method returns false
         * @return whether it was taken; not if the connection is closing
         */
        boolean send(ByteBuffer message, Completion completion);
    }

    /** Hears of what concerns more than one stream. */
    public interface Events {

        /**
         * The relay has opened a stream. Only the client hears it.
         *
         * @param stream the stream
         * @param head a JSON object, lent for this call
         * @param end whether nothing follows the head but the end; the listener hears of that end too
         * @return who hears of the stream from now on
         */
        default StreamListener onRequest(Stream stream, ByteBuffer head, boolean end) {
            throw new IllegalStateException("the relay opens streams, nobody else");
        }

        /**
         * The other side wants no new streams.
         *
         * @param lastStream the last one that it serves or opens, {@link Integer#MAX_VALUE} if it doesn't know yet
         * @param reason a short text for logs
         */
        void onGoAway(int lastStream, String reason);

        /** A stream has ended, so there is a place for another. */
        void onPlaceFree();
    }

    private Multiplexer(
            boolean opener,
            Settings settings,
            Transport transport,
            RoundTrip roundTrip,
            Scheduler scheduler,
            Events events) {
        this.opener = opener;
        this.settings = settings;
        this.transport = transport;
        this.roundTrip = roundTrip;
        this.scheduler = scheduler;
        this.events = events;
    }

    /**
     * Makes the relay's side.
     *
     * @param settings the numbers
     * @param transport where messages leave
     * @param roundTrip how far away the other side is
     * @param scheduler time
     * @param events hears of the connection
     * @return the side that opens streams
     */
    public static Multiplexer ofRelay(
            Settings settings, Transport transport, RoundTrip roundTrip, Scheduler scheduler, Events events) {
        return new Multiplexer(true, settings, transport, roundTrip, scheduler, events);
    }

    /**
     * Makes the client's side.
     *
     * @param settings the numbers
     * @param transport where messages leave
     * @param roundTrip how far away the other side is
     * @param scheduler time
     * @param events hears of the connection and of new streams
     * @return the side that answers
     */
    public static Multiplexer ofClient(
            Settings settings, Transport transport, RoundTrip roundTrip, Scheduler scheduler, Events events) {
        return new Multiplexer(false, settings, transport, roundTrip, scheduler, events);
    }

    /**
     * Opens a stream, which begins with {@link Stream#start}; since streams begin in the order of their numbers, no
     * other can be opened before.
     *
     * @param head a JSON object of at most {@link Frame#MAX_PAYLOAD_BYTES} bytes, not to be changed any more
     * @param listenerOf gives who hears of the stream; called with the connection's lock held, so that nothing happens
     *     on the stream before, and must do nothing but remember it
     * @return the stream, or empty if no more can be opened: for the moment, or at all if {@link #isLeaving}
     * @throws IllegalStateException if the last one has neither begun nor ended
     */
    public Optional<Stream> open(ByteBuffer head, Function<Stream, StreamListener> listenerOf) {
        lock.lock();
        try {
            if (closed || leaving || occupied() >= settings.maxStreams() || lastStream == Integer.MAX_VALUE - 1) {
                return Optional.empty();
            }
            if (isOneBeginning()) {
                throw new IllegalStateException("the last stream has not begun");
            }
            Stream stream = newStream(lastStream + 1);
            if (!stream.state().addRequest(head)) {
                return Optional.empty();
            }
            add(stream);
            stream.listener(listenerOf.apply(stream));
            return Optional.of(stream);
        } finally {
            lock.unlock();
        }
    }

    private Stream newStream(int id) {
        StreamState state = new StreamState(
                id,
                opener,
                new SendWindow(settings.sendWindow()),
                new ReceiveWindow(settings.receiveWindow(), settings.maxReceiveWindow(), settings.growth(), now()),
                settings.buffers());
        return new Stream(this, id, state);
    }

    private void add(Stream stream) {
        lastStream = stream.id();
        streams.put(stream.id(), stream);
    }

    private boolean isOneBeginning() {
        Stream last = streams.get(lastStream);
        return last != null && last.state().isBeginning();
    }

    private int occupied() {
        return streams.size() + writer.waitingResets();
    }

    /**
     * Sends what waits, if it can be sent. Whoever calls this may be kept for a moment with what others have to send,
     * so it must not hold anything that they wait for.
     */
    public void flush() {
        if (!writing.isHandedOver()) {
            writing.next();
        }
    }

    /**
     * Says that this side is about to leave. It can be said again, with a lower number.
     *
     * @param last whether no stream is opened any more, by this or the other side; else the other side is only asked to
     *     open none, or to connect elsewhere
     * @param reason a short text for logs
     */
    public void goAway(boolean last, String reason) {
        lock.lock();
        try {
            if (leaving && !last) {
                return; // all is said
            }
            leaving |= last;
            writer.add(new Frame.GoAway(last ? lastStream : Integer.MAX_VALUE, reason));
        } finally {
            lock.unlock();
        }
        flush();
    }

    /**
     * Tells whether no stream can be opened any more.
     *
     * @return whether this side has said its last word, or the connection is over
     */
    public boolean isLeaving() {
        lock.lock();
        try {
            return leaving || closed;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how many streams run, those included whose end is still to be sent.
     *
     * @return the number
     */
    public int streams() {
        lock.lock();
        try {
            return occupied();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Reads a part of a binary message.
     *
     * @param chunk the part, lent for this call
     * @param last whether the message ends with it
     * @throws FrameException if the other side broke a rule that makes all that follows meaningless; the connection has
     *     to be closed
     */
    public void onPart(Chunk chunk, boolean last) throws FrameException {
        Chunk kept = chunk.retain();
        SharedPart reading = new SharedPart(kept);
        part = reading;
        try {
            decoder.feed(kept.data().duplicate(), last);
        } finally {
            part = null;
            reading.release();
        }
    }

    private void onFrame(Frame frame) throws FrameException {
        if (frame instanceof Frame.Data data) {
            Stream stream = find(data.stream());
            if (stream != null) {
                stream.onData(data, part);
            }
        } else if (frame instanceof Frame.Window window) {
            onWindow(window);
        } else if (frame instanceof Frame.Request request) {
            onRequest(request);
        } else if (frame instanceof Frame.Response response) {
            Stream stream = find(response.stream());
            if (!opener) {
                throw new FrameException("a response from who asks");
            } else if (stream != null) {
                stream.onHead(response);
            }
        } else if (frame instanceof Frame.Trailers trailers) {
            Stream stream = find(trailers.stream());
            if (stream != null) {
                stream.onTrailers(trailers);
            }
        } else if (frame instanceof Frame.Reset reset) {
            Stream stream = find(reset.stream());
            if (stream != null) {
                stream.onReset(reset);
            }
        } else if (frame instanceof Frame.GoAway goAway) {
            refuseBehind(goAway.lastStream());
            events.onGoAway(goAway.lastStream(), goAway.reason());
        }
    }

    /** Ends the streams that the client won't serve, since it has said so before it heard of them. */
    private void refuseBehind(int lastServed) {
        List<Stream> refused;
        lock.lock();
        try {
            refused = streams.values().stream()
                    .filter(stream -> opener && stream.id() > lastServed)
                    .toList();
        } finally {
            lock.unlock();
        }
        for (Stream stream : refused) {
            stream.onReset(new Frame.Reset(stream.id(), ResetCode.REFUSED, "the client leaves"));
        }
    }

    private void onWindow(Frame.Window window) throws FrameException {
        Stream stream = find(window.stream());
        if (stream == null) {
            return;
        }
        boolean[] credible = new boolean[1];
        update(stream, () -> credible[0] = stream.state().addCredit(window.bytes()));
        if (!credible[0]) {
            stream.fail(ResetCode.FLOW_CONTROL, "absurd credit");
        }
    }

    private void onRequest(Frame.Request request) throws FrameException {
        Stream stream;
        lock.lock();
        try {
            if (opener) {
                throw new FrameException("a request from who answers");
            }
            if (closed) {
                return;
            }
            if (request.stream() <= lastStream) {
                throw new FrameException("a stream is opened twice");
            }
            if (occupied() >= STREAMS_FACTOR * settings.maxStreams()) {
                throw new FrameException("too many streams");
            }
            stream = newStream(request.stream());
            add(stream);
        } finally {
            lock.unlock();
        }
        StreamListener listener = events.onRequest(stream, request.head(), request.end());
        boolean late;
        lock.lock();
        try {
            stream.listener(listener);
            late = closed;
        } finally {
            lock.unlock();
        }
        if (late) {
            listener.onDisconnected(); // closed when there was nobody yet to be told
        }
        if (request.end()) {
            stream.onData(new Frame.Data(request.stream(), ByteBuffer.allocate(0), true, false, false), null);
        }
    }

    /** Returns a stream, or null if it is over: what was on its way then means nothing any more. */
    private @Nullable Stream find(int id) throws FrameException {
        lock.lock();
        try {
            if (id > lastStream) {
                throw new FrameException("a frame of a stream that nobody opened");
            }
            return streams.get(id);
        } finally {
            lock.unlock();
        }
    }

    /** Ends all streams, because the connection is over. Idempotent. */
    public void close() {
        List<Stream> ended;
        List<Completion> unsent = new ArrayList<>();
        lock.lock();
        try {
            closed = true;
            ended = streams.values().stream().filter(Stream::hasListener).toList();
            for (Stream stream : streams.values()) {
                Completion completion = stream.state().end();
                if (completion != null) {
                    unsent.add(completion);
                }
            }
            streams.clear();
            writer.clear();
        } finally {
            lock.unlock();
        }
        ended.forEach(Stream::onDisconnected);
        unsent.forEach(completion -> completion.failed(new StreamClosedException()));
    }

    // What streams need.

    long now() {
        return scheduler.nanoTime();
    }

    RoundTrip roundTrip() {
        return roundTrip;
    }

    void lock() {
        lock.lock();
    }

    void unlock() {
        lock.unlock();
    }

    /** Lets a stream begin whose head is to leave with the next flush. */
    void start(Stream stream) {
        lock.lock();
        try {
            stream.state().start();
            writer.schedule(stream);
        } finally {
            lock.unlock();
        }
    }

    /** Changes a stream's state, sends what became possible, and ends the stream if both directions have ended. */
    void update(Stream stream, Runnable change) {
        boolean sends;
        boolean ended;
        lock.lock();
        try {
            change.run();
            sends = writer.schedule(stream);
            ended = endIfDone(stream);
        } finally {
            lock.unlock();
        }
        if (sends) {
            flush();
        }
        if (ended) {
            events.onPlaceFree();
        }
    }

    private boolean endIfDone(Stream stream) {
        StreamState state = stream.state();
        if (state.isOver() || !state.hasEnded()) {
            return false;
        }
        state.end();
        streams.remove(stream.id());
        return true;
    }

    /** Breaks a stream off and tells the other side; returns false if it is over already. */
    boolean reset(Stream stream, ResetCode code, String reason) {
        return end(stream, new Frame.Reset(stream.id(), code, reason));
    }

    /** Counts a stream that the other side has broken. */
    void countViolation() throws FrameException {
        if (++violations > MAX_VIOLATIONS) {
            throw new FrameException("a rule is broken on one stream after the other");
        }
    }

    /** Ends a stream of which the other side knows that it is over; returns false if it is over already. */
    boolean drop(Stream stream) {
        return end(stream, null);
    }

    private boolean end(Stream stream, Frame.@Nullable Reset reset) {
        Completion unsent;
        boolean sends;
        lock.lock();
        try {
            if (stream.state().isOver()) {
                return false;
            }
            unsent = stream.state().end();
            streams.remove(stream.id());
            sends = writer.isLeaving(); // which may have waited for this stream to begin
            if (reset != null && stream.state().isAnnounced()) {
                writer.add(reset);
                sends = true;
            }
        } finally {
            lock.unlock();
        }
        if (sends) {
            flush();
        }
        if (unsent != null) {
            unsent.failed(new StreamClosedException());
        }
        events.onPlaceFree();
        return true;
    }

    /**
     * Sends one message after the other, for as long as there is something to send. That may be what many streams
     * upload, while the thread has come from a visitor with a short request, or reads what the other side says.
     */
    private final class Writing extends RepeatedStep implements Completion {

        /** Since when the thread is kept. Used by the one that is in the steps. */
        private long since;

        private volatile boolean handedOver;
        private volatile long handedOverAt;

        @Override
        protected boolean hasDoneEnough(int steps) {
            long now = scheduler.nanoTime();
            if (steps == 1) {
                since = now;
            }
            return now - since >= MAX_WRITING_NANOS && canSend();
        }

        private boolean canSend() {
            lock.lock();
            try {
                return !sending && writer.hasWork();
            } finally {
                lock.unlock();
            }
        }

        @Override
        protected void handOver() {
            handedOverAt = scheduler.nanoTime();
            handedOver = true;
            scheduler.schedule(Duration.ZERO, this::takeOver);
        }

        private void takeOver() {
            handedOver = false;
            next();
        }

        /** Tells whether a task of the scheduler is about to go on, and isn't late. */
        boolean isHandedOver() {
            return handedOver && scheduler.nanoTime() - handedOverAt < MAX_HANDOVER_NANOS;
        }

        @Override
        protected void step() {
            List<Completion> sent = new ArrayList<>(2);
            List<Stream> touched = new ArrayList<>(2);
            ByteBuffer message;
            boolean placeFree = false;
            lock.lock();
            try {
                if (sending || closed || !writer.hasWork()) {
                    return;
                }
                int resets = writer.waitingResets();
                message = writer.next(sent, touched);
                sending = message != null;
                for (Stream stream : touched) {
                    placeFree |= endIfDone(stream);
                }
                placeFree |= writer.waitingResets() < resets;
            } finally {
                lock.unlock();
            }
            if (message == null) {
                return;
            }
            transport.send(message, this); // if it isn't taken, the connection is closing, and its end will be told
            sent.forEach(Completion::succeeded);
            if (placeFree) {
                events.onPlaceFree();
            }
        }

        @Override
        public void succeeded() {
            lock.lock();
            try {
                sending = false;
            } finally {
                lock.unlock();
            }
            next();
        }

        @Override
        public void failed(Throwable cause) {
            // The connection ends; its end will be told.
        }
    }
}
