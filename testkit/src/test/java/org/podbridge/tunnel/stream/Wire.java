package org.podbridge.tunnel.stream;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.Multiplexer;

/** One direction between two multiplexers: messages wait until the test lets them through, cut at random. */
final class Wire implements Multiplexer.Transport {

    private final Random random;
    private final Deque<byte[]> messages = new ArrayDeque<>();
    private final AtomicInteger retained = new AtomicInteger();
    private Completion outstanding;
    private ByteBuffer lent;
    private Multiplexer receiver;

    Wire(Random random) {
        this.random = random;
    }

    void to(Multiplexer multiplexer) {
        receiver = multiplexer;
    }

    @Override
    public boolean send(ByteBuffer message, Completion completion) {
        if (outstanding != null) {
            throw new AssertionError("a second send");
        }
        outstanding = completion;
        lent = message;
        return true;
    }

    boolean isSending() {
        return outstanding != null;
    }

    boolean hasMessages() {
        return !messages.isEmpty();
    }

    /** Takes the message from the sender, which may change its buffer from then on. */
    void completeSend() {
        byte[] bytes = new byte[lent.remaining()];
        lent.get(bytes);
        messages.add(bytes);
        Completion completion = outstanding;
        outstanding = null;
        lent = null;
        completion.succeeded();
    }

    void deliver() throws FrameException {
        byte[] message = messages.remove();
        int start = 0;
        do {
            int size = Math.min(message.length - start, 1 + random.nextInt(40_000));
            Lent part = new Lent(java.util.Arrays.copyOfRange(message, start, start + size));
            start += size;
            receiver.onPart(part, start == message.length);
            part.release();
        } while (start < message.length);
    }

    int retained() {
        return retained.get();
    }

    /** Is overwritten as soon as nobody holds it. */
    private final class Lent implements Chunk {
        private final byte[] bytes;
        private final ByteBuffer data;
        private int holders = 1;

        Lent(byte[] bytes) {
            this.bytes = bytes;
            this.data = ByteBuffer.wrap(bytes).asReadOnlyBuffer();
            retained.incrementAndGet();
        }

        @Override
        public ByteBuffer data() {
            return data;
        }

        @Override
        public Chunk retain() {
            holders++;
            return this;
        }

        @Override
        public void release() {
            holders--;
            if (holders == 0) {
                java.util.Arrays.fill(bytes, (byte) 0xEE);
                retained.decrementAndGet();
            } else if (holders < 0) {
                throw new AssertionError("released twice");
            }
        }
    }
}
