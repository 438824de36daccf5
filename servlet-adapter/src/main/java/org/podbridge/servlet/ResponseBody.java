package org.podbridge.servlet;

import static java.util.Objects.requireNonNull;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RepeatedStep;
import org.podbridge.exchange.ResponseFraming;

/**
 * The response of one request, written without blocking, by the thread that gives a piece or the container's, never by
 * two at once. A piece is complete when the container is ready for another one behind its flush.
 */
final class ResponseBody extends RepeatedStep implements WriteListener {

    /** Containers copy what the socket doesn't take at once: so not more than this. */
    private static final int MAX_WRITE_BYTES = 32 << 10;

    /** What goes to a socket together with the head. */
    private static final int SMALL_BYTES = 4 << 10;

    /** What containers have room for where their heads go. */
    private static final int MAX_TRAILER_CHARS = 7 << 10;

    private static final Set<String> OF_CONNECTIONS =
            Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

    private record Piece(ByteBuffer data, Completion completion) {}

    private final Container container;
    private final HttpServletResponse response;
    private final ContainerAccess access;
    private final Runnable onBroken;
    private final boolean http1;
    private final boolean http11;
    private final AtomicReference<@Nullable Piece> outstanding = new AtomicReference<>();
    private volatile @Nullable ResponseFraming framing;
    private volatile @Nullable ServletOutputStream out;
    private volatile Map<String, String> trailers = Map.of();
    private volatile boolean trailing;
    private volatile @Nullable Throwable broken;

    // Used only by the step under way.
    private boolean flushed;
    private boolean holdsBack;
    private boolean bare;

    /**
     * Creates the response's body.
     *
     * @param request what is answered
     * @param response where to
     * @param access to both
     * @param onBroken runs when the visitor turns out to be gone while nothing is being written
     */
    ResponseBody(HttpServletRequest request, HttpServletResponse response, ContainerAccess access, Runnable onBroken) {
        this.container = Container.of(request);
        this.response = response;
        this.access = access;
        this.onBroken = onBroken;
        this.http1 = isHttp1(request);
        this.http11 = request.getProtocol().equals("HTTP/1.1");
    }

    static boolean isHttp1(HttpServletRequest request) {
        return request.getProtocol().startsWith("HTTP/1.");
    }

    void begin(int status, ResponseFraming begun) {
        if (access.enter()) {
            try {
                response.setStatus(status);
                putFields(begun.fields(), response, http1);
            } finally {
                access.exit();
            }
        }
        framing = begun;
    }

    /**
     * Translates fields. What the container has set already, such as Server and Date, gives way.
     *
     * @param http1 whether it is a response of HTTP/1, which alone has fields of its connection (RFC 9113 section
     *     8.2.2); containers send them over HTTP/2 too, and visitors take the response for malformed
     */
    static void putFields(HeaderFields fields, HttpServletResponse response, boolean http1) {
        Set<String> put = new HashSet<>();
        fields.forEach((name, value) -> {
            String lowerCase = name.toLowerCase(Locale.ROOT);
            if (!http1 && OF_CONNECTIONS.contains(lowerCase)) {
                return;
            }
            if (put.add(lowerCase)) {
                response.setHeader(name, value);
            } else {
                response.addHeader(name, value);
            }
        });
    }

    void trailers(HeaderFields fields) {
        Map<String, String> joined = new LinkedHashMap<>();
        // The standard knows one value for each name.
        fields.forEach((name, value) -> joined.merge(name.toLowerCase(Locale.ROOT), value, (a, b) -> a + ", " + b));
        trailers = joined;
    }

    /** Writes a piece. Its completion is told by nobody else but this and {@link #cancel}. */
    void write(ByteBuffer content, boolean last, Completion completion) {
        ResponseFraming begun = requireNonNull(framing);
        try {
            if (out == null) {
                prepareFraming(begun, content.remaining(), last);
            }
            if (last && trailing) {
                checkTrailers();
            }
        } catch (IOException e) {
            completion.failed(e);
            return;
        }
        flushed = false;
        // Over HTTP/2, Tomcat ends the response to HEAD before its head has left, once there is a listener.
        bare = container == Container.TOMCAT && !begun.hasContent() && !http1;
        boolean fits = out == null && content.remaining() <= SMALL_BYTES;
        holdsBack = container == Container.TOMCAT && !fits && content.remaining() > 1 && endsLength(begun, last);
        if (!outstanding.compareAndSet(null, new Piece(content, completion))) {
            throw new IllegalStateException("a write is outstanding");
        }
        next();
    }

    private boolean endsLength(ResponseFraming begun, boolean last) {
        boolean known = begun.length() != ResponseFraming.UNKNOWN;
        return known ? begun.isComplete() : last && out == null && !trailing;
    }

    /** Trailers fail only when the container ends the response, of which nobody is told. */
    private void checkTrailers() throws IOException {
        int size = 0;
        for (Map.Entry<String, String> field : trailers.entrySet()) {
            size += field.getKey().length() + field.getValue().length() + 4;
        }
        if (size > MAX_TRAILER_CHARS) {
            throw new IOException("trailers: " + size + " bytes (expected: at most " + MAX_TRAILER_CHARS + ")");
        }
    }

    /** Fails the outstanding write, if there is one. */
    void cancel(Throwable cause) {
        broken = cause;
        Piece piece = outstanding.getAndSet(null);
        if (piece != null) {
            piece.completion().failed(cause);
        }
    }

    /**
     * Asks for chunks where a container may let the content end with the connection, as some do when the visitor has
     * asked them to close it: a response broken off would look complete.
     */
    private void prepareFraming(ResponseFraming begun, int bytes, boolean last) throws IOException {
        if (!access.enter()) {
            throw new IOException("the exchange is over");
        }
        try {
            setFraming(begun, bytes, last);
        } finally {
            access.exit();
        }
    }

    private void setFraming(ResponseFraming begun, int bytes, boolean last) {
        boolean unknown = begun.length() == ResponseFraming.UNKNOWN && begun.hasContent();
        if (response.containsHeader("trailer") && (http1 ? http11 && unknown : begun.hasContent())) {
            trailing = true;
            response.setTrailerFields(() -> trailers);
        } else if (unknown && last) {
            response.setContentLengthLong(bytes);
        }
        if (unknown && http11 && (trailing || !last) && container != Container.TOMCAT) {
            response.setHeader("transfer-encoding", "chunked");
        }
    }

    @Override
    public void onWritePossible() {
        next();
    }

    @Override
    public void onError(Throwable cause) {
        broken = cause;
        next();
        onBroken.run();
    }

    @Override
    protected void step() {
        Piece piece = outstanding.get();
        if (piece == null) {
            return;
        }
        Throwable cause = broken;
        if (cause == null) {
            if (!access.enter()) {
                return; // who has ended the exchange tells of it
            }
            try {
                if (!isTaken(piece.data())) {
                    return;
                }
            } catch (IOException | RuntimeException e) {
                cause = e;
                broken = e;
            } finally {
                access.exit();
            }
        }
        if (outstanding.compareAndSet(piece, null)) {
            if (cause == null) {
                piece.completion().succeeded();
            } else {
                piece.completion().failed(cause);
            }
        }
    }

    /** Writes as much as the container takes, and tells whether that is all, flushed. */
    private boolean isTaken(ByteBuffer data) throws IOException {
        ServletOutputStream output = out;
        if (output == null && bare) {
            response.flushBuffer();
            return true;
        }
        if (output == null) {
            output = response.getOutputStream();
            out = output;
            output.setWriteListener(this);
        }
        while (output.isReady()) {
            if (data.remaining() > (holdsBack ? 1 : 0)) {
                writeSome(output, data, data.remaining() - (holdsBack ? 1 : 0));
            } else if (!flushed) {
                flushed = true;
                output.flush();
            } else if (holdsBack) {
                // With the last byte of a length Tomcat ends the response, and blocks until the visitor has taken it.
                holdsBack = false;
                writeSome(output, data, 1);
            } else {
                return true;
            }
        }
        return false;
    }

    /**
     * The container may hold on to the array until it is ready again: then it is the piece's own, or one of its own.
     */
    private static void writeSome(ServletOutputStream output, ByteBuffer data, int most) throws IOException {
        int count = Math.min(most, MAX_WRITE_BYTES);
        if (data.hasArray()) {
            int offset = data.arrayOffset() + data.position();
            data.position(data.position() + count);
            output.write(data.array(), offset, count);
        } else {
            byte[] copy = new byte[count];
            data.get(copy);
            output.write(copy, 0, count);
        }
    }
}
