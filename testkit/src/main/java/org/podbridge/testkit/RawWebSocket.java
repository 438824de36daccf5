package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Optional;
import org.podbridge.connection.CloseStatus;

/**
 * The client side of a WebSocket whose frames a test builds itself, rightly or wrongly. Blocking, as
 * {@link RawVisitor}.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-5.2">RFC 6455 section 5.2</a>
 */
public final class RawWebSocket implements AutoCloseable {

    /** A frame with more to come. */
    public static final int CONTINUATION = 0;
    /** A text frame. */
    public static final int TEXT = 1;
    /** A binary frame. */
    public static final int BINARY = 2;
    /** A close frame. */
    public static final int CLOSE = 8;
    /** A ping frame. */
    public static final int PING = 9;
    /** A pong frame. */
    public static final int PONG = 10;
    /** The bit of the last frame of a message, to be added to the others. */
    public static final int FIN = 0x80;

    private static final int MAX_SHOWN_BYTES = 64;
    private static final byte[] MASK = {0x11, (byte) 0xA2, 0x33, (byte) 0xC4};

    private final RawVisitor visitor;

    private RawWebSocket(RawVisitor visitor) {
        this.visitor = visitor;
    }

    /**
     * A frame that came.
     *
     * @param opCode text, binary and so on
     * @param fin whether a message ends with it
     * @param payload the bytes
     */
    public record Frame(int opCode, boolean fin, ByteBuffer payload) {
        /**
         * Returns the payload as text.
         *
         * @return the bytes, decoded as UTF-8
         */
        public String text() {
            return UTF_8.decode(payload.duplicate()).toString();
        }

        /**
         * Returns what a close frame says.
         *
         * @return code and reason
         */
        public CloseStatus closeStatus() {
            ByteBuffer rest = payload.duplicate();
            return rest.remaining() < 2
                    ? new CloseStatus(CloseStatus.NO_STATUS, "")
                    : new CloseStatus(rest.getChar(), UTF_8.decode(rest).toString());
        }

        @Override
        public String toString() {
            byte[] shown = new byte[Math.min(payload.remaining(), MAX_SHOWN_BYTES)];
            payload.duplicate().get(shown);
            return "opcode %d%s, %d bytes: %s"
                    .formatted(
                            opCode,
                            fin ? "" : " without FIN",
                            payload.remaining(),
                            HexFormat.of().formatHex(shown));
        }
    }

    /**
     * Returns an opening handshake.
     *
     * @param target the request target
     * @param fields further field lines, each with its line end
     * @return the request
     */
    public static String handshake(String target, String fields) {
        return handshake("pod.example", target, fields);
    }

    /**
     * Returns an opening handshake with a server of some name.
     *
     * @param host the value of the Host field
     * @param target the request target
     * @param fields further field lines, each with its line end
     * @return the request
     */
    public static String handshake(String host, String target, String fields) {
        return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + fields + "\r\n";
    }

    /**
     * Connects and shakes hands.
     *
     * @param server where to
     * @param target the request target
     * @return the open WebSocket
     */
    public static RawWebSocket open(URI server, String target) {
        return open(RawVisitor.connect(server).send(handshake(target, "")));
    }

    /**
     * Goes on with a visitor whose handshake was sent already.
     *
     * @param visitor the visitor, which the WebSocket owns
     * @return the open WebSocket
     * @throws AssertionError if the server refuses
     */
    public static RawWebSocket open(RawVisitor visitor) {
        RawVisitor.Response response = visitor.readHead();
        String accept = response.fields().first("sec-websocket-accept").orElse("");
        if (response.status() != 101 || !accept.equals("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")) {
            throw new AssertionError("no handshake: " + response);
        }
        return new RawWebSocket(visitor);
    }

    /**
     * Returns a masked frame.
     *
     * @param firstByte opcode, FIN and reserved bits
     * @param payload the bytes, before masking
     * @return the frame's bytes
     */
    public static byte[] frame(int firstByte, byte[] payload) {
        return frame(firstByte, payload, 0, payload.length);
    }

    private static byte[] frame(int firstByte, byte[] payload, int offset, int length) {
        ByteBuffer frame = ByteBuffer.allocate(14 + length);
        frame.put((byte) firstByte);
        if (length < 126) {
            frame.put((byte) (0x80 | length));
        } else if (length < 1 << 16) {
            frame.put((byte) (0x80 | 126)).putChar((char) length);
        } else {
            frame.put((byte) (0x80 | 127)).putLong(length);
        }
        frame.put(MASK);
        for (int i = 0; i < length; i++) {
            frame.put((byte) (payload[offset + i] ^ MASK[i & 3]));
        }
        byte[] bytes = new byte[frame.flip().remaining()];
        frame.get(bytes);
        return bytes;
    }

    /**
     * Returns several byte sequences as one, to be sent in one packet.
     *
     * @param parts the parts
     * @return their bytes
     */
    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /**
     * Returns the payload of a close frame.
     *
     * @param code the close code
     * @param reason the reason
     * @return the payload
     */
    public static byte[] closePayload(int code, String reason) {
        return join(new byte[] {(byte) (code >> 8), (byte) code}, reason.getBytes(UTF_8));
    }

    /**
     * Returns what is under the frames.
     *
     * @return the visitor
     */
    public RawVisitor visitor() {
        return visitor;
    }

    /**
     * Sends a frame.
     *
     * @param firstByte opcode, FIN and reserved bits
     * @param payload the bytes
     * @return this WebSocket
     */
    public RawWebSocket send(int firstByte, byte[] payload) {
        visitor.send(frame(firstByte, payload));
        return this;
    }

    /**
     * Sends a text message in one frame.
     *
     * @param text the message
     * @return this WebSocket
     */
    public RawWebSocket sendText(String text) {
        return send(FIN | TEXT, text.getBytes(UTF_8));
    }

    /**
     * Sends a close frame.
     *
     * @param code the close code
     * @param reason the reason
     * @return this WebSocket
     */
    public RawWebSocket sendClose(int code, String reason) {
        return send(FIN | CLOSE, closePayload(code, reason));
    }

    /**
     * Reads a frame.
     *
     * @return the frame
     * @throws AssertionError if it is masked or has reserved bits
     */
    public Frame readFrame() {
        return readFrame(visitor.read(1)[0] & 0xFF);
    }

    /**
     * Reads a frame, unless the server has ended the connection.
     *
     * @return the frame, if there is one more
     * @throws AssertionError if it is masked or has reserved bits
     * @throws UncheckedIOException if the connection neither goes on nor ends
     */
    public Optional<Frame> readFrameOrEnd() {
        int firstByte;
        try {
            firstByte = visitor.read();
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof SocketException) {
                return Optional.empty(); // a reset ends it as well
            }
            throw e;
        }
        return firstByte < 0 ? Optional.empty() : Optional.of(readFrame(firstByte));
    }

    private Frame readFrame(int firstByte) {
        int length = visitor.read(1)[0] & 0xFF;
        if ((length & 0x80) != 0 || (firstByte & 0x70) != 0) {
            throw new AssertionError("a frame that a server must not send");
        }
        if (length == 126) {
            length = ByteBuffer.wrap(visitor.read(2)).getChar();
        } else if (length == 127) {
            length = Math.toIntExact(ByteBuffer.wrap(visitor.read(8)).getLong());
        }
        return new Frame(firstByte & 0x0F, (firstByte & FIN) != 0, ByteBuffer.wrap(visitor.read(length)));
    }

    /**
     * Reads frames until a message is whole, and answers nothing.
     *
     * @return the message, with the opcode of its first frame
     */
    public Frame readMessage() {
        Frame frame = readFrame();
        int opCode = frame.opCode();
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(frame.payload().array());
        while (!frame.fin()) {
            frame = readFrame();
            if (frame.opCode() != CONTINUATION) {
                throw new AssertionError("opcode " + frame.opCode() + " within a message");
            }
            all.writeBytes(frame.payload().array());
        }
        return new Frame(opCode, true, ByteBuffer.wrap(all.toByteArray()));
    }

    /**
     * Reads frames until a close frame, dropping the others, and doesn't answer it.
     *
     * @return what it says
     */
    public CloseStatus readClose() {
        Frame frame = readFrame();
        while (frame.opCode() != CLOSE) {
            frame = readFrame();
        }
        return frame.closeStatus();
    }

    @Override
    public void close() {
        visitor.close();
    }

    /**
     * Returns bytes that show when one is missing or out of place.
     *
     * @param length how many
     * @return the bytes, all of them ASCII
     */
    public static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) ('!' + (i * 31L + i / 89) % 90);
        }
        return bytes;
    }

    /**
     * Returns bytes as text of one char each, for comparing.
     *
     * @param bytes the bytes
     * @return the text
     */
    public static String latin1(byte[] bytes) {
        return new String(bytes, ISO_8859_1);
    }
}
