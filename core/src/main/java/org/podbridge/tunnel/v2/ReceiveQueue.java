package org.podbridge.tunnel.v2;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.podbridge.limits.ByteBudget;

/**
 * Data that waits to be handed on, copied, since a slice would hold a buffer of the container that is larger than the
 * credit it was sent on. Small pieces of a body share a buffer, and so do small messages, of which there can be as many
 * as there are bytes of credit. Not thread-safe; guarded by its connection.
 */
final class ReceiveQueue {

    /** Empty messages take no credit, so they need a bound of their own. */
    static final int MAX_ENTRIES = 16_384;

    private static final int MIN_BUFFER_BYTES = 4_096;
    private static final int MAX_SMALL_MESSAGE_BYTES = 1_024;
    private static final int MAX_SHARING_MESSAGES = 512;
    private static final int ENTRY_BYTES = 64;

    private final ByteBudget budget;
    private final Deque<Entry> entries = new ArrayDeque<>();

    /** Data or, before the last data, trailers; or several small messages of one kind. */
    static final class Entry {

        private final ByteBuffer buffer;
        private final boolean text;
        private final boolean messageEnd;
        private final boolean trailers;
        private final int reserved;
        private boolean last;

        /** Where the messages end that share the buffer, or null if none do. */
        private final short @Nullable [] ends;

        private int messages;
        private int taken;

        Entry(ByteBuffer buffer, boolean text, boolean messageEnd, boolean trailers, int reserved) {
            this(buffer, text, messageEnd, trailers, reserved, null);
        }

        private Entry(
                ByteBuffer buffer,
                boolean text,
                boolean messageEnd,
                boolean trailers,
                int reserved,
                short @Nullable [] ends) {
            this.ends = ends;
            this.buffer = buffer;
            this.text = text;
            this.messageEnd = messageEnd;
            this.trailers = trailers;
            this.reserved = reserved;
        }

        boolean isTrailers() {
            return trailers;
        }

        ByteBuffer bytes() {
            return buffer.duplicate().flip();
        }

        StreamData data() {
            return new StreamData(bytes(), text, messageEnd, last);
        }

        int reserved() {
            return reserved;
        }

        private boolean takes(Frame.Data more) {
            return !text
                    && !messageEnd
                    && !trailers
                    && !last
                    && buffer.remaining() >= more.payload().remaining();
        }

        private boolean takesMessage(Frame.Data message) {
            return ends != null
                    && messages < ends.length
                    && text == message.text()
                    && buffer.remaining() >= message.payload().remaining();
        }

        private void addMessage(ByteBuffer payload) {
            buffer.put(payload);
            requireNonNull(ends)[messages++] = (short) buffer.position();
        }

        /** Takes out the first of the messages; the last one is given back for all. */
        private Entry takeMessage(short[] sharing) {
            int start = taken == 0 ? 0 : sharing[taken - 1];
            int size = sharing[taken++] - start;
            ByteBuffer message = buffer.slice(start, size).position(size);
            return new Entry(message, text, true, false, taken == messages ? reserved : 0);
        }
    }

    ReceiveQueue(ByteBudget budget) {
        this.budget = budget;
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** Copies data to the end; returns false if there is no memory for it. */
    boolean add(Frame.Data data) {
        Entry tail = entries.peekLast();
        boolean ofMessage = data.text() || data.messageEnd();
        // An end isn't added to what may be a WebSocket's message: its bytes would be taken for a close, or the
        // reverse.
        if (tail != null && !ofMessage && !data.end() && tail.takes(data)) {
            tail.buffer.put(data.payload());
            return true;
        }
        if (tail != null && isSmallMessage(data)) {
            return addMessage(tail, data);
        }
        int size = data.payload().remaining();
        Entry entry = newEntry(ofMessage || data.end() ? size : Math.max(size, MIN_BUFFER_BYTES), data, false);
        if (entry == null) {
            return false;
        }
        entry.buffer.put(data.payload());
        entry.last = data.end();
        entries.add(entry);
        return true;
    }

    private static boolean isSmallMessage(Frame.Data data) {
        return data.messageEnd() && !data.end() && data.payload().remaining() <= MAX_SMALL_MESSAGE_BYTES;
    }

    private boolean addMessage(Entry tail, Frame.Data message) {
        Entry sharing = tail.takesMessage(message) ? tail : newSharing(message.text());
        if (sharing == null) {
            return false;
        }
        sharing.addMessage(message.payload());
        return true;
    }

    private @Nullable Entry newSharing(boolean text) {
        int reserved = MIN_BUFFER_BYTES + MAX_SHARING_MESSAGES * Short.BYTES + ENTRY_BYTES;
        if (entries.size() == MAX_ENTRIES || !budget.tryReserve(reserved)) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.allocate(MIN_BUFFER_BYTES);
        Entry sharing = new Entry(buffer, text, true, false, reserved, new short[MAX_SHARING_MESSAGES]);
        entries.add(sharing);
        return sharing;
    }

    /** Copies trailers, and the end behind them; returns false if there is no memory for them. */
    boolean addTrailers(Frame.Trailers trailers) {
        Frame.Data end = new Frame.Data(trailers.stream(), ByteBuffer.allocate(0), true, false, false);
        Entry entry = newEntry(trailers.fields().remaining(), end, true);
        if (entry == null) {
            return false;
        }
        entry.buffer.put(trailers.fields());
        entries.add(entry);
        return add(end);
    }

    private @Nullable Entry newEntry(int capacity, Frame.Data data, boolean trailers) {
        int reserved = capacity + ENTRY_BYTES;
        if (entries.size() == MAX_ENTRIES || !budget.tryReserve(reserved)) {
            return null;
        }
        return new Entry(ByteBuffer.allocate(capacity), data.text(), data.messageEnd(), trailers, reserved);
    }

    /** Takes the first entry out, to be given back when it was handed on. */
    @Nullable Entry poll() {
        Entry first = entries.peek();
        if (first == null || first.ends == null) {
            return entries.poll();
        }
        Entry message = first.takeMessage(first.ends);
        if (first.taken == first.messages) {
            entries.remove();
        }
        return message;
    }

    void giveBack(Entry entry) {
        budget.release(entry.reserved());
    }

    void clear() {
        entries.forEach(this::giveBack);
        entries.clear();
    }
}
