package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import org.podbridge.exchange.HeaderFields;

/**
 * A visitor that writes and reads bytes on a socket, so that a test decides about each of them. Blocking, with a limit
 * that only a hanging test reaches. One thread may read while another writes.
 */
public final class RawVisitor implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private boolean withinChunks;
    private HeaderFields trailers = HeaderFields.empty();

    private RawVisitor(Socket socket) throws IOException {
        this.socket = socket;
        socket.setSoTimeout((int) Waiting.LIMIT.toMillis());
        socket.setTcpNoDelay(true);
        this.in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        this.out = socket.getOutputStream();
    }

    /**
     * A response as it came over the wire.
     *
     * @param status the status code
     * @param fields the fields, in order
     * @param body the content, decoded from chunks, one char a byte
     */
    public record Response(int status, HeaderFields fields, String body) {}

    /**
     * Connects.
     *
     * @param server where to
     * @return the connected visitor
     */
    public static RawVisitor connect(URI server) {
        try {
            return over(new Socket(InetAddress.getByName(server.getHost()), server.getPort()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns a visitor on a socket that is connected already, such as one with TLS.
     *
     * @param socket the socket, which the visitor owns
     * @return the visitor
     */
    public static RawVisitor over(Socket socket) {
        try {
            return new RawVisitor(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sends bytes on a connection of its own, and reads what comes until the server ends or resets it.
     *
     * @param server where to
     * @param bytes what to send, one byte a char
     * @return all that came, one char a byte
     */
    static String converse(URI server, String bytes) {
        try (RawVisitor visitor = connect(server)) {
            untilReset(() -> visitor.send(bytes));
            return visitor.readAll();
        }
    }

    /** Reads what comes until the server ends the connection, one char a byte. */
    String readAll() {
        StringBuilder came = new StringBuilder();
        untilReset(() -> {
            for (int b = read(); b >= 0; b = read()) {
                came.append((char) b);
            }
        });
        return came.toString();
    }

    /** Reads until a text has come, and no further. */
    String readUntil(String text) {
        StringBuilder came = new StringBuilder();
        while (came.indexOf(text) < 0) {
            came.append((char) (read(1)[0] & 0xff));
        }
        return came.toString();
    }

    /** Does something that a reset may end. */
    static void untilReset(Runnable step) {
        try {
            step.run();
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof SocketException)) {
                throw e; // the server hangs
            }
        }
    }

    /**
     * Sends text.
     *
     * @param text one byte a char
     * @return this visitor
     */
    public RawVisitor send(String text) {
        return send(text.getBytes(ISO_8859_1));
    }

    /**
     * Sends bytes.
     *
     * @param bytes the bytes
     * @return this visitor
     */
    public RawVisitor send(byte[] bytes) {
        try {
            out.write(bytes);
            out.flush();
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Sends zero bytes without end, on a thread of its own, for seeing whether the server stops to take them.
     *
     * @param limit how many at most
     * @return the flood
     */
    public Flood flood(long limit) {
        return new Flood(this, limit);
    }

    /**
     * Reads one byte.
     *
     * @return the byte, or -1 if the server has shut down its output
     * @throws UncheckedIOException if the connection was reset, or nothing comes
     */
    public int read() {
        try {
            return in.read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads bytes.
     *
     * @param count how many
     * @return as many
     * @throws UncheckedIOException if fewer come
     */
    public byte[] read(int count) {
        try {
            byte[] bytes = in.readNBytes(count);
            if (bytes.length < count) {
                throw new EOFException(bytes.length + " bytes of " + count);
            }
            return bytes;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String readLine() {
        StringBuilder line = new StringBuilder();
        for (int b = read(); b != '\n'; b = read()) {
            if (b < 0) {
                throw new UncheckedIOException(new EOFException("end within a line: " + line));
            }
            line.append((char) b);
        }
        return line.toString().stripTrailing();
    }

    /**
     * Reads a response's head and leaves its content. Interim responses come as responses of their own.
     *
     * @return the head, with an empty body
     */
    public Response readHead() {
        String[] statusLine = readLine().split(" ", 3);
        return new Response(Integer.parseInt(statusLine[1]), readFields(), "");
    }

    private HeaderFields readFields() {
        HeaderFields.Builder fields = HeaderFields.builder();
        for (String line = readLine(); !line.isEmpty(); line = readLine()) {
            int colon = line.indexOf(':');
            fields.add(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        return fields.build();
    }

    /**
     * Reads a response to any request but HEAD.
     *
     * @return the response
     * @throws UncheckedIOException if it ends early
     */
    public Response readResponse() {
        return readResponse("GET");
    }

    /**
     * Reads a response.
     *
     * @param method what was asked with
     * @return the response
     * @throws UncheckedIOException if it ends early
     */
    public Response readResponse(String method) {
        Response head = readHead();
        int status = head.status();
        if (method.equals("HEAD") || status < 200 || status == 204 || status == 304) {
            return head;
        }
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        if (head.fields().first("transfer-encoding").orElse("").equalsIgnoreCase("chunked")) {
            for (byte[] chunk = readChunk(); chunk.length > 0; chunk = readChunk()) {
                body.writeBytes(chunk);
            }
        } else if (head.fields().contains("content-length")) {
            body.writeBytes(
                    read(Integer.parseInt(head.fields().first("content-length").orElseThrow())));
        } else {
            for (int b = read(); b >= 0; b = read()) {
                body.write(b);
            }
        }
        return new Response(status, head.fields(), body.toString(ISO_8859_1));
    }

    /**
     * Reads one chunk of a chunked content.
     *
     * @return its bytes, none for the last chunk, behind which the trailers were read
     */
    public byte[] readChunk() {
        if (withinChunks) {
            readLine(); // the end of the chunk before, which a server may send with the next
        }
        int size = Integer.parseInt(readLine().split(";", 2)[0].strip(), 16);
        withinChunks = size > 0;
        if (!withinChunks) {
            trailers = readFields();
        }
        return read(size);
    }

    /**
     * Returns the trailers that came behind the last chunk read.
     *
     * @return the trailers of the latest chunked content
     */
    public HeaderFields trailers() {
        return trailers;
    }

    /**
     * Waits until the server has ended the connection, and drops what it still sends.
     *
     * @throws UncheckedIOException if it doesn't
     */
    public void awaitEnd() {
        try {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (SocketException e) {
            // A reset ends it as well.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Shuts the output down, and goes on to read. */
    public void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the connection with a reset. */
    public void reset() {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
