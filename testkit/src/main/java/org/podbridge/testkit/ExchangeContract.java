package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.testkit.ExchangeDriver.Piece;
import org.podbridge.testkit.RawVisitor.Response;

/**
 * What every adapter must do with HTTP requests, over real sockets and HTTP/1.1. An adapter's test extends it and
 * starts a server.
 */
public abstract class ExchangeContract {

    private static final String HOST = "Host: pod.example\r\n";
    private static final long MORE_THAN_BUFFERS_HOLD = 64L << 20;

    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});
    private final List<RawVisitor> visitors = new ArrayList<>();

    /** Creates the suite. */
    protected ExchangeContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter in front of a handler of the server's own, which answers every
     * request that it gets with status 200, the field {@code x-host: yes} and the request's content.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Returns request targets that the container lets through and that must arrive as they are.
     *
     * @return the targets
     */
    protected List<String> targets() {
        return List.of(
                "/",
                "/a",
                "/a?",
                "/a?b=c&b=d%26e",
                "/a/b%20c?d=%2Fe",
                "/a;p=1/b;q?r;s",
                "/%C3%A9/%7Euser",
                "/a?x=/../y//z",
                "/a/%41+b",
                "/a/!$&'()*+,=:@-._~");
    }

    /**
     * Tells whether the container hands field lines on as they came and went: names in order, and trailers of one name
     * line by line. Where it doesn't, fields are grouped by name, in which only their order among themselves has a
     * meaning, and trailers are joined by commas, which means the same.
     *
     * @return whether it does
     */
    protected boolean keepsFieldLines() {
        return true;
    }

    /**
     * Tells whether interim responses are sent; where they aren't, they are dropped.
     *
     * @return whether they are
     */
    protected boolean sendsInterimResponses() {
        return true;
    }

    /**
     * Tells whether the container asks for a body only once it is read; where it doesn't, it asks at once.
     *
     * @return whether it waits
     */
    protected boolean asksForBodiesWhenRead() {
        return true;
    }

    /**
     * Tells whether it is seen that a visitor leaves while nothing is read or written; where it isn't, the next write
     * tells.
     *
     * @return whether it is seen
     */
    protected boolean seesSilentDepartures() {
        return true;
    }

    /**
     * Tells whether a response that ends with its connection, as to HTTP/1.0, can be broken off so that the visitor
     * sees it.
     *
     * @return whether the connection can be reset
     */
    protected boolean canReset() {
        return true;
    }

    /**
     * Tells whether trailers of a request that don't end are refused with a failure of the body; where they aren't, it
     * isn't told of its end.
     *
     * @return whether they are
     */
    protected boolean tellsOfEndlessTrailers() {
        return true;
    }

    /**
     * Returns chunked bodies that the container finds malformed.
     *
     * @return the bodies
     */
    protected List<String> malformedChunks() {
        return List.of(
                "-5\r\nhello\r\n0\r\n\r\n",
                "hello\r\n0\r\n\r\n",
                "ffffffffffffffff5\r\nhello\r\n0\r\n\r\n",
                "5\r\nhelloworld\r\n0\r\n\r\n");
    }

    private static void assertValues(HeaderFields fields, String name, String... values) {
        assertThat(String.join(",", fields.all(name)).replace(" ", "")).isEqualTo(String.join(",", values));
    }

    @BeforeEach
    void startServer() throws Exception {
        host = start(this::route);
    }

    @AfterEach
    void stopServer() throws Exception {
        visitors.forEach(RawVisitor::close);
        host.stop().close();
    }

    private Route route(RequestHead request) {
        if (request.path().startsWith("/host")) {
            return new Route.Host();
        }
        return new Route.Http(request.path().startsWith("/throw") ? ExchangeContract::fail : inbox);
    }

    private static void fail(Exchange exchange) {
        if (exchange.request().query().isPresent()) {
            exchange.begin(new ResponseHead(200, HeaderFields.of("content-length", "5")));
        }
        throw new IllegalStateException("a handler that fails on purpose: secret");
    }

    private RawVisitor visitor() {
        RawVisitor visitor = RawVisitor.connect(host.uri());
        visitors.add(visitor);
        return visitor;
    }

    private static String get(String target) {
        return "GET " + target + " HTTP/1.1\r\n" + HOST + "\r\n";
    }

    private static String post(String target, String body) {
        return "POST " + target + " HTTP/1.1\r\n" + HOST + "Content-Length: " + body.length() + "\r\n\r\n" + body;
    }

    private ExchangeDriver arrive(RawVisitor visitor, String request) {
        visitor.send(request);
        return inbox.next();
    }

    // Request heads

    @Test
    void passesEveryMethod() {
        RawVisitor visitor = visitor();
        for (String method : List.of(
                "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "ACL", "MKCOL", "QUERY")) {
            ExchangeDriver exchange = arrive(visitor, method + " /a HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n");
            assertThat(exchange.request().method()).isEqualTo(method);
            exchange.respond(200, "");
            assertThat(visitor.readResponse(method).status()).isEqualTo(200);
        }
    }

    @Test
    void passesTheTargetByteForByte() {
        RawVisitor visitor = visitor();
        for (String target : targets()) {
            ExchangeDriver exchange = arrive(visitor, get(target));
            assertThat(exchange.request().target()).isEqualTo(target);
            exchange.respond(200, "ok");
            assertThat(visitor.readResponse().body()).isEqualTo("ok");
        }
    }

    @Test
    void turnsAbsoluteFormIntoOriginForm() {
        ExchangeDriver exchange = arrive(visitor(), get("http://pod.example/a/b?c"));
        assertThat(exchange.request().target()).isEqualTo("/a/b?c");
        exchange.respond(200, "");
    }

    @Test
    void passesHeaderFieldsRepeatedAndInOrder() {
        ExchangeDriver exchange = arrive(
                visitor(), "GET / HTTP/1.1\r\n" + HOST + "X-B: 1\r\nX-A: 2\r\nx-b: 3, 4\r\nX-Empty:\r\nX-B: 5\r\n\r\n");
        assertThat(exchange.request().fields().all("x-b")).containsExactly("1", "3, 4", "5");
        if (keepsFieldLines()) {
            assertThat(exchange.request().fields().asList().stream()
                            .filter(field ->
                                    field.name().toLowerCase(Locale.ROOT).startsWith("x-"))
                            .map(field -> field.value()))
                    .containsExactly("1", "2", "3, 4", "", "5");
        }
        exchange.respond(200, "");
    }

    @Test
    void tellsWhereARequestCameFromAndWhereItWasSent() {
        RequestHead request = arrive(visitor(), get("/")).request();
        assertThat(request.authority()).contains("pod.example");
        assertThat(request.scheme()).isEqualTo("http");
        assertThat(request.remoteAddress().getAddress().isLoopbackAddress()).isTrue();
        assertThat(request.principal()).isEmpty();
        assertThat(request.unwrap(Object.class)).isPresent();
    }

    // Request bodies

    @Test
    void answersAReadWithoutBodyWithAnEmptyLastPiece() {
        ExchangeDriver exchange = arrive(visitor(), get("/"));
        assertThat(exchange.read()).isEqualTo(new Piece("", true, false));
        exchange.respond(200, "");
    }

    @Test
    void passesABodyOfKnownLength() {
        String body = RawWebSocket.latin1(RawWebSocket.pattern(3_000_000));
        RawVisitor visitor = visitor();
        CompletableFuture<Void> upload = CompletableFuture.runAsync(() -> visitor.send(post("/", body)));
        ExchangeDriver exchange = inbox.next();
        assertThat(exchange.readAll()).isEqualTo(body);
        upload.join();
        exchange.respond(200, "");
    }

    @Test
    void passesABodyInChunks() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange =
                arrive(visitor, "PUT / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        StringBuilder body = new StringBuilder(exchange.read().text());
        visitor.send("a;x=y\r\ndefghijklm\r\n0\r\nTrailer-Field: 1\r\n\r\n");
        body.append(exchange.readAll());
        assertThat(body.toString()).isEqualTo("abcdefghijklm");
        exchange.respond(200, "");
        assertThat(visitor.readResponse().status()).isEqualTo(200);
        assertThat(arrive(visitor, get("/next")).request().target()).isEqualTo("/next");
    }

    @Test
    void neverTakesABodyForCompleteWhoseChunksAreMalformed() {
        for (String chunks : malformedChunks()) {
            RawVisitor visitor =
                    visitor().send("PUT / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n" + chunks);
            ExchangeDriver exchange = inbox.next();
            Piece piece = exchange.read();
            while (!piece.last() && !piece.broken()) {
                piece = exchange.read();
            }
            assertThat(piece.broken()).as(chunks).isTrue();
            exchange.abort();
            visitor.awaitEnd();
        }
    }

    @Test
    void passesWhatHasComeOfABodyWithoutWaitingForMore() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 6\r\n\r\nabc");
        assertThat(exchange.read().text()).isEqualTo("abc");
        CompletableFuture<Piece> next = exchange.startRead();
        visitor.send("def");
        assertThat(Waiting.get(next, "piece").text()).isEqualTo("def");
        assertThat(next.join().last() || exchange.read().last()).isTrue();
        exchange.respond(200, "");
    }

    @Test
    void stallsASenderWhoseBodyIsNotRead() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(
                visitor, "POST / HTTP/1.1\r\n" + HOST + "Content-Length: " + MORE_THAN_BUFFERS_HOLD + "\r\n\r\n");
        Flood flood = visitor.flood(MORE_THAN_BUFFERS_HOLD);
        assertThat(flood.awaitStall()).isTrue();

        long length = 0;
        Piece piece;
        do {
            piece = exchange.read();
            assertThat(piece.broken()).isFalse();
            length += piece.text().length();
        } while (!piece.last());
        flood.awaitEnd();
        assertThat(length).isEqualTo(MORE_THAN_BUFFERS_HOLD);
        exchange.respond(200, "");
        assertThat(visitor.readResponse().status()).isEqualTo(200);
    }

    @Test
    void keepsARetainedChunkBeyondItsCall() {
        int pieces = 64;
        byte[] body = RawWebSocket.pattern(pieces * 32_768);
        RawVisitor visitor = visitor();
        CompletableFuture<Void> upload =
                CompletableFuture.runAsync(() -> visitor.send(post("/", RawWebSocket.latin1(body))));
        ExchangeDriver exchange = inbox.next();
        List<Chunk> kept = new ArrayList<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        exchange.exchange().read(keeper(exchange, kept, end));
        Waiting.get(end, "end of the body");
        upload.join();

        ByteBuffer all = ByteBuffer.allocate(body.length);
        kept.forEach(chunk -> all.put(chunk.data().duplicate()));
        kept.forEach(Chunk::release);
        assertThat(all.array()).isEqualTo(body);
        exchange.respond(200, "");
    }

    @Test
    void keepsARetainedChunkWhileTheNextRequestComes() throws Exception {
        String body = RawWebSocket.latin1(RawWebSocket.pattern(6_000));
        String nextBody = "overwritten?".repeat(500);
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, post("/", body));
        List<Chunk> kept = new ArrayList<>();
        CompletableFuture<Void> end = new CompletableFuture<>();
        exchange.exchange().read(keeper(exchange, kept, end));
        Waiting.get(end, "end of the body");
        exchange.respond(200, "");
        assertThat(visitor.send(post("/next", nextBody)).readResponse().status())
                .isEqualTo(200);

        CompletableFuture<ExchangeDriver> next = CompletableFuture.supplyAsync(inbox::next);
        try {
            next.get(500, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            // An adapter may well wait for the release of the chunks before it goes on; but if it goes on, then
            // rightly.
        }
        StringBuilder all = new StringBuilder();
        kept.forEach(chunk -> all.append(ISO_8859_1.decode(chunk.data().duplicate())));
        kept.forEach(Chunk::release);
        assertThat(all.toString()).isEqualTo(body);
        assertThat(Waiting.get(next, "next exchange").readAll()).isEqualTo(nextBody);
        next.join().respond(200, "next");
        assertThat(visitor.readResponse().body()).isEqualTo("next");
    }

    private static BodyReader keeper(ExchangeDriver exchange, List<Chunk> kept, CompletableFuture<Void> end) {
        return new BodyReader() {
            @Override
            public void onChunk(Chunk chunk, boolean last) {
                kept.add(chunk.retain());
                if (last) {
                    end.complete(null);
                } else {
                    exchange.exchange().read(this);
                }
            }

            @Override
            public void onFailure(Throwable cause) {
                end.completeExceptionally(cause);
            }
        };
    }

    @Test
    void asksForABodyThatWaitsToBeAskedFor() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange =
                arrive(visitor, "PUT / HTTP/1.1\r\n" + HOST + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
        CompletableFuture<Piece> piece = exchange.startRead();
        assertThat(visitor.readHead().status()).isEqualTo(100);
        visitor.send("abc");
        assertThat(Waiting.get(piece, "piece").text()).isEqualTo("abc");
        exchange.respond(201, "");
        assertThat(visitor.readResponse().status()).isEqualTo(201);
    }

    @Test
    void asksForABodyOnlyOnceItIsRead() {
        Assumptions.assumeTrue(sendsInterimResponses(), "the container sends no interim responses");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange =
                arrive(visitor, "PUT / HTTP/1.1\r\n" + HOST + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
        exchange.inform(103, "link", "</a.css>; rel=preload");
        assertThat(visitor.readHead().status()).isEqualTo(103); // had it been asked before, that would have come first
        CompletableFuture<Piece> piece = exchange.startRead();
        exchange.inform(103, "link", "</b.css>; rel=preload");
        assertThat(visitor.readHead().status()).isEqualTo(100);
        assertThat(visitor.readHead().status()).isEqualTo(103);
        visitor.send("abc");
        assertThat(Waiting.get(piece, "piece").text()).isEqualTo("abc");
        exchange.respond(201, "made");
        assertThat(visitor.readResponse().body()).isEqualTo("made");
    }

    @Test
    void refusesABodyThatWaitsToBeAskedForWithoutAskingForIt() {
        Assumptions.assumeTrue(asksForBodiesWhenRead(), "the container asks for bodies at once");
        String body = get("/smuggled");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(
                visitor,
                "PUT / HTTP/1.1\r\n" + HOST + "Content-Length: " + body.length() + "\r\nExpect: 100-continue\r\n\r\n");
        exchange.respond(413, "too large");
        Response response = visitor.readResponse();
        assertThat(response.status()).isEqualTo(413);
        assertThat(response.body()).isEqualTo("too large");

        // The visitor may have sent the body meanwhile.
        try {
            visitor.send(body);
            if (response.fields().first("connection").orElse("").equalsIgnoreCase("close")) {
                visitor.awaitEnd();
            } else {
                arrive(visitor, get("/next")).respond(200, "next");
                assertThat(visitor.readResponse().body()).isEqualTo("next");
            }
        } catch (UncheckedIOException closed) {
            assertThat(response.fields().first("connection")).contains("close");
        }
        arrive(visitor(), get("/another")).respond(200, "");
        assertThat(inbox.isEmpty()).isTrue();
    }

    @Test
    void passesTheTrailersOfARequest() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(
                visitor,
                "PUT / HTTP/1.1\r\n" + HOST + "Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        assertThat(exchange.read().text()).isEqualTo("abc");
        assertThat(exchange.exchange().requestTrailers().asList()).isEmpty();
        CompletableFuture<Piece> end = exchange.startRead();
        visitor.send("0\r\nX-Sum: 1\r\nx-sum: 2\r\n\r\n");
        assertThat(Waiting.get(end, "end").last()).isTrue();
        if (keepsFieldLines()) {
            assertThat(exchange.exchange().requestTrailers().all("x-sum")).containsExactly("1", "2");
        } else {
            assertThat(exchange.exchange().requestTrailers().contains("x-sum")).isTrue();
        }
        exchange.respond(200, "");
        assertThat(visitor.readResponse().status()).isEqualTo(200);

        ExchangeDriver without = arrive(visitor, post("/", "abc"));
        without.readAll();
        assertThat(without.exchange().requestTrailers().asList()).isEmpty();
        without.respond(200, "");
    }

    @Test
    void refusesTrailersWithoutEnd() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange =
                arrive(visitor, "PUT / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        assertThat(exchange.read().text()).isEqualTo("abc");
        CompletableFuture<Piece> end = exchange.startRead();
        Flood flood = visitor.send("0\r\nX-Endless: ").flood(MORE_THAN_BUFFERS_HOLD);
        if (tellsOfEndlessTrailers()) {
            assertThat(Waiting.get(end, "end").broken()).isTrue();
        }
        exchange.abort();
        assertThatThrownBy(flood::awaitEnd).isInstanceOf(AssertionError.class);
    }

    @Test
    void deliversAnEarlyResponseToASenderThatIsStillSending() {
        int length = 4 << 20;
        RawVisitor visitor = visitor();
        ExchangeDriver exchange =
                arrive(visitor, "POST / HTTP/1.1\r\n" + HOST + "Content-Length: " + length + "\r\n\r\n");
        exchange.respond(403, "no");
        Flood flood = visitor.flood(length);
        flood.awaitEnd();
        assertThat(visitor.readResponse().body()).isEqualTo("no");
    }

    @Test
    void neverTakesTheRestOfABodyForARequestBehindAnEarlyResponse() {
        for (int poisons : List.of(1, 100_000)) { // the latter is more than a server wants to drop
            String rest = get("/poison").repeat(poisons);
            String length = "Content-Length: " + (5 + rest.length()) + "\r\n\r\nhello";
            String chunk = "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
            String chunks = Integer.toHexString(rest.length()) + "\r\n" + rest + "\r\n0\r\n\r\n";
            respondsEarly(length, rest);
            respondsEarly(chunk, chunks);
        }
    }

    private void respondsEarly(String begun, String rest) {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, "POST / HTTP/1.1\r\n" + HOST + begun);
        assertThat(exchange.read().text()).isEqualTo("hello");
        exchange.respond(413, "too large");
        Response early = visitor.readResponse();
        assertThat(early.status()).isEqualTo(413);
        assertThat(early.body()).isEqualTo("too large");

        try {
            Response next = visitor.send(rest + get("/host/next")).readResponse();
            assertThat(next.fields().first("x-host")).contains("yes");
        } catch (UncheckedIOException closed) {
            assertThat(closed.getCause()).isNotInstanceOf(SocketTimeoutException.class);
        }
        ExchangeDriver other = arrive(visitor(), get("/other"));
        assertThat(other.request().target()).isEqualTo("/other");
        other.respond(200, "");
        assertThat(inbox.isEmpty()).isTrue();
    }

    @Test
    void tellsAnOutstandingReadThatTheResponseIsComplete() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 3\r\n\r\n");
        CompletableFuture<Piece> outstanding = exchange.startRead();
        exchange.respond(200, "early");
        assertThat(visitor.readResponse().body()).isEqualTo("early");
        assertThat(Waiting.get(outstanding, "end of the read").broken()).isTrue();
    }

    // Interim responses

    @Test
    void informsBeforeItResponds() {
        Assumptions.assumeTrue(sendsInterimResponses(), "the container sends no interim responses");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        for (int i = 0; i < 50; i++) {
            exchange.inform(103, "Link", "</" + i + ".css>; rel=preload", "Link", "</" + i + ".js>; rel=preload");
            Response hint = visitor.readHead();
            assertThat(hint.status()).isEqualTo(103);
            assertThat(hint.fields().all("link"))
                    .containsExactly("</" + i + ".css>; rel=preload", "</" + i + ".js>; rel=preload");
        }
        exchange.inform(102).respond(200, "at last", "x-a", "1");
        assertThat(visitor.readHead().status()).isEqualTo(102);
        Response response = visitor.readResponse();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.fields().contains("link")).isFalse();
        assertThat(response.body()).isEqualTo("at last");

        arrive(visitor, get("/next")).inform(103, "link", "</>").respond(204, "");
        assertThat(visitor.readHead().status()).isEqualTo(103);
        assertThat(visitor.readHead().status()).isEqualTo(204);
    }

    @Test
    void keepsTheOrderOfWhatIsSentAtOnce() {
        Assumptions.assumeTrue(sendsInterimResponses(), "the container sends no interim responses");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        FutureCompletion written = exchange.inform(103, "link", "</1>")
                .inform(103, "link", "</2>")
                .inform(103, "link", "</3>")
                .begin(200)
                .startWrite("body", true);
        for (String expected : List.of("</1>", "</2>", "</3>")) {
            assertThat(visitor.readHead().fields().first("link")).contains(expected);
        }
        assertThat(visitor.readResponse().body()).isEqualTo("body");
        assertThat(written.await()).isTrue();
    }

    @Test
    void sendsNoFramingAndNoConnectionOptionWithAnInterimResponse() {
        Assumptions.assumeTrue(sendsInterimResponses(), "the container sends no interim responses");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.inform(
                103, "Content-Length", "9", "Transfer-Encoding", "chunked", "Connection", "close", "link", "</1>");
        HeaderFields sent = visitor.readHead().fields();
        assertThat(sent.asList()).hasSize(1);
        assertThat(sent.first("link")).contains("</1>");
        exchange.respond(200, "still open");
        assertThat(visitor.readResponse().body()).isEqualTo("still open");
        arrive(visitor, get("/next")).respond(200, "");
    }

    @Test
    void neitherWaitsForNorPilesUpInterimResponsesOfAVisitorThatDoesNotRead() {
        Assumptions.assumeTrue(sendsInterimResponses(), "the container sends no interim responses");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        String link = "<" + "x".repeat(2_000) + ">";
        int sent = 20_000; // 40 MB
        for (int i = 0; i < sent; i++) {
            exchange.inform(103, "link", link);
        }
        FutureCompletion written = exchange.begin(200).startWrite("body", true);
        int hints = 0;
        Response head = visitor.readHead();
        while (head.status() == 103) {
            hints++;
            head = visitor.readHead();
        }
        assertThat(head.status()).isEqualTo(200);
        assertThat(hints).isBetween(1, sent - 1);
        assertThat(visitor.read(4)).asString(ISO_8859_1).isEqualTo("body");
        assertThat(written.await()).isTrue();
    }

    @Test
    void survivesAnInterimResponseThatIsTooLarge() {
        Assumptions.assumeTrue(sendsInterimResponses(), "the container sends no interim responses");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.inform(103, "link", "x".repeat(100_000)).inform(103, "link", "</1>");
        Response hint = visitor.readHead();
        if (hint.fields().first("link").orElse("").length() == 100_000) {
            hint = visitor.readHead(); // a container that can send it may
        }
        assertThat(hint.fields().first("link")).contains("</1>");
        exchange.respond(200, "alive");
        assertThat(visitor.readResponse().body()).isEqualTo("alive");
    }

    @Test
    void sparesAVisitorOfHttp10InterimResponses() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, "GET / HTTP/1.0\r\n" + HOST + "\r\n");
        exchange.inform(103, "link", "</a.css>").respond(200, "old");
        Response response = visitor.readResponse();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("old");
    }

    @Test
    void refusesInterimResponsesThatAreNone() {
        ExchangeDriver exchange = arrive(visitor(), get("/"));
        for (int status : List.of(99, 100, 101, 200, 404)) {
            assertThatIllegalArgumentException().isThrownBy(() -> exchange.inform(status));
        }
        exchange.begin(200);
        assertThatIllegalStateException().isThrownBy(() -> exchange.inform(103));
        exchange.abort();
    }

    @Test
    void failsAWriteThatWaitsBehindInterimResponsesWhenAborted() {
        Assumptions.assumeTrue(sendsInterimResponses(), "the container sends no interim responses");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        String link = "<" + "x".repeat(2_000) + ">";
        for (int i = 0; i < 20_000; i++) {
            exchange.inform(103, "link", link);
        }
        FutureCompletion written = exchange.begin(200).startWrite("body", true);
        exchange.abort();
        assertThat(written.await()).isFalse();
        visitor.awaitEnd();
    }

    // Responses

    @Test
    void sendsAResponsePieceByPiece() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.begin(200, "content-type", "text/event-stream");
        assertThat(exchange.write("one", false)).isTrue();
        assertThat(visitor.readHead().fields().first("transfer-encoding")).contains("chunked");
        assertThat(visitor.readChunk()).asString(ISO_8859_1).isEqualTo("one");
        assertThat(exchange.write("two", false)).isTrue();
        assertThat(visitor.readChunk()).asString(ISO_8859_1).isEqualTo("two");
        assertThat(exchange.write("", true)).isTrue();
        assertThat(visitor.readChunk()).isEmpty();
    }

    @Test
    void sendsEveryPieceBeforeTheNextIsGiven() {
        for (String length : List.of("", "5000")) {
            RawVisitor visitor = visitor();
            ExchangeDriver exchange = arrive(visitor, get("/"));
            if (length.isEmpty()) {
                exchange.begin(200);
            } else {
                exchange.begin(200, "content-length", length);
            }
            for (int i = 0; i < 500; i++) {
                String event = "data: %03d\n".formatted(i);
                assertThat(exchange.write(event, i == 499)).isTrue();
                if (i == 0) {
                    visitor.readHead();
                }
                assertThat(length.isEmpty() ? visitor.readChunk() : visitor.read(event.length()))
                        .asString(ISO_8859_1)
                        .isEqualTo(event);
            }
            if (length.isEmpty()) {
                assertThat(visitor.readChunk()).isEmpty();
            }
        }
    }

    @Test
    void sendsAnnouncedTrailersBehindTheLastPiece() {
        RawVisitor visitor = visitor();
        ExchangeDriver pieces = arrive(visitor, get("/"));
        pieces.begin(200, "Trailer", "x-sum, x-end");
        assertThat(pieces.write("abc", false)).isTrue();
        pieces.trailers("X-Sum", "1", "X-Sum", "2", "x-end", "yes");
        assertThat(pieces.write("def", true)).isTrue();
        Response response = visitor.readResponse();
        assertThat(response.body()).isEqualTo("abcdef");
        assertThat(response.fields().first("trailer")).contains("x-sum, x-end");
        assertValues(visitor.trailers(), "x-sum", "1", "2");
        assertThat(visitor.trailers().first("x-end")).contains("yes");

        for (String body : List.of("", "whole", "x".repeat(1_000_000))) {
            ExchangeDriver whole = arrive(visitor, get("/"));
            FutureCompletion written = whole.begin(200, "trailer", "x-sum")
                    .trailers("x-sum", String.valueOf(body.length()))
                    .startWrite(body, true);
            assertThat(visitor.readResponse().body()).isEqualTo(body);
            assertThat(visitor.trailers().all("x-sum")).containsExactly(String.valueOf(body.length()));
            assertThat(written.await()).isTrue();
        }

        RawVisitor closing = visitor();
        ExchangeDriver onlyOne = arrive(closing, "GET / HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n");
        onlyOne.begin(200, "trailer", "x-sum").trailers("x-sum", "3").startWrite("all", true);
        assertThat(closing.readResponse().body()).isEqualTo("all");
        assertThat(closing.trailers().all("x-sum")).containsExactly("3");

        arrive(visitor, get("/")).respond(200, "announced but not given", "trailer", "x-sum");
        assertThat(visitor.readResponse().body()).isEqualTo("announced but not given");
        assertThat(visitor.trailers().asList()).isEmpty();
    }

    @Test
    void dropsTrailersWhereThereIsNoPlaceForThem() {
        RawVisitor visitor = visitor();
        ExchangeDriver unannounced = arrive(visitor, get("/"));
        unannounced.begin(200).trailers("x-sum", "1");
        assertThat(unannounced.write("abc", false)).isTrue();
        assertThat(unannounced.write("", true)).isTrue();
        assertThat(visitor.readResponse().body()).isEqualTo("abc");
        assertThat(visitor.trailers().asList()).isEmpty();

        arrive(visitor, get("/"))
                .begin(200, "content-length", "3", "trailer", "x-sum")
                .trailers("x-sum", "1")
                .startWrite("abc", true);
        Response withLength = visitor.readResponse();
        assertThat(withLength.fields().all("content-length")).containsExactly("3");
        assertThat(withLength.body()).isEqualTo("abc");

        arrive(visitor, "HEAD / HTTP/1.1\r\n" + HOST + "\r\n")
                .begin(200, "trailer", "x-sum")
                .trailers("x-sum", "1")
                .startWrite("", true);
        assertThat(visitor.readResponse("HEAD").status()).isEqualTo(200);

        for (int status : List.of(204, 304)) {
            arrive(visitor, get("/"))
                    .begin(status, "trailer", "x-sum")
                    .trailers("x-sum", "1")
                    .startWrite("", true);
            assertThat(visitor.readResponse().status()).isEqualTo(status);
        }

        RawVisitor old = visitor();
        arrive(old, "GET / HTTP/1.0\r\n" + HOST + "\r\n")
                .begin(200, "trailer", "x-sum")
                .trailers("x-sum", "1")
                .startWrite("abc", true);
        assertThat(old.readResponse().body()).isEqualTo("abc");
    }

    @Test
    void refusesTrailersOutOfPlace() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        assertThatIllegalStateException().isThrownBy(() -> exchange.trailers("x-sum", "1"));
        exchange.respond(200, "abc", "trailer", "x-sum");
        assertThatIllegalStateException().isThrownBy(() -> exchange.trailers("x-sum", "1"));
        assertThat(visitor.readResponse().body()).isEqualTo("abc");
    }

    @Test
    void sendsTrailersThatAreTooLargeOrBreaksTheResponseOff() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        FutureCompletion written = exchange.begin(200, "trailer", "x-sum")
                .trailers("x-sum", "x".repeat(100_000))
                .startWrite("abc", true);
        if (written.await()) {
            assertThat(visitor.readResponse().body()).isEqualTo("abc");
            assertThat(visitor.trailers().first("x-sum").orElse("")).hasSize(100_000);
        } else {
            assertThatThrownBy(visitor::readResponse).isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void sendsTheHeadWithAnEmptyPiece() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        assertThat(exchange.begin(200).write("", false)).isTrue();
        assertThat(visitor.readHead().status()).isEqualTo(200);
        assertThat(exchange.write("later", true)).isTrue();
        assertThat(visitor.readChunk()).asString(ISO_8859_1).isEqualTo("later");
    }

    @Test
    void sendsABodyOfKnownLength() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.begin(200, "content-length", "6");
        assertThat(exchange.write("abc", false)).isTrue();
        assertThat(exchange.write("def", true)).isTrue();
        Response response = visitor.readResponse();
        assertThat(response.fields().all("content-length")).containsExactly("6");
        assertThat(response.fields().contains("transfer-encoding")).isFalse();
        assertThat(response.body()).isEqualTo("abcdef");
    }

    @Test
    void sendsABigBody() {
        String body = RawWebSocket.latin1(RawWebSocket.pattern(5_000_000));
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        FutureCompletion written = exchange.begin(200).startWrite(body, true);
        assertThat(visitor.readResponse().body()).isEqualTo(body);
        assertThat(written.await()).isTrue();
    }

    @Test
    void keepsAWriteOutstandingUntilTheVisitorReads() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.begin(200);
        String piece = "x".repeat(1 << 20);
        FutureCompletion write = exchange.startWrite(piece, false);
        int written = 1;
        while (write.comesWithin(1000)) {
            assertThat(written++)
                    .as("MiB taken for a visitor that doesn't read")
                    .isLessThan(64);
            write = exchange.startWrite(piece, false);
        }
        visitor.readHead();
        for (int read = 0; read < written << 20; ) {
            read += visitor.readChunk().length;
        }
        assertThat(write.await()).isTrue();
        assertThat(exchange.write("", true)).isTrue();
        assertThat(visitor.readChunk()).isEmpty();
    }

    @Test
    void sendsTheHeadsOtherFieldsAsTheyAre() {
        RawVisitor visitor = visitor();
        arrive(visitor, get("/"))
                .respond(
                        418,
                        "",
                        "X-B",
                        "1",
                        "Set-Cookie",
                        "a=b",
                        "Set-Cookie",
                        "c=d",
                        "X-A",
                        "2",
                        "Server",
                        "ours",
                        "Date",
                        "Thu, 01 Jan 1970 00:00:00 GMT");
        Response response = visitor.readResponse();
        assertThat(response.status()).isEqualTo(418);
        assertThat(response.fields().all("set-cookie")).containsExactly("a=b", "c=d");
        assertThat(response.fields().all("server")).containsExactly("ours");
        assertThat(response.fields().all("date")).containsExactly("Thu, 01 Jan 1970 00:00:00 GMT");
        assertThat(response.fields().all("x-a")).containsExactly("2");
    }

    @Test
    void sendsNoContentWhereThereMustBeNone() {
        RawVisitor visitor = visitor();
        ExchangeDriver head = arrive(visitor, "HEAD / HTTP/1.1\r\n" + HOST + "\r\n");
        head.respond(200, "discarded", "content-length", "9");
        assertThat(visitor.readResponse("HEAD").fields().all("content-length")).containsExactly("9");

        ExchangeDriver unknown = arrive(visitor, "HEAD / HTTP/1.1\r\n" + HOST + "\r\n");
        unknown.begin(200);
        assertThat(unknown.write("discarded", false)).isTrue();
        assertThat(unknown.write("too", true)).isTrue();
        assertThat(visitor.readResponse("HEAD").fields().contains("content-length"))
                .isFalse();

        arrive(visitor, get("/")).respond(204, "discarded");
        Response noContent = visitor.readResponse();
        assertThat(noContent.status()).isEqualTo(204);
        assertThat(noContent.fields().contains("content-length")).isFalse();
        assertThat(noContent.fields().contains("transfer-encoding")).isFalse();

        arrive(visitor, get("/")).respond(304, "discarded", "etag", "\"x\"");
        Response notModified = visitor.readResponse();
        assertThat(notModified.status()).isEqualTo(304);
        assertThat(notModified.fields().first("etag")).contains("\"x\"");
        assertThat(notModified.fields().first("content-length").orElse("")).isNotEqualTo("0");

        arrive(visitor, get("/")).respond(200, "content again");
        assertThat(visitor.readResponse().body()).isEqualTo("content again");
    }

    @Test
    void answersPipelinedRequestsInOrder() {
        RawVisitor visitor = visitor();
        visitor.send(get("/1") + post("/2", "two") + get("/3"));
        ExchangeDriver first = inbox.next();
        assertThat(first.request().target()).isEqualTo("/1");
        first.respond(200, "first");
        ExchangeDriver second = inbox.next();
        assertThat(second.readAll()).isEqualTo("two");
        visitor.send(get("/4"));
        second.begin(200);
        assertThat(second.write("second", true)).isTrue();
        inbox.next().respond(200, "third");
        inbox.next().respond(200, "fourth");
        for (String expected : List.of("first", "second", "third", "fourth")) {
            assertThat(visitor.readResponse().body()).isEqualTo(expected);
        }
        assertThat(inbox.isEmpty()).isTrue();
    }

    @Test
    void refusesToBeginTwice() {
        ExchangeDriver exchange = arrive(visitor(), get("/"));
        exchange.begin(200);
        assertThatIllegalStateException().isThrownBy(() -> exchange.begin(200));
        exchange.abort();
    }

    // Ends

    @Test
    void neverLetsAnAbortedResponseLookComplete() {
        for (String fields : List.of("", "Connection: close\r\n")) {
            for (List<String> framing :
                    List.of(List.<String>of(), List.of("content-length", "100"), List.of("trailer", "x-sum"))) {
                RawVisitor visitor = visitor();
                ExchangeDriver exchange = arrive(visitor, "GET / HTTP/1.1\r\n" + HOST + fields + "\r\n");
                exchange.begin(200, framing.toArray(String[]::new));
                assertThat(exchange.write("some", false)).isTrue();
                exchange.abort();
                exchange.abort();
                assertThatThrownBy(visitor::readResponse).isInstanceOf(UncheckedIOException.class);
            }
        }
    }

    @Test
    void neverLetsAnAbortedResponseWithoutFramingLookComplete() {
        Assumptions.assumeTrue(canReset(), "the container can't reset connections");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, "GET / HTTP/1.0\r\n" + HOST + "\r\n");
        exchange.begin(200);
        assertThat(exchange.write("some", false)).isTrue();
        exchange.abort();
        assertThatThrownBy(visitor::readResponse).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void breaksOffAResponseThatHasNotBegun() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.abort();
        assertThat(exchange.begin(200).write("late", true)).isFalse();
        assertThatThrownBy(visitor::readResponse).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void failsWhatIsOutstandingWhenAborted() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 9\r\n\r\n");
        CompletableFuture<Piece> read = exchange.startRead();
        exchange.begin(200);
        FutureCompletion write = exchange.startWrite("x".repeat(32 << 20), false);
        exchange.abort();
        assertThat(Waiting.get(read, "end of the read").broken()).isTrue();
        assertThat(write.await()).isFalse();
        visitor.awaitEnd();
    }

    @Test
    void breaksOffAResponseThatFallsShortOfItsLength() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.begin(200, "content-length", "100");
        assertThat(exchange.write("some", false)).isTrue();
        assertThat(exchange.write("more", true)).isFalse();
        assertThatThrownBy(visitor::readResponse).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void breaksOffAResponseThatExceedsItsLength() {
        for (int length : List.of(10, 256 << 10)) {
            RawVisitor visitor = visitor();
            ExchangeDriver exchange = arrive(visitor, get("/"));
            exchange.begin(200, "content-length", String.valueOf(length));
            assertThat(exchange.write("some", false)).isTrue();
            assertThat(exchange.write("x".repeat(length - 3), false)).isFalse();
            assertThatThrownBy(visitor::readResponse).isInstanceOf(UncheckedIOException.class);
        }

        // An adapter may cut what it is given at once, at any size.
        for (int length = 1 << 12; length <= 1 << 20; length <<= 1) {
            RawVisitor visitor = visitor();
            ExchangeDriver exchange = arrive(visitor, get("/"));
            exchange.begin(200, "content-length", String.valueOf(length));
            assertThat(exchange.write("x".repeat(length + 1), true)).isFalse();
            assertThatThrownBy(visitor::readResponse).isInstanceOf(UncheckedIOException.class);
        }
    }

    @Test
    void refusesALengthThatIsNone() {
        ExchangeDriver exchange = arrive(visitor(), get("/"));
        for (String length : List.of("", "x", "-1", "1, 1", "99999999999999999999")) {
            assertThatIllegalArgumentException().isThrownBy(() -> exchange.begin(200, "content-length", length));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> exchange.begin(200, "content-length", "1", "Content-Length", "2"));
        exchange.respond(200, "the response had not begun");
    }

    @Test
    void saysThatAVisitorIsGoneWhileItsWholeRequestWaitsForTheResponse() {
        Assumptions.assumeTrue(seesSilentDepartures(), "the container doesn't look");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        visitor.close();
        exchange.awaitGone();
        exchange.abort();

        RawVisitor uploader = visitor();
        ExchangeDriver upload = arrive(uploader, post("/", "body"));
        assertThat(upload.readAll()).isEqualTo("body");
        uploader.reset();
        upload.awaitGone();
        upload.abort();
    }

    @Test
    void saysThatAVisitorIsGoneOnALaterRequestOfAConnection() {
        Assumptions.assumeTrue(seesSilentDepartures(), "the container doesn't look");
        RawVisitor visitor = visitor();
        for (int i = 0; i < 3; i++) {
            arrive(visitor, get("/")).respond(200, "ok");
            assertThat(visitor.readResponse().body()).isEqualTo("ok");
        }
        ExchangeDriver last = arrive(visitor, get("/"));
        visitor.close();
        last.awaitGone();
        last.abort();
    }

    @Test
    void saysThatAVisitorIsGoneInTheMiddleOfItsUpload() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 100\r\n\r\nsome");
        assertThat(exchange.read().text()).isEqualTo("some");
        CompletableFuture<Piece> rest = exchange.startRead();
        visitor.close();
        assertThat(Waiting.get(rest, "end of the body").broken()).isTrue();
        exchange.awaitGone();
        exchange.abort();
    }

    @Test
    void saysThatAVisitorIsGoneInTheMiddleOfItsDownload() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.begin(200);
        FutureCompletion write = exchange.startWrite("x".repeat(32 << 20), false);
        visitor.read();
        visitor.close();
        assertThat(write.await()).isFalse();
        exchange.awaitGone();
        exchange.abort();
    }

    @Test
    void saysThatAVisitorIsGoneBetweenPiecesOfItsDownload() {
        Assumptions.assumeTrue(seesSilentDepartures(), "the container doesn't look");
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.begin(200);
        assertThat(exchange.write("event", false)).isTrue();
        visitor.readHead();
        visitor.close();
        exchange.awaitGone();
        exchange.abort();
    }

    @Test
    void doesNotMissAVisitorWhoHasAllOfTheResponse() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, get("/"));
        exchange.respond(200, "all");
        assertThat(visitor.readResponse().body()).isEqualTo("all");
        visitor.close();
        exchange.abort();

        // By the time that another exchange is through, what the first has to tell would have been told.
        RawVisitor another = visitor();
        arrive(another, get("/")).respond(200, "all");
        assertThat(another.readResponse().body()).isEqualTo("all");
        assertThat(exchange.isGone()).isFalse();
    }

    @Test
    void answersAnUpgradeThatIsNotWanted() {
        RawVisitor visitor = visitor();
        ExchangeDriver exchange = arrive(visitor, RawWebSocket.handshake("/", ""));
        assertThat(exchange.request().isWebSocketUpgrade()).isTrue();
        assertThat(exchange.read().last()).isTrue();
        exchange.respond(200, "no WebSocket here");
        Response response = visitor.readResponse();
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.fields().contains("upgrade")).isFalse();
        assertThat(response.body()).isEqualTo("no WebSocket here");
        arrive(visitor, get("/next")).respond(200, "next");
        assertThat(visitor.readResponse().body()).isEqualTo("next");
    }

    // What is not ours

    @Test
    void leavesTheHostsRequestsToTheHost() {
        RawVisitor visitor = visitor();
        visitor.send(post("/host/a", "for the host") + get("/ours"));
        Response response = visitor.readResponse();
        assertThat(response.fields().first("x-host")).contains("yes");
        assertThat(response.body()).isEqualTo("for the host");
        ExchangeDriver ours = inbox.next();
        ours.respond(200, "ours");
        assertThat(visitor.readResponse().body()).isEqualTo("ours");
        assertThat(inbox.isEmpty()).isTrue();
    }

    @Test
    void answers500ForAHandlerThatFails() {
        RawVisitor visitor = visitor();
        Response response = visitor.send(get("/throw")).readResponse();
        assertThat(response.status()).isEqualTo(500);
        assertThat(response.body()).doesNotContain("secret");
    }

    @Test
    void neverLetsTheResponseOfAHandlerThatFailsLookComplete() {
        RawVisitor visitor = visitor().send(get("/throw?begun"));
        try {
            assertThat(visitor.readResponse().status()).isEqualTo(500);
        } catch (UncheckedIOException brokenOff) {
            assertThat(brokenOff).isNotNull();
        }
    }
}
