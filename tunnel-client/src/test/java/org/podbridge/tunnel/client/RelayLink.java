package org.podbridge.tunnel.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.ClientMessageCodec;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;

/** The relay's end of a WebSocket, frame by frame. Blocking. */
public final class RelayLink implements AutoCloseable {

    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;
    static final int FIN = 0x80;

    private final Socket socket;
    private final InputStream in;
    private int lastMessageFrames;

    RelayLink(Socket socket, InputStream in) {
        this.socket = socket;
        this.in = in;
    }

    @SuppressWarnings("ArrayRecordComponent") // bytes that nobody compares
    record Frame(int opCode, boolean fin, byte[] payload) {}

    Frame readFrame() {
        int first = read(1)[0] & 0xFF;
        int length = read(1)[0] & 0xFF;
        if ((length & 0x80) == 0) {
            throw new AssertionError("a client's frame must be masked");
        }
        length &= 0x7F;
        if (length == 126) {
            length = ByteBuffer.wrap(read(2)).getChar();
        } else if (length == 127) {
            length = Math.toIntExact(ByteBuffer.wrap(read(8)).getLong());
        }
        byte[] mask = read(4);
        byte[] payload = read(length);
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= mask[i & 3];
        }
        return new Frame(first & 0x0F, (first & FIN) != 0, payload);
    }

    /** Reads a close frame, and returns its code. */
    public int readClose() {
        Frame frame = readFrame();
        if (frame.opCode() != CLOSE) {
            throw new AssertionError("opcode " + frame.opCode());
        }
        return ByteBuffer.wrap(frame.payload()).getChar();
    }

    private byte[] read(int count) {
        try {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new EOFException();
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Reads a text message, in however many frames. */
    public String readText() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        lastMessageFrames = 0;
        Frame frame;
        do {
            frame = readFrame();
            int expected = lastMessageFrames == 0 ? TEXT : CONTINUATION;
            if (frame.opCode() != expected) {
                throw new AssertionError("a frame of opcode " + frame.opCode() + " instead of " + expected);
            }
            lastMessageFrames++;
            all.writeBytes(frame.payload());
        } while (!frame.fin());
        return all.toString(UTF_8);
    }

    int lastMessageFrames() {
        return lastMessageFrames;
    }

    /** Reads an answer. */
    public Answer readAnswer() {
        byte[] text = readText().getBytes(UTF_8);
        try {
            ClientMessage.Response response = (ClientMessage.Response) ClientMessageCodec.decode(text, text.length);
            ClientMessage.ResponseContent content = response.content();
            if (content == null) {
                throw new AssertionError("an answer that can't be passed on");
            }
            return new Answer(String.valueOf(response.id()), content.status(), content.fields(), content.body());
        } catch (MalformedJsonException e) {
            throw new AssertionError(e);
        }
    }

    /** What the client answered. */
    @SuppressWarnings("ArrayRecordComponent") // bytes that nobody compares
    public record Answer(String id, int status, HeaderFields fields, byte[] body) {
        /** Returns the body as text. */
        public String text() {
            return new String(body, UTF_8);
        }
    }

    /** Sends a request. */
    public RelayLink sendRequest(String id, String method, String path, HeaderFields fields, byte... body) {
        ByteBuffer message = RelayMessageCodec.encode(new RelayMessage.Request(id, method, path, fields, body));
        byte[] bytes = new byte[message.remaining()];
        message.get(bytes);
        return send(FIN | TEXT, bytes);
    }

    /** Sends a request without fields and body. */
    public RelayLink sendRequest(String id, String method, String path) {
        return sendRequest(id, method, path, HeaderFields.empty());
    }

    /** Sends a request and reads its answer. */
    Answer ask(String method, String path, HeaderFields fields, byte... body) {
        return sendRequest("7", method, path, fields, body).readAnswer();
    }

    public RelayLink sendRegistered(String name) {
        return sendText("{\"type\":\"registered\",\"name\":\"" + name + "\",\"url\":\"/tunnel/" + name
                + "/\",\"passthrough\":false}");
    }

    public RelayLink sendError(String message) {
        return sendText("{\"type\":\"error\",\"message\":\"" + message + "\"}");
    }

    /** Sends a text message in one frame. */
    public RelayLink sendText(String text) {
        return send(FIN | TEXT, text.getBytes(UTF_8));
    }

    /** Sends a text message in frames of a few bytes, wherever they cut it. */
    RelayLink sendInFrames(String text, int bytesEach) {
        byte[] all = text.getBytes(UTF_8);
        List<byte[]> parts = new ArrayList<>();
        for (int i = 0; i < all.length; i += bytesEach) {
            parts.add(Arrays.copyOfRange(all, i, Math.min(all.length, i + bytesEach)));
        }
        for (int i = 0; i < parts.size(); i++) {
            send((i == 0 ? TEXT : CONTINUATION) | (i == parts.size() - 1 ? FIN : 0), parts.get(i));
        }
        return this;
    }

    /** Sends a close frame. */
    public RelayLink sendClose(int code) {
        return send(FIN | CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
    }

    RelayLink send(int firstByte, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(10 + payload.length).put((byte) firstByte);
        if (payload.length < 126) {
            frame.put((byte) payload.length);
        } else if (payload.length < 1 << 16) {
            frame.put((byte) 126).putChar((char) payload.length);
        } else {
            frame.put((byte) 127).putLong(payload.length);
        }
        frame.put(payload).flip();
        try {
            OutputStream out = socket.getOutputStream();
            out.write(frame.array(), 0, frame.limit());
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the client has ended the connection. */
    void awaitEnd() {
        try {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (SocketException e) {
            // A reset ends it as well.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Breaks the connection off with a reset. */
    @Override
    public void close() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
