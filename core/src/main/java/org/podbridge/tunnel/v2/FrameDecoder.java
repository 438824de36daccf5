package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds the frames in the parts of binary messages. A message holds whole frames; a part may end anywhere. Data is
 * delivered as it comes, never copied: a frame of data that is cut by the end of a part is delivered in pieces, of
 * which the last has the frame's marks. Other frames are short, and are copied where a part cuts them; so is data of at
 * most {@value Frame#MAX_WHOLE_END_BYTES} bytes that ends its stream. Not thread-safe; confined to its connection.
 */
public final class FrameDecoder {

    private static final int TYPE_OFFSET = 0;
    private static final int FLAGS_OFFSET = 1;
    private static final int LENGTH_OFFSET = 2;
    private static final int STREAM_OFFSET = 6;

    private final Sink sink;
    private byte[] pending = new byte[0];
    private int pendingLength;

    /** How many bytes of the frame of data that has begun are still to come. */
    private int dataLeft;

    private int dataStream;
    private int dataFlags;

    /** Receives frames, in order, on the thread that feeds the decoder. */
    @FunctionalInterface
    public interface Sink {

        /**
         * A frame, or a piece of one of data, has come.
         *
         * @param frame the frame; its payload is lent for this call, or a slice of the part if it is data
         * @throws FrameException if there must not be such a frame now
         */
        void onFrame(Frame frame) throws FrameException;
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
            if (dataLeft > 0) {
                deliverData(part);
            } else if (pendingLength > 0 || !deliverFrom(part)) {
                take(part);
            }
        }
        if (last && (pendingLength > 0 || dataLeft > 0)) {
            throw new FrameException("a message ends within a frame");
        }
    }

    /** Delivers the frame that begins in the part, if it is data or lies in the part as a whole. */
    private boolean deliverFrom(ByteBuffer part) throws FrameException {
        if (part.remaining() < Frame.HEADER_BYTES) {
            return false;
        }
        ByteBuffer header = part.slice(part.position(), Frame.HEADER_BYTES);
        int length = checkedLength(header);
        if (comesInPieces(header)) {
            part.position(part.position() + Frame.HEADER_BYTES);
            beginData(header, length);
            return true;
        }
        int size = Frame.HEADER_BYTES + length;
        if (part.remaining() < size) {
            return false;
        }
        ByteBuffer payload = part.slice(part.position() + Frame.HEADER_BYTES, length);
        part.position(part.position() + size);
        deliver(header, payload);
        return true;
    }

    /** Takes as many bytes as the header, or the frame that has begun, still lacks, and delivers what is whole. */
    private void take(ByteBuffer part) throws FrameException {
        int wanted = Frame.HEADER_BYTES;
        if (pendingLength >= Frame.HEADER_BYTES) {
            wanted += checkedLength(ByteBuffer.wrap(pending));
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
        ByteBuffer header = ByteBuffer.wrap(pending, 0, Frame.HEADER_BYTES).slice();
        int length = checkedLength(header);
        if (comesInPieces(header)) {
            forget();
            beginData(header, length);
        } else if (pendingLength == Frame.HEADER_BYTES + length) {
            ByteBuffer payload =
                    ByteBuffer.wrap(pending, Frame.HEADER_BYTES, length).slice();
            forget();
            deliver(header, payload);
        }
    }

    private void forget() {
        pendingLength = 0;
        pending = new byte[0];
    }

    private static boolean comesInPieces(ByteBuffer header) {
        boolean end = (header.get(FLAGS_OFFSET) & FrameEncoder.END) != 0;
        return header.get(TYPE_OFFSET) == FrameEncoder.DATA
                && !(end && header.getInt(LENGTH_OFFSET) <= Frame.MAX_WHOLE_END_BYTES);
    }

    private static int checkedLength(ByteBuffer header) throws FrameException {
        int length = header.getInt(LENGTH_OFFSET);
        if (length < 0 || length > Frame.MAX_PAYLOAD_BYTES) {
            throw new FrameException("a frame is longer than " + Frame.MAX_BYTES + " bytes");
        }
        return length;
    }

    private void beginData(ByteBuffer header, int length) throws FrameException {
        check(header);
        dataStream = header.getInt(STREAM_OFFSET);
        dataFlags = header.get(FLAGS_OFFSET);
        dataLeft = length;
        if (length == 0) {
            if ((dataFlags & FrameEncoder.MESSAGE_END) == 0) {
                throw new FrameException("a frame of data says nothing");
            }
            sink.onFrame(data(dataStream, ByteBuffer.allocate(0), dataFlags));
        }
    }

    private void deliverData(ByteBuffer part) throws FrameException {
        int size = Math.min(dataLeft, part.remaining());
        ByteBuffer payload = part.slice(part.position(), size);
        part.position(part.position() + size);
        dataLeft -= size;
        sink.onFrame(data(dataStream, payload, dataLeft == 0 ? dataFlags : dataFlags & FrameEncoder.TEXT));
    }

    private static Frame data(int stream, ByteBuffer payload, int flags) {
        return new Frame.Data(
                stream,
                payload,
                (flags & FrameEncoder.END) != 0,
                (flags & FrameEncoder.TEXT) != 0,
                (flags & FrameEncoder.MESSAGE_END) != 0);
    }

    private static void check(ByteBuffer header) throws FrameException {
        int type = header.get(TYPE_OFFSET);
        int flags = header.get(FLAGS_OFFSET);
        int stream = header.getInt(STREAM_OFFSET);
        boolean ofConnection = type == FrameEncoder.GOAWAY;
        if (ofConnection ? stream != 0 : stream <= 0) {
            throw new FrameException("a frame is of no stream");
        }
        if ((flags & ~allowedFlags(type)) != 0) {
            throw new FrameException("a frame has flags that its type doesn't know");
        }
    }

    private void deliver(ByteBuffer header, ByteBuffer payload) throws FrameException {
        check(header);
        int type = header.get(TYPE_OFFSET);
        int stream = header.getInt(STREAM_OFFSET);
        boolean end = (header.get(FLAGS_OFFSET) & FrameEncoder.END) != 0;
        sink.onFrame(
                switch (type) {
                    case FrameEncoder.REQUEST -> new Frame.Request(stream, payload, end);
                    case FrameEncoder.RESPONSE -> new Frame.Response(stream, payload, end);
                    case FrameEncoder.DATA -> data(stream, payload.slice(), header.get(FLAGS_OFFSET));
                    case FrameEncoder.TRAILERS -> new Frame.Trailers(stream, payload);
                    case FrameEncoder.WINDOW -> window(stream, payload);
                    case FrameEncoder.RESET -> reset(stream, payload);
                    case FrameEncoder.GOAWAY -> goAway(payload);
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
