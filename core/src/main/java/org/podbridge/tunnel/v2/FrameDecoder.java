package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the frames in the parts of binary messages. A message holds whole frames; a part may end anywhere. Payloads
 * that lie within one part aren't copied. Not thread-safe; confined to its connection.
 */
public final class FrameDecoder {

    private final Sink sink;
    private byte[] pending = new byte[0];
    private int pendingLength;

    /** Receives frames, in order, on the thread that feeds the decoder. */
    @FunctionalInterface
    public interface Sink {

        /**
         * A frame has come.
         *
         * @param frame the frame; its payload is lent for this call
         */
        void onFrame(Frame frame);
    }

    /**
     * Makes one.
     *
     * @param sink receives the frames
     */
    public FrameDecoder(Sink sink) {
        this.sink = sink;
    }

    /**
     * Reads a part of a message.
     *
     * @param part the bytes, which are all taken
     * @param last whether the message ends with it
     * @throws FrameException if the bytes are no frames; nothing more may be fed then
     */
    public void feed(ByteBuffer part, boolean last) throws FrameException {
        while (part.hasRemaining()) {
            if (pendingLength == 0 && deliverFrom(part)) {
                continue;
            }
            take(part);
        }
        if (last && pendingLength > 0) {
            throw new FrameException("a message ends within a frame");
        }
    }

    /** Delivers a frame that lies in the part as a whole, if there is one. */
    private boolean deliverFrom(ByteBuffer part) throws FrameException {
        int size = frameSize(part);
        if (size < 0 || part.remaining() < size) {
            return false;
        }
        ByteBuffer frame = part.slice(part.position(), size);
        part.position(part.position() + size);
        deliver(frame);
        return true;
    }

    /** Takes as many bytes as the frame that has begun still lacks, and delivers it when it is whole. */
    private void take(ByteBuffer part) throws FrameException {
        int wanted = Frame.HEADER_BYTES;
        if (pendingLength >= Frame.HEADER_BYTES) {
            wanted = frameSize(ByteBuffer.wrap(pending, 0, pendingLength));
        }
        if (pending.length < wanted) {
            pending = Arrays.copyOf(pending, wanted);
        }
        int count = Math.min(wanted - pendingLength, part.remaining());
        part.get(pending, pendingLength, count);
        pendingLength += count;
        if (pendingLength < Frame.HEADER_BYTES) {
            return;
        }
        int size = frameSize(ByteBuffer.wrap(pending, 0, pendingLength));
        if (pendingLength == size) {
            ByteBuffer frame = ByteBuffer.wrap(pending, 0, size).slice();
            pendingLength = 0;
            pending = new byte[0];
            deliver(frame);
        }
    }

    /** Returns the size of the frame at the position, or -1 if its header isn't whole. */
    private static int frameSize(ByteBuffer buffer) throws FrameException {
        if (buffer.remaining() < Frame.HEADER_BYTES) {
            return -1;
        }
        int length = buffer.getInt(buffer.position() + 2);
        if (length < 0 || length > Frame.MAX_PAYLOAD_BYTES) {
            throw new FrameException("a frame is longer than " + Frame.MAX_BYTES + " bytes");
        }
        return Frame.HEADER_BYTES + length;
    }

    private void deliver(ByteBuffer bytes) throws FrameException {
        int type = bytes.get();
        int flags = bytes.get();
        bytes.getInt();
        int stream = bytes.getInt();
        boolean ofConnection = type == FrameEncoder.GOAWAY;
        if (ofConnection ? stream != 0 : stream <= 0) {
            throw new FrameException("a frame is of no stream");
        }
        if ((flags & ~allowedFlags(type)) != 0) {
            throw new FrameException("a frame has flags that its type doesn't know");
        }
        boolean end = (flags & FrameEncoder.END) != 0;
        sink.onFrame(
                switch (type) {
                    case FrameEncoder.REQUEST -> new Frame.Request(stream, bytes, end);
                    case FrameEncoder.RESPONSE -> new Frame.Response(stream, bytes, end);
                    case FrameEncoder.DATA ->
                        new Frame.Data(
                                stream,
                                bytes,
                                end,
                                (flags & FrameEncoder.TEXT) != 0,
                                (flags & FrameEncoder.MESSAGE_END) != 0);
                    case FrameEncoder.TRAILERS -> new Frame.Trailers(stream, bytes);
                    case FrameEncoder.WINDOW -> window(stream, bytes);
                    case FrameEncoder.RESET -> reset(stream, bytes);
                    case FrameEncoder.GOAWAY -> goAway(bytes);
                    default -> throw new FrameException("a frame is of an unknown type");
                });
    }

    private static int allowedFlags(int type) {
        return switch (type) {
            case FrameEncoder.DATA -> FrameEncoder.END | FrameEncoder.TEXT | FrameEncoder.MESSAGE_END;
            case FrameEncoder.REQUEST, FrameEncoder.RESPONSE, FrameEncoder.TRAILERS -> FrameEncoder.END;
            default -> 0;
        };
    }

    private static Frame window(int stream, ByteBuffer payload) throws FrameException {
        if (payload.remaining() != Integer.BYTES || payload.getInt(payload.position()) <= 0) {
            throw new FrameException("a window gives no credit");
        }
        return new Frame.Window(stream, payload.getInt());
    }

    private static Frame reset(int stream, ByteBuffer payload) throws FrameException {
        if (payload.remaining() < Short.BYTES) {
            throw new FrameException("a reset has no code");
        }
        int number = Short.toUnsignedInt(payload.getShort());
        ResetCode code = ResetCode.of(number).orElse(ResetCode.INTERNAL); // codes may be added
        return new Frame.Reset(stream, code, text(payload));
    }

    private static Frame goAway(ByteBuffer payload) throws FrameException {
        if (payload.remaining() < Integer.BYTES || payload.getInt(payload.position()) < 0) {
            throw new FrameException("a goaway names no stream");
        }
        return new Frame.GoAway(payload.getInt(), text(payload));
    }

    private static String text(ByteBuffer bytes) {
        return StandardCharsets.UTF_8.decode(bytes).toString();
    }
}
