package org.podbridge.contract.load;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.FutureCallback;

/**
 * The pages of the {@link StreamingService}. A page with a {@code gate} goes on one step each time that
 * {@code /next?gate=} names it. Contents are {@link KnownBytes}.
 *
 * <pre>
 * /bytes?size=[&amp;chunked]            so many bytes
 * /ranges?size=                     so many bytes, or the one range that is asked for
 * /until-close?size=                so many bytes that only the end of the connection ends
 * /sink                             reads all and answers "count checksum"
 * /slow-upload?gate=                the same, 1 MiB a step
 * /echo                             sends back what it reads, as it comes
 * /refuse                           answers 403 without having read anything
 * /events?count=[&amp;every=ms|&amp;gate=]  Server-Sent Events: number and time, in microseconds since 1970
 * /stall?gate=                      the first 1,000 bytes of 1,001, the last one with the next step
 * /hints                            an interim response 103, and then another one
 * /trailers                         chunks and trailers
 * /request-trailers                 reads all and answers with the trailers that came, behind those that were announced
 * /break?after=[&amp;chunked]           so many bytes of more, and the end of the connection
 * /broken                           how many requests could not be read, or responses written, to their end
 * /small                            "ok"
 * /field?name=                      what the request says in this field
 * </pre>
 */
final class StreamingPages extends Handler.Abstract {

    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");
    private static final int STEP_BYTES = 1 << 20;
    private static final int STALLED_BYTES = 1_000;

    private final Map<String, Semaphore> gates = new ConcurrentHashMap<>();
    private final AtomicInteger broken = new AtomicInteger();

    private record Visit(Request request, Response response, Fields query) {

        long number(String name) {
            return Long.parseLong(text(name));
        }

        String text(String name) {
            return Objects.requireNonNull(query.getValue(name), name);
        }

        boolean has(String name) {
            return query.get(name) != null;
        }

        void header(HttpHeader name, String value) {
            response.getHeaders().put(name, value);
        }

        void length(long bytes) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes);
        }

        void write(ByteBuffer bytes, boolean last) throws IOException {
            Content.Sink.write(response, last, bytes);
        }

        void text(int status, String text) throws IOException {
            response.setStatus(status);
            header(HttpHeader.CONTENT_TYPE, "text/plain");
            write(ByteBuffer.wrap(text.getBytes(UTF_8)), true);
        }

        void bytes(long from, long to) throws IOException {
            for (long offset = from; offset < to; offset += KnownBytes.MAX_PIECE) {
                write(KnownBytes.piece(offset, (int) Math.min(KnownBytes.MAX_PIECE, to - offset)), false);
            }
        }

        EndPoint endPoint() {
            return request.getConnectionMetaData().getConnection().getEndPoint();
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        Visit visit = new Visit(request, response, Request.extractQueryParameters(request));
        try {
            serve(visit);
            callback.succeeded();
        } catch (IOException e) {
            broken.incrementAndGet();
            callback.failed(e);
        }
        return true;
    }

    private void serve(Visit visit) throws Exception {
        switch (visit.request().getHttpURI().getCanonicalPath()) {
            case "/bytes" -> bytes(visit);
            case "/ranges" -> ranges(visit);
            case "/until-close" -> untilClose(visit);
            case "/sink" -> sink(visit, Long.MAX_VALUE);
            case "/slow-upload" -> sink(visit, STEP_BYTES);
            case "/echo" -> echo(visit);
            case "/refuse" -> visit.text(403, "not wanted");
            case "/events" -> events(visit);
            case "/stall" -> stall(visit);
            case "/hints" -> hints(visit);
            case "/trailers" -> trailers(visit);
            case "/request-trailers" -> requestTrailers(visit);
            case "/break" -> breakOff(visit);
            case "/broken" -> visit.text(200, Integer.toString(broken.get()));
            case "/next" -> next(visit);
            case "/small" -> visit.text(200, "ok");
            case "/field" ->
                visit.text(
                        200,
                        visit.request()
                                .getHeaders()
                                .getValuesList(visit.text("name"))
                                .toString());
            default -> visit.text(404, "there is nothing here");
        }
    }

    private Semaphore gate(Visit visit) {
        return gates.computeIfAbsent(visit.text("gate"), name -> new Semaphore(0));
    }

    private void next(Visit visit) throws IOException {
        gate(visit).release();
        visit.text(200, "on it goes");
    }

    private void awaitStep(Visit visit) throws IOException, InterruptedException {
        if (!gate(visit).tryAcquire(60, TimeUnit.SECONDS)) {
            throw new IOException("nobody said that it goes on");
        }
    }

    private static void bytes(Visit visit) throws IOException {
        long size = visit.number("size");
        if (!visit.has("chunked")) {
            visit.length(size);
        }
        visit.header(HttpHeader.CONTENT_TYPE, "application/octet-stream");
        if (!visit.request().getMethod().equals("HEAD")) {
            visit.bytes(0, size);
        }
    }

    private static void ranges(Visit visit) throws IOException {
        long size = visit.number("size");
        String asked = Objects.requireNonNullElse(visit.request().getHeaders().get(HttpHeader.RANGE), "");
        Matcher range = RANGE.matcher(asked);
        long from = range.matches() ? Long.parseLong(range.group(1)) : 0;
        long to = range.matches() ? Math.min(size, Long.parseLong(range.group(2)) + 1) : size;
        visit.header(HttpHeader.ACCEPT_RANGES, "bytes");
        if (from >= size) {
            visit.header(HttpHeader.CONTENT_RANGE, "bytes */" + size);
            visit.text(416, "no such range");
            return;
        }
        if (range.matches()) {
            visit.response().setStatus(206);
            visit.header(HttpHeader.CONTENT_RANGE, "bytes " + from + "-" + (to - 1) + "/" + size);
        }
        visit.length(to - from);
        visit.bytes(from, to);
    }

    /** Jetty would use chunks, so this writes its own response. */
    private static void untilClose(Visit visit) throws Exception {
        EndPoint endPoint = visit.endPoint();
        int size = (int) visit.number("size");
        FutureCallback written = new FutureCallback();
        ByteBuffer head = ByteBuffer.wrap("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
        endPoint.write(written, head, KnownBytes.piece(0, size));
        written.get(60, TimeUnit.SECONDS);
        endPoint.close();
        throw new IOException("answered behind Jetty's back");
    }

    private void sink(Visit visit, long step) throws IOException, InterruptedException {
        CRC32C checksum = new CRC32C();
        long count = 0;
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Content.Source.asInputStream(visit.request())) {
            long allowed = step == Long.MAX_VALUE ? step : 0;
            while (true) {
                if (count == allowed) {
                    awaitStep(visit);
                    allowed += step;
                }
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, allowed - count));
                if (read < 0) {
                    break;
                }
                checksum.update(buffer, 0, read);
                count += read;
            }
        }
        visit.text(200, count + " " + checksum.getValue());
    }

    private static void echo(Visit visit) throws IOException {
        long length = visit.request().getLength();
        if (length >= 0) {
            visit.length(length);
        }
        byte[] buffer = new byte[1 << 16];
        try (InputStream in = Content.Source.asInputStream(visit.request())) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                visit.write(ByteBuffer.wrap(buffer, 0, read), false);
            }
        }
    }

    private void events(Visit visit) throws Exception {
        visit.header(HttpHeader.CONTENT_TYPE, "text/event-stream");
        FutureCallback begun = new FutureCallback();
        visit.response().write(false, ByteBuffer.allocate(0), begun); // the head alone
        begun.get(60, TimeUnit.SECONDS);
        for (int i = 0; i < visit.number("count"); i++) {
            if (visit.has("gate")) {
                awaitStep(visit);
            } else {
                TimeUnit.MILLISECONDS.sleep(visit.number("every"));
            }
            String event = "data: " + i + " " + ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now()) + "\n\n";
            visit.write(ByteBuffer.wrap(event.getBytes(US_ASCII)), false);
        }
    }

    private void stall(Visit visit) throws IOException, InterruptedException {
        visit.length(STALLED_BYTES + 1);
        visit.bytes(0, STALLED_BYTES);
        awaitStep(visit);
        visit.bytes(STALLED_BYTES, STALLED_BYTES + 1);
    }

    private static void hints(Visit visit) throws Exception {
        HttpFields hints = HttpFields.build().put("Link", "</style.css>; rel=preload, </more>; rel=next");
        visit.response().writeInterim(103, hints).get(60, TimeUnit.SECONDS);
        visit.text(200, "hinted");
    }

    private static void trailers(Visit visit) throws IOException {
        visit.header(HttpHeader.TRAILER, "x-checksum");
        HttpFields trailers = HttpFields.build().put("x-checksum", "42");
        visit.response().setTrailersSupplier(() -> trailers);
        try (OutputStream out = Content.Sink.asOutputStream(visit.response())) {
            out.write("what they belong to".getBytes(US_ASCII));
            out.flush();
        }
    }

    private static void requestTrailers(Visit visit) throws IOException {
        Content.Source.consumeAll(visit.request());
        StringBuilder told = new StringBuilder(
                visit.request().getHeaders().getValuesList("trailer").toString());
        HttpFields trailers = visit.request().getTrailers();
        if (trailers != null) {
            trailers.forEach(field ->
                    told.append(' ').append(field.getName()).append('=').append(field.getValue()));
        }
        visit.text(200, told.toString());
    }

    private static void breakOff(Visit visit) throws IOException {
        long size = visit.number("after");
        if (!visit.has("chunked")) {
            visit.length(size + 1_000);
        }
        visit.bytes(0, size);
        visit.endPoint().close();
        throw new IOException("broken off");
    }
}
