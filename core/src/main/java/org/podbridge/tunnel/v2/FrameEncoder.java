package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes frames. Stateless. */
public final class FrameEncoder {

    static final int REQUEST = 1;
    static final int RESPONSE = 2;
    static final int DATA = 3;
    static final int TRAILERS = 4;
    static final int WINDOW = 5;
    static final int RESET = 6;
    static final int GOAWAY = 7;

    /** The last frame of its direction. */
    static final int END = 1;
    /** Data of a text message. */
    static final int TEXT = 1 << 1;
    /** The last data of a message. */
    static final int MESSAGE_END = 1 << 2;

    private static final int MAX_REASON_BYTES = 1_024;

    private FrameEncoder() {}

    /**
     * Tells how many bytes a frame takes.
     *
     * @param frame the frame
     * @return its size, header included
     */
    public static int size(Frame frame) {
        if (frame instanceof Frame.Data data) {
            return Frame.HEADER_BYTES + data.payload().remaining();
        } else if (frame instanceof Frame.Window) {
            return Frame.HEADER_BYTES + Integer.BYTES;
        } else if (frame instanceof Frame.Request request) {
            return Frame.HEADER_BYTES + request.head().remaining();
        } else if (frame instanceof Frame.Response response) {
            return Frame.HEADER_BYTES + response.head().remaining();
        } else if (frame instanceof Frame.Trailers trailers) {
            return Frame.HEADER_BYTES + trailers.fields().remaining();
        } else if (frame instanceof Frame.Reset reset) {
            return Frame.HEADER_BYTES + Short.BYTES + reason(reset.reason()).length;
        } else if (frame instanceof Frame.GoAway goAway) {
            return Frame.HEADER_BYTES + Integer.BYTES + reason(goAway.reason()).length;
        }
        throw new IllegalArgumentException("no such frame");
    }

    /**
     * Writes a frame. The position of its payload stays where it is.
     *
     * @param frame the frame
     * @param out has room for {@link #size} bytes, big-endian
     */
    public static void encode(Frame frame, ByteBuffer out) {
        if (frame instanceof Frame.Data data) {
            int flags = (data.end() ? END : 0) | (data.text() ? TEXT : 0) | (data.messageEnd() ? MESSAGE_END : 0);
            put(out, DATA, flags, data.stream(), data.payload());
        } else if (frame instanceof Frame.Window window) {
            header(out, WINDOW, 0, Integer.BYTES, window.stream()).putInt(window.bytes());
        } else if (frame instanceof Frame.Request request) {
            put(out, REQUEST, request.end() ? END : 0, request.stream(), request.head());
        } else if (frame instanceof Frame.Response response) {
            put(out, RESPONSE, response.end() ? END : 0, response.stream(), response.head());
        } else if (frame instanceof Frame.Trailers trailers) {
            put(out, TRAILERS, END, trailers.stream(), trailers.fields());
        } else if (frame instanceof Frame.Reset reset) {
            byte[] reason = reason(reset.reason());
            header(out, RESET, 0, Short.BYTES + reason.length, reset.stream())
                    .putShort((short) reset.code().number())
                    .put(reason);
        } else if (frame instanceof Frame.GoAway goAway) {
            byte[] reason = reason(goAway.reason());
            header(out, GOAWAY, 0, Integer.BYTES + reason.length, 0)
                    .putInt(goAway.lastStream())
                    .put(reason);
        }
    }

    private static void put(ByteBuffer out, int type, int flags, int stream, ByteBuffer payload) {
        header(out, type, flags, payload.remaining(), stream).put(payload.duplicate());
    }

    private static ByteBuffer header(ByteBuffer out, int type, int flags, int length, int stream) {
        return out.put((byte) type).put((byte) flags).putInt(length).putInt(stream);
    }

    private static byte[] reason(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return bytes.length <= MAX_REASON_BYTES ? bytes : java.util.Arrays.copyOf(bytes, MAX_REASON_BYTES);
    }
}
