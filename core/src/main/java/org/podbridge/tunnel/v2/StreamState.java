package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.RoundTrip;
import org.podbridge.exchange.Completion;
import org.podbridge.limits.ByteBudget;

/** Where a stream stands in both directions. Not thread-safe; guarded by its connection. */
final class StreamState {

    private final int id;
    private final boolean opener;
    private final ByteBudget buffers;
    private boolean over;

    // What goes out.
    private final SendWindow sendWindow;
    /** No more than there will be credit for in any case, since the other side gives it back by half windows. */
    private final int wholeEndBytes;

    private final Deque<ByteBuffer> heads = new ArrayDeque<>(1);
    /** What the request's head has taken of the buffers, until it leaves. */
    private int reservedForHead;

    /** Whether the head that opens the stream may leave. */
    private boolean started;

    private boolean announced;
    private @Nullable Outgoing outgoing;
    private @Nullable ByteBuffer trailers;
    private boolean endGiven;
    private boolean endSent;
    private int creditOwed;

    // What comes in.
    private final ReceiveWindow receiveWindow;
    private final ReceiveQueue queue;
    private boolean dataMayCome;
    private boolean endCame;
    private boolean handing;
    private boolean endHandedOn;

    /** Whether the stream is in the writer's queues. */
    private boolean urgent;

    private boolean ready;

    private static final class Outgoing {
        private final StreamData data;
        private final ByteBuffer bytes;
        private final Completion completion;

        Outgoing(StreamData data, Completion completion) {
            this.data = data;
            this.bytes = data.bytes().slice();
            this.completion = completion;
        }

        /** Returns how many bytes have to leave at once. */
        int least(int wholeEndBytes) {
            int left = bytes.remaining();
            return data.last() && left <= wholeEndBytes ? left : Math.min(left, 1);
        }
    }

    /**
     * Makes one.
     *
     * @param opener whether this side has opened the stream
     * @param buffers what is taken from for data that waits to be handed on, and for a request that waits to leave
     */
    StreamState(int id, boolean opener, SendWindow sendWindow, ReceiveWindow receiveWindow, ByteBudget buffers) {
        this.id = id;
        this.buffers = buffers;
        this.opener = opener;
        this.sendWindow = sendWindow;
        this.wholeEndBytes = (int) Math.min(Frame.MAX_WHOLE_END_BYTES, sendWindow.credit() / 2);
        this.receiveWindow = receiveWindow;
        this.queue = new ReceiveQueue(buffers);
        this.dataMayCome = !opener;
        this.started = !opener;
    }

    boolean isOver() {
        return over;
    }

    /** Tells whether the other side knows of the stream. */
    boolean isAnnounced() {
        return !opener || announced;
    }

    boolean hasEnded() {
        return endSent && endHandedOn;
    }

    /** Ends the stream; returns who has to be told that what it sends won't leave. */
    @Nullable Completion end() {
        over = true;
        creditOwed = 0;
        heads.clear();
        releaseHead();
        queue.clear();
        receiveWindow.close();
        Outgoing unsent = outgoing;
        outgoing = null;
        return unsent == null ? null : unsent.completion;
    }

    /** Takes the head that opens the stream; returns false if there is no memory for it. */
    boolean addRequest(ByteBuffer head) {
        if (!buffers.tryReserve(head.remaining())) {
            return false;
        }
        reservedForHead = head.remaining();
        heads.add(head);
        return true;
    }

    void start() {
        started = true;
    }

    /** Tells whether the stream is open and hasn't been started. */
    boolean isBeginning() {
        return !started && !over;
    }

    private void releaseHead() {
        buffers.release(reservedForHead);
        reservedForHead = 0;
    }

    void addHead(ByteBuffer head) {
        if (!over && !endGiven) {
            heads.add(head);
        }
    }

    boolean offer(StreamData data, Completion completion) {
        if (over) {
            return false;
        }
        if (outgoing != null || endGiven) {
            throw new IllegalStateException(endGiven ? "the direction has ended" : "a send is outstanding");
        }
        outgoing = new Outgoing(data, completion);
        endGiven = data.last();
        return true;
    }

    void addTrailers(ByteBuffer fields) {
        if (!over) {
            endGiven = true;
            trailers = fields;
        }
    }

    boolean addCredit(int bytes) {
        return sendWindow.add(bytes);
    }

    /** Tells whether there is something to send that takes no credit. */
    boolean hasControl() {
        return started && !over && (creditOwed > 0 || !heads.isEmpty());
    }

    /** Tells whether there is data to send, and credit for it. */
    boolean hasData() {
        if (over || !heads.isEmpty()) {
            return false;
        }
        Outgoing data = outgoing;
        return data == null ? trailers != null : sendWindow.credit() >= data.least(wholeEndBytes);
    }

    /** Takes what takes no credit, as far as there is room; returns how much room it takes. */
    int takeControl(int room, List<Frame> frames, List<Completion> sent) {
        int used = 0;
        if (creditOwed > 0 && room >= Frame.HEADER_BYTES + Integer.BYTES) {
            frames.add(new Frame.Window(id, creditOwed));
            creditOwed = 0;
            used += Frame.HEADER_BYTES + Integer.BYTES;
        }
        for (ByteBuffer head = heads.peek(); head != null; head = heads.peek()) {
            int size = Frame.HEADER_BYTES + head.remaining();
            if (used + size > room) {
                break;
            }
            heads.remove();
            releaseHead();
            boolean end = heads.isEmpty() && takeBareEnd(sent);
            frames.add(opener ? new Frame.Request(id, head, end) : new Frame.Response(id, head, end));
            announced = true;
            used += size;
        }
        return used;
    }

    /** Lets the end of an empty body travel with the head. */
    private boolean takeBareEnd(List<Completion> sent) {
        Outgoing data = outgoing;
        if (data == null || !data.data.last() || data.bytes.hasRemaining() || data.data.messageEnd()) {
            return false;
        }
        outgoing = null;
        endSent = true;
        sent.add(data.completion);
        return true;
    }

    /** Takes one frame of data, or the trailers; there is some, and room for a header and a byte. */
    @Nullable Frame takeData(int room, List<Completion> sent) {
        Outgoing from = outgoing;
        if (from == null) {
            ByteBuffer fields = trailers;
            if (fields == null || Frame.HEADER_BYTES + fields.remaining() > room) {
                return null;
            }
            trailers = null;
            endSent = true;
            return new Frame.Trailers(id, fields);
        }
        int most = Math.min(room, Frame.MAX_BYTES) - Frame.HEADER_BYTES;
        if (most < from.least(wholeEndBytes)) {
            return null;
        }
        int size = sendWindow.take(Math.min(from.bytes.remaining(), most));
        ByteBuffer payload = from.bytes.slice(from.bytes.position(), size);
        from.bytes.position(from.bytes.position() + size);
        boolean all = !from.bytes.hasRemaining();
        if (all) {
            outgoing = null;
            endSent = from.data.last();
            sent.add(from.completion);
        }
        return new Frame.Data(id, payload, all && from.data.last(), from.data.text(), all && from.data.messageEnd());
    }

    boolean mayHaveHead() {
        return opener && !dataMayCome;
    }

    void headCame(boolean isFinal) {
        dataMayCome = isFinal;
    }

    /** Notes that data came; returns what rule it breaks, if it breaks one. */
    @Nullable ResetCode received(Frame.Data data) {
        if (over) {
            return null;
        }
        if (!dataMayCome || endCame) {
            return ResetCode.PROTOCOL;
        }
        endCame = data.end();
        return receiveWindow.received(data.payload().remaining()) ? null : ResetCode.FLOW_CONTROL;
    }

    /** Tells whether data that has just come is the listener's next; then it counts as handed to it. */
    boolean mayHandOn() {
        if (handing || !queue.isEmpty()) {
            return false;
        }
        handing = true;
        return true;
    }

    /** Takes what the listener gets next, unless it has something. */
    ReceiveQueue.@Nullable Entry nextToHandOn() {
        if (handing || queue.isEmpty()) {
            return null;
        }
        handing = true;
        return queue.poll();
    }

    void handedOn(int bytes, boolean last, long now, RoundTrip roundTrip) {
        handing = false;
        endHandedOn |= last;
        if (!over && bytes > 0) {
            int credit = receiveWindow.handedOn(bytes, now, roundTrip);
            creditOwed += endCame ? 0 : credit;
        }
    }

    /** Tells, once, that the round trip should be measured again. */
    boolean wantsMeasure() {
        return receiveWindow.wantsMeasure();
    }

    ReceiveQueue queue() {
        return queue;
    }

    boolean markUrgent() {
        boolean was = urgent;
        urgent = true;
        return !was;
    }

    void unmarkUrgent() {
        urgent = false;
    }

    boolean markReady() {
        boolean was = ready;
        ready = true;
        return !was;
    }

    void unmarkReady() {
        ready = false;
    }
}
