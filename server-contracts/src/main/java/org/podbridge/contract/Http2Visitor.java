package org.podbridge.contract;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.eclipse.jetty.http2.hpack.HpackException;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.testkit.RawVisitor;

/**
 * A visitor that speaks HTTP/2 from the start and writes down frames and fields as a test wants them: well, or as no
 * browser would. Reads only while a test waits for something. Not thread-safe, except that another thread may wait for
 * the end of the connection.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9113">RFC 9113</a>
 */
public final class Http2Visitor implements AutoCloseable {

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int CONTINUATION = 9;
    private static final int END_STREAM = 1;
    private static final int ACK = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int PRIORITY = 32;
    private static final int HEADER_TABLE_SIZE = 1;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int CANCEL = 8;
    private static final int INITIAL_WINDOW = 65_535;
    private static final int MAX_FRAME = 16_384;

    /** With their index in HPACK's static table. */
    private static final Map<String, Integer> KNOWN_NAMES =
            Map.of(":authority", 1, ":method", 2, ":path", 4, ":scheme", 6);

    private final RawVisitor socket;
    private final HpackDecoder decoder = new HpackDecoder(64 << 10, System::nanoTime);
    private final Map<Integer, Incoming> streams = new HashMap<>();
    private final ByteArrayOutputStream block = new ByteArrayOutputStream();
    private int initialWindow = INITIAL_WINDOW;
    private long window = INITIAL_WINDOW;
    private int owed;
    private int nextStream = 1;
    private boolean gone;
    private boolean blockEndsStream;

    private Http2Visitor(RawVisitor socket) {
        this.socket = socket;
        socket.send(PREFACE);
        // No dynamic table: what is decoded doesn't depend on heads that a test has skipped.
        sendFrame(SETTINGS, 0, 0, setting(HEADER_TABLE_SIZE, 0));
    }

    /** How a response ended. */
    public enum End {
        /** All of it came. */
        WHOLE,
        /** Its stream was reset. */
        RESET,
        /** The connection ended. */
        GONE
    }

    /**
     * What came on a stream.
     *
     * @param status the final status, 0 if none came
     * @param interim the statuses and fields of interim responses, in order
     * @param fields the fields
     * @param body the content, one char a byte
     * @param trailers the trailers
     * @param end how it ended
     */
    public record Answer(int status, String interim, HeaderFields fields, String body, HeaderFields trailers, End end) {
        /** Tells whether the server refused the request: with a status for it, or by ending stream or connection. */
        boolean isRefusal() {
            return end == End.WHOLE ? status >= 400 : status == 0;
        }
    }

    /** What has come on a stream so far. */
    private static final class Incoming {
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private String interim = "";
        private int status;
        private HeaderFields fields = HeaderFields.empty();
        private HeaderFields trailers = HeaderFields.empty();
        private End end = End.GONE;
        private boolean ended;
        private long window;
        private boolean withholds;
        private boolean unwanted;
        private int owed;

        private Incoming(long window) {
            this.window = window;
        }

        private void end(End how) {
            if (!ended) {
                ended = true;
                end = how;
            }
        }

        private Answer answer() {
            return new Answer(status, interim, fields, body.toString(ISO_8859_1), trailers, end);
        }
    }

    /**
     * Connects.
     *
     * @param server where to
     * @return the connected visitor
     */
    public static Http2Visitor connect(URI server) {
        return new Http2Visitor(RawVisitor.connect(server));
    }

    /**
     * Connects over TLS, where server and visitor agree on HTTP/2 (ALPN).
     *
     * @param server where to
     * @param tls whose certificates are trusted
     * @return the connected visitor
     * @throws IOException if it can't be connected, or the server wants no HTTP/2
     */
    public static Http2Visitor connect(URI server, SSLContext tls) throws IOException {
        SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(server.getHost(), server.getPort());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        if (!socket.getApplicationProtocol().equals("h2")) {
            socket.close();
            throw new IOException("the server wants no HTTP/2");
        }
        return new Http2Visitor(RawVisitor.over(socket));
    }

    // What the visitor says

    /**
     * Begins a request with fields as they are: literally, without index, and without Huffman coding.
     *
     * @param last whether there is no content
     * @param namesAndValues the fields, pseudo-fields among them, of at most 16 KiB
     * @return the stream
     */
    public int ask(boolean last, String... namesAndValues) {
        int stream = nextStream;
        nextStream += 2;
        streams.put(stream, new Incoming(initialWindow));
        sendFrame(HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream, encode(namesAndValues));
        return stream;
    }

    /**
     * Begins an ordinary request.
     *
     * @param method the method
     * @param path the path
     * @param last whether there is no content
     * @param more further fields
     * @return the stream
     */
    public int ask(String method, String path, boolean last, String... more) {
        String[] head = {":method", method, ":scheme", "http", ":authority", "pod.example", ":path", path};
        String[] all = new String[head.length + more.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(more, 0, all, head.length, more.length);
        return ask(last, all);
    }

    /**
     * Sends trailers, and ends the request.
     *
     * @param stream the stream
     * @param namesAndValues the trailers, as they are
     */
    public void trailers(int stream, String... namesAndValues) {
        sendFrame(HEADERS, END_HEADERS | END_STREAM, stream, encode(namesAndValues));
    }

    /**
     * Sends content as far as the server gives credit for it, and reads what comes meanwhile.
     *
     * @param stream the stream
     * @param content the bytes, one a char
     * @param last whether the request ends with it
     * @return whether all was sent; it isn't where the server has had enough
     */
    public boolean send(int stream, String content, boolean last) {
        byte[] bytes = content.getBytes(ISO_8859_1);
        Incoming answer = incoming(stream);
        int sent = 0;
        do {
            while (sent < bytes.length && Math.min(window, answer.window) <= 0 && !isOver(answer)) {
                readFrame();
            }
            int count = (int) Math.min(Math.min(window, answer.window), Math.min(MAX_FRAME, bytes.length - sent));
            if (gone || answer.unwanted || (count <= 0 && sent < bytes.length)) {
                return false;
            }
            byte[] piece = new byte[count];
            System.arraycopy(bytes, sent, piece, 0, count);
            sent += count;
            window -= count;
            answer.window -= count;
            sendFrame(DATA, last && sent == bytes.length ? END_STREAM : 0, stream, piece);
        } while (sent < bytes.length);
        return true;
    }

    /**
     * Takes a request back.
     *
     * @param stream the stream
     */
    public void reset(int stream) {
        sendFrame(RST_STREAM, 0, stream, number(CANCEL));
    }

    /**
     * Gives no more credit for content that comes on a stream; the connection still gets its own.
     *
     * @param stream the stream
     */
    public void withholdCredit(int stream) {
        incoming(stream).withholds = true;
    }

    /**
     * Gives the credit that was withheld, and goes on to.
     *
     * @param stream the stream
     */
    public void giveCredit(int stream) {
        Incoming answer = incoming(stream);
        answer.withholds = false;
        sendFrame(WINDOW_UPDATE, 0, stream, number(answer.owed));
        answer.owed = 0;
    }

    /** Says that nothing more is to come. */
    public void shutdownOutput() {
        socket.shutdownOutput();
    }

    private boolean isOver(Incoming answer) {
        return gone || answer.ended;
    }

    private static byte[] encode(String... namesAndValues) {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            int known = KNOWN_NAMES.getOrDefault(namesAndValues[i], 0);
            encoded.write(known); // servers may know pseudo-fields by their index alone
            if (known == 0) {
                encode(namesAndValues[i], encoded);
            }
            encode(namesAndValues[i + 1], encoded);
        }
        return encoded.toByteArray();
    }

    private static void encode(String string, ByteArrayOutputStream to) {
        byte[] bytes = string.getBytes(ISO_8859_1);
        to.write(Math.min(bytes.length, 127));
        for (int rest = bytes.length - 127; rest >= 0; rest = rest < 128 ? -1 : rest >> 7) {
            to.write(rest < 128 ? rest : (rest & 127) | 128);
        }
        to.writeBytes(bytes);
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private static byte[] setting(int name, int value) {
        return ByteBuffer.allocate(6).putShort((short) name).putInt(value).array();
    }

    private void sendFrame(int type, int flags, int stream, byte[] payload) {
        socket.send(ByteBuffer.allocate(9 + payload.length)
                .put((byte) (payload.length >> 16))
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array());
    }

    // What the server says

    /**
     * Waits until a response or its stream or the connection has ended, and gives credit for what comes.
     *
     * @param stream the stream
     * @return what came
     */
    public Answer await(int stream) {
        Incoming answer = incoming(stream);
        while (!isOver(answer)) {
            readFrame();
        }
        return answer.answer();
    }

    /**
     * Waits until a response has begun and some of its content has come, or its end.
     *
     * @param stream the stream
     * @param bytes how much content at least
     * @return what has come so far, with an end that means nothing unless it has ended
     */
    public Answer awaitSome(int stream, int bytes) {
        Incoming answer = incoming(stream);
        while (!isOver(answer) && (answer.status == 0 || answer.body.size() < bytes)) {
            readFrame();
        }
        return answer.answer();
    }

    /** Drops what comes until the server has ended the connection. */
    public void awaitEnd() {
        socket.awaitEnd();
    }

    /**
     * Waits until an interim response, or the response, has come.
     *
     * @param stream the stream
     * @return what has come so far, as of {@link #awaitSome}
     */
    public Answer awaitInterim(int stream) {
        Incoming answer = incoming(stream);
        while (!isOver(answer) && answer.status == 0 && answer.interim.isEmpty()) {
            readFrame();
        }
        return answer.answer();
    }

    private Incoming incoming(int stream) {
        Incoming answer = streams.get(stream);
        if (answer == null) {
            throw new IllegalArgumentException("stream " + stream + " was not asked on");
        }
        return answer;
    }

    private void readFrame() {
        try {
            ByteBuffer header = ByteBuffer.wrap(socket.read(9));
            int length = (header.get() & 0xFF) << 16 | (header.getShort() & 0xFFFF);
            int type = header.get();
            int flags = header.get();
            int stream = header.getInt() & 0x7FFFFFFF;
            heard(type, flags, stream, ByteBuffer.wrap(socket.read(length)));
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof EOFException || e.getCause() instanceof SocketException)) {
                throw e; // the server hangs
            }
            gone = true;
        }
    }

    private void heard(int type, int flags, int stream, ByteBuffer payload) {
        Incoming incoming = streams.get(stream);
        switch (type) {
            case DATA -> {
                giveCredit(stream, incoming, payload.remaining(), (flags & END_STREAM) == 0);
                ByteBuffer content = unpad(payload, flags);
                if (incoming != null) {
                    incoming.body.writeBytes(bytes(content));
                    if ((flags & END_STREAM) != 0) {
                        incoming.end(End.WHOLE);
                    }
                }
            }
            case HEADERS -> {
                ByteBuffer fields = unpad(payload, flags);
                fields.position(fields.position() + ((flags & PRIORITY) != 0 ? 5 : 0));
                block.reset();
                blockEndsStream = (flags & END_STREAM) != 0;
                heardFields(fields, flags, incoming);
            }
            case CONTINUATION -> heardFields(payload, flags, incoming);
            case RST_STREAM -> {
                if (incoming != null) {
                    incoming.unwanted = true;
                    incoming.end(End.RESET);
                }
            }
            case SETTINGS -> heardSettings(flags, payload);
            case PING -> {
                if ((flags & ACK) == 0) {
                    reply(PING, bytes(payload));
                }
            }
            case GOAWAY -> {
                int lastStream = payload.getInt() & 0x7FFFFFFF;
                boolean failed = payload.getInt() != 0;
                streams.forEach((id, other) -> {
                    if (failed || id > lastStream) {
                        other.end(End.GONE);
                    }
                });
            }
            case WINDOW_UPDATE -> {
                if (stream == 0) {
                    window += payload.getInt();
                } else if (incoming != null) {
                    incoming.window += payload.getInt();
                }
            }
            default -> {
                // Whatever it is, it may be ignored.
            }
        }
    }

    private void heardSettings(int flags, ByteBuffer payload) {
        if ((flags & ACK) != 0) {
            return;
        }
        while (payload.hasRemaining()) {
            int name = payload.getShort();
            int value = payload.getInt();
            if (name == INITIAL_WINDOW_SIZE) {
                int change = value - initialWindow;
                streams.values().forEach(other -> other.window += change);
                initialWindow = value;
            }
        }
        reply(SETTINGS, new byte[0]);
    }

    private void heardFields(ByteBuffer fields, int flags, @Nullable Incoming incoming) {
        block.writeBytes(bytes(fields));
        if ((flags & END_HEADERS) == 0) {
            return;
        }
        MetaData head;
        try {
            head = decoder.decode(ByteBuffer.wrap(block.toByteArray()));
        } catch (HpackException e) {
            throw new AssertionError("a head that can't be read", e);
        }
        if (incoming == null) {
            return;
        }
        HeaderFields.Builder decoded = HeaderFields.builder();
        head.getHttpFields()
                .forEach(field -> decoded.add(field.getName(), field.getValue() == null ? "" : field.getValue()));
        if (!(head instanceof MetaData.Response response)) {
            incoming.trailers = decoded.build();
        } else if (response.getStatus() < 200) {
            incoming.interim += response.getStatus() + " ";
            decoded.build().forEach((name, value) -> incoming.interim += name + ": " + value + " ");
        } else {
            incoming.status = response.getStatus();
            incoming.fields = decoded.build();
        }
        if (blockEndsStream) {
            incoming.end(End.WHOLE);
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    private static ByteBuffer unpad(ByteBuffer payload, int flags) {
        if ((flags & PADDED) != 0) {
            int padding = payload.get() & 0xFF;
            payload.limit(payload.limit() - padding);
        }
        return payload;
    }

    /** Credit for half a window at a time, as browsers do: servers take many small ones for a flood. */
    private void giveCredit(int stream, @Nullable Incoming incoming, int bytes, boolean goesOn) {
        owed += bytes;
        if (owed >= INITIAL_WINDOW / 2) {
            reply(WINDOW_UPDATE, 0, 0, number(owed));
            owed = 0;
        }
        if (incoming != null) {
            incoming.owed += bytes;
            if (goesOn && !incoming.withholds && incoming.owed >= INITIAL_WINDOW / 2) {
                reply(WINDOW_UPDATE, 0, stream, number(incoming.owed));
                incoming.owed = 0;
            }
        }
    }

    private void reply(int type, byte[] payload) {
        reply(type, ACK, 0, payload);
    }

    /** The server may have ended the connection, which is seen when the next frame is read. */
    private void reply(int type, int flags, int stream, byte[] payload) {
        try {
            sendFrame(type, flags, stream, payload);
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof SocketException)) {
                throw e;
            }
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
