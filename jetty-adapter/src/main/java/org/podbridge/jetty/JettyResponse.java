package org.podbridge.jetty;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingNestedCallback;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.ResponseFraming;

/**
 * The response of one request, with the framing that lets a visitor tell whether it is complete. Its methods come
 * serially, in the order of an {@link org.podbridge.exchange.Exchange}.
 */
final class JettyResponse {

    /** The JDK copies what is left of a buffer on the heap with each write to the socket: so not more than this. */
    static final int MAX_WRITE_BYTES = 256 << 10;

    private final Request request;
    private final Response response;
    private volatile @Nullable ResponseFraming framing;
    private volatile boolean written;
    private volatile HttpFields trailers = HttpFields.EMPTY;

    JettyResponse(Request request, Response response) {
        this.request = request;
        this.response = response;
    }

    boolean isWritten() {
        return written;
    }

    void begin(int status, ResponseFraming promised) {
        framing = promised;
        response.setStatus(status);
        putFields(promised.fields(), response);
    }

    /**
     * Translates fields. What Jetty has set already, Server and Date, gives way: it can be overwritten, not removed.
     */
    static void putFields(HeaderFields fields, Response response) {
        HttpFields.Mutable translated = response.getHeaders();
        Set<String> preset = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        translated.forEach(field -> preset.add(field.getName()));
        fields.forEach((name, value) -> {
            if (preset.remove(name)) {
                translated.put(name, value);
            } else {
                translated.add(name, value);
            }
        });
    }

    void trailers(HeaderFields fields) {
        HttpFields.Mutable translated = HttpFields.build();
        fields.forEach(translated::add);
        trailers = translated.asImmutable();
    }

    /** Writes a piece. Where there must be no content, it is empty, and the last. */
    void write(ByteBuffer data, boolean last, Callback done) {
        ResponseFraming promised = requireNonNull(framing);
        if (!promised.hasContent()) {
            writeHeadOnly(done);
            return;
        }
        prepareFraming(promised.length() == ResponseFraming.UNKNOWN, data, last);
        if (data.remaining() <= MAX_WRITE_BYTES) {
            response.write(last, data, done);
        } else {
            new Pieces(data, last, done).iterate();
        }
    }

    /**
     * Asks for chunks where Jetty would let the content end with the connection, as it does when the visitor has asked
     * it to close: a response broken off would look complete.
     */
    private void prepareFraming(boolean unknown, ByteBuffer data, boolean last) {
        if (written) {
            return;
        }
        written = true;
        HttpVersion version = request.getConnectionMetaData().getHttpVersion();
        HttpFields.Mutable fields = response.getHeaders();
        boolean trailing = fields.contains(HttpHeader.TRAILER)
                && (version.getVersion() >= 20 || (version == HttpVersion.HTTP_1_1 && unknown));
        if (trailing) {
            response.setTrailersSupplier(() -> trailers); // makes chunks of HTTP/1.1
        } else if (unknown && !last && version == HttpVersion.HTTP_1_1) {
            fields.put(HttpHeader.TRANSFER_ENCODING, HttpHeaderValue.CHUNKED.asString());
        } else if (unknown && last && data.remaining() > MAX_WRITE_BYTES) {
            fields.put(HttpHeader.CONTENT_LENGTH, data.remaining()); // Jetty knows it only of a single write
        }
    }

    /**
     * Writes a head alone, in two steps if one would make Jetty add a length of zero that means something else here.
     */
    private void writeHeadOnly(Callback done) {
        boolean leftOut = response.getStatus() == HttpStatus.NO_CONTENT_204
                && request.getConnectionMetaData().getHttpVersion().getVersion() < 20;
        if (leftOut || response.getHeaders().contains(HttpHeader.CONTENT_LENGTH)) {
            response.write(true, BufferUtil.EMPTY_BUFFER, done);
        } else {
            response.write(
                    false,
                    BufferUtil.EMPTY_BUFFER,
                    Callback.from(
                            Callback.InvocationType.NON_BLOCKING,
                            () -> response.write(true, BufferUtil.EMPTY_BUFFER, done),
                            done::failed));
        }
    }

    /** Writes a large buffer piece by piece. */
    private final class Pieces extends IteratingNestedCallback {

        private final ByteBuffer data;
        private final boolean last;

        Pieces(ByteBuffer data, boolean last, Callback done) {
            super(done);
            this.data = data;
            this.last = last;
        }

        @Override
        protected Action process() {
            if (!data.hasRemaining()) {
                return Action.SUCCEEDED;
            }
            ByteBuffer piece = data.slice(data.position(), Math.min(data.remaining(), MAX_WRITE_BYTES));
            data.position(data.position() + piece.remaining());
            response.write(last && !data.hasRemaining(), piece, this);
            return Action.SCHEDULED;
        }
    }
}
