package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;

/**
 * Makes the next message of what many streams have to send: first what takes no credit, then data of one stream after
 * the other, a frame of each in turn. Not thread-safe; guarded by its connection.
 */
final class FrameWriter {

    /** Two frames: more would keep small requests waiting behind downloads. */
    private static final int MAX_MESSAGE_BYTES = 2 * Frame.MAX_BYTES;

    /** A message beyond this is written to a buffer that is kept for the next one. */
    private static final int KEEP_BUFFER_FROM_BYTES = 8 * 1024;

    /** Less room than this in a message is not worth another frame of data. */
    private static final int MIN_DATA_BYTES = 1_024;

    private final BooleanSupplier oneBegins;
    private final Deque<Frame.Reset> resets = new ArrayDeque<>();
    private final Deque<Stream> urgent = new ArrayDeque<>();
    private final Deque<Stream> ready = new ArrayDeque<>();
    private Frame.@Nullable GoAway goAway;
    private byte @Nullable [] keptBuffer;

    /**
     * Makes one.
     *
     * @param oneBegins asked whether there is a stream of which the head isn't to be sent yet
     */
    FrameWriter(BooleanSupplier oneBegins) {
        this.oneBegins = oneBegins;
    }

    /** Notes what a stream has to send; returns false if that is nothing. */
    boolean schedule(Stream stream) {
        StreamState state = stream.state();
        boolean control = state.hasControl();
        boolean data = state.hasData();
        if (control && state.markUrgent()) {
            urgent.add(stream);
        }
        if (data && state.markReady()) {
            ready.add(stream);
        }
        return control || data;
    }

    void add(Frame.Reset reset) {
        resets.add(reset);
    }

    void add(Frame.GoAway last) {
        goAway = last;
    }

    /** Forgets all, since nothing can be sent any more. */
    void clear() {
        resets.clear();
        urgent.clear();
        ready.clear();
        goAway = null;
        keptBuffer = null;
    }

    boolean hasWork() {
        return !urgent.isEmpty() || !ready.isEmpty() || !resets.isEmpty() || goAway != null;
    }

    boolean isLeaving() {
        return goAway != null;
    }

    int waitingResets() {
        return resets.size();
    }

    /**
     * Makes a message.
     *
     * @param sent gets the completions of what leaves with it
     * @param touched gets the streams whose frames leave with it
     * @return the message, to be sent before the next one is made, or null if there is nothing to send
     */
    @Nullable ByteBuffer next(List<Completion> sent, List<Stream> touched) {
        List<Frame> frames = new ArrayList<>(4);
        int size = 0;
        while (!resets.isEmpty() && size + FrameEncoder.size(resets.peek()) <= MAX_MESSAGE_BYTES) {
            Frame reset = resets.remove();
            frames.add(reset);
            size += FrameEncoder.size(reset);
        }
        size += takeControl(MAX_MESSAGE_BYTES - size, frames, sent, touched);
        if (goAway != null
                && urgent.isEmpty()
                && !oneBegins.getAsBoolean()
                && size + FrameEncoder.size(goAway) <= MAX_MESSAGE_BYTES) {
            frames.add(goAway); // behind all requests, so that none comes after it
            size += FrameEncoder.size(goAway);
            goAway = null;
        }
        size += takeData(MAX_MESSAGE_BYTES - size, frames, sent, touched);
        return frames.isEmpty() ? null : encode(frames, size);
    }

    private int takeControl(int room, List<Frame> frames, List<Completion> sent, List<Stream> touched) {
        int used = 0;
        for (Stream stream = urgent.peek(); stream != null; stream = urgent.peek()) {
            used += stream.state().takeControl(room - used, frames, sent);
            touched.add(stream);
            if (stream.state().hasControl()) {
                break; // the message is full
            }
            urgent.remove();
            stream.state().unmarkUrgent();
            schedule(stream); // data may wait behind the head
        }
        return used;
    }

    private int takeData(int room, List<Frame> frames, List<Completion> sent, List<Stream> touched) {
        int used = 0;
        while (!ready.isEmpty() && room - used >= Frame.HEADER_BYTES + MIN_DATA_BYTES) {
            Stream stream = ready.remove();
            stream.state().unmarkReady();
            if (!stream.state().hasData()) {
                continue; // it is over
            }
            Frame frame = stream.state().takeData(room - used, sent);
            schedule(stream);
            if (frame == null) {
                break;
            }
            frames.add(frame);
            touched.add(stream);
            used += FrameEncoder.size(frame);
        }
        return used;
    }

    private ByteBuffer encode(List<Frame> frames, int size) {
        ByteBuffer message = buffer(size);
        frames.forEach(frame -> FrameEncoder.encode(frame, message));
        return message.flip();
    }

    private ByteBuffer buffer(int size) {
        if (size < KEEP_BUFFER_FROM_BYTES) {
            return ByteBuffer.allocate(size);
        }
        byte[] kept = keptBuffer;
        if (kept == null) {
            kept = new byte[MAX_MESSAGE_BYTES];
            keptBuffer = kept;
        }
        return ByteBuffer.wrap(kept);
    }
}
