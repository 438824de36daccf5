package org.podbridge.contract;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.contract.Http2Visitor.Answer;
import org.podbridge.contract.Http2Visitor.End;
import org.podbridge.exchange.Completion;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.ExchangeDriver.Piece;
import org.podbridge.testkit.FutureCompletion;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RunningHost;

/**
 * What every adapter must do with requests over HTTP/2: the same as over HTTP/1.1, on streams that don't disturb each
 * other. An adapter's test extends it and starts a server that speaks HTTP/2 in the clear to who knows it.
 */
public abstract class Http2ExchangeContract {

    private static final int MORE_THAN_WINDOWS_HOLD = 16 << 20;
    private static final int MAX_REST = 32 << 10;

    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private final List<Http2Visitor> visitors = new ArrayList<>();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});
    private Http2Visitor visitor;

    /** Creates the suite. */
    protected Http2ExchangeContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter in it.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

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
     * Tells whether a reader that waits is told that trailers have ended the body; where it isn't, it has to ask when
     * they have come.
     *
     * @return whether it is told
     */
    protected boolean tellsOfEndsByTrailers() {
        return true;
    }

    /**
     * Tells whether a write that waits for credit is told that its stream was reset; where it isn't, time limits end
     * it.
     *
     * @return whether it is told
     */
    protected boolean tellsOfResetsWhileItWaitsForCredit() {
        return true;
    }

    /**
     * Tells whether all of a piece leaves once there is credit for it; where it doesn't, up to 32 KiB of a piece that
     * had to wait leave with the next one.
     *
     * @return whether all of it leaves
     */
    protected boolean sendsTheRestWithoutAnotherPiece() {
        return true;
    }

    /**
     * Tells whether the connection goes on behind a response to a request whose content is still on its way; where it
     * doesn't, the response has come before it ends.
     *
     * @return whether it goes on
     */
    protected boolean goesOnBehindEarlyResponses() {
        return true;
    }

    /**
     * Tells whether it is seen that a stream is reset while nothing is read or written; where it isn't, the next write
     * tells.
     *
     * @return whether it is seen
     */
    protected boolean seesSilentResets() {
        return true;
    }

    /**
     * Tells whether the thread that reads a connection may be the one that tells of a write, so that nothing is heard
     * of the visitor while the one who is told doesn't return.
     *
     * @return whether it may
     */
    protected boolean tellsOnTheReadersThread() {
        return false;
    }

    @BeforeEach
    void startServer() throws Exception {
        host = start(head -> new Route.Http(inbox));
        visitor = visitor();
    }

    @AfterEach
    void stopServer() throws Exception {
        visitors.forEach(Http2Visitor::close);
        host.stop().close();
    }

    private Http2Visitor visitor() {
        Http2Visitor connected = Http2Visitor.connect(host.uri());
        visitors.add(connected);
        return connected;
    }

    /** The other streams of the connection go on. */
    private void isServed() {
        int stream = visitor.ask("GET", "/after", true);
        ExchangeDriver exchange = inbox.next();
        assertThat(exchange.request().target()).isEqualTo("/after");
        exchange.respond(200, "after");
        assertThat(visitor.await(stream).body()).isEqualTo("after");
    }

    // Requests

    @Test
    void passesHeadAndBodyBothWays() {
        String content = RawWebSocket.latin1(RawWebSocket.pattern(1_000_000));
        int stream = visitor.ask("POST", "/a/b%20c?d", false, "x-a", "1", "x-a", "2");
        CompletableFuture<Boolean> sent = CompletableFuture.supplyAsync(() -> visitor.send(stream, content, true));
        ExchangeDriver exchange = inbox.next();
        assertThat(exchange.request().method()).isEqualTo("POST");
        assertThat(exchange.request().target()).isEqualTo("/a/b%20c?d");
        assertThat(exchange.request().scheme()).isEqualTo("http");
        assertThat(exchange.request().authority()).contains("pod.example");
        assertThat(exchange.request().fields().all("x-a")).containsExactly("1", "2");
        assertThat(exchange.request().fields().asList())
                .noneMatch(field -> field.name().startsWith(":"));
        assertThat(exchange.readAll()).isEqualTo(content);
        assertThat(sent.orTimeout(20, TimeUnit.SECONDS).join()).isTrue();
        exchange.begin(201, "x-field", "value");
        assertThat(exchange.write("one, ", false)).isTrue();
        assertThat(visitor.awaitSome(stream, 5).body()).isEqualTo("one, ");
        assertThat(exchange.write("two", true)).isTrue();
        Answer answer = visitor.await(stream);
        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.fields().all("x-field")).containsExactly("value");
        assertThat(answer.body()).isEqualTo("one, two");
        assertThat(answer.end()).isEqualTo(End.WHOLE);
        assertThat(exchange.isGone()).isFalse();
    }

    @Test
    void passesEachPieceOfABodyAsItComes() {
        int stream = visitor.ask("POST", "/", false);
        ExchangeDriver exchange = inbox.next();
        visitor.send(stream, "one", false);
        assertThat(exchange.read()).isEqualTo(new Piece("one", false, false));
        exchange.begin(200);
        assertThat(exchange.write("1", false)).isTrue();
        assertThat(visitor.awaitSome(stream, 1).body()).isEqualTo("1");
        visitor.send(stream, "two", false);
        assertThat(exchange.read()).isEqualTo(new Piece("two", false, false));
        visitor.send(stream, "", true);
        assertThat(exchange.read()).isEqualTo(new Piece("", true, false));
        assertThat(exchange.write("2", true)).isTrue();
        assertThat(visitor.await(stream).body()).isEqualTo("12");
    }

    @ParameterizedTest
    @ValueSource(strings = {"pod.example:8443", "[::1]:8080", "[::1]"})
    void tellsThePortAndTheAddressOfAnAuthority(String authority) {
        int stream = visitor.ask(true, ":method", "GET", ":scheme", "http", ":authority", authority, ":path", "/");
        ExchangeDriver exchange = inbox.next();
        assertThat(exchange.request().authority()).contains(authority);
        exchange.respond(200, "");
        assertThat(visitor.await(stream).status()).isEqualTo(200);
    }

    @Test
    void answersStreamsInWhateverOrder() {
        int first = visitor.ask("GET", "/first", true);
        ExchangeDriver one = inbox.next();
        int second = visitor.ask("GET", "/second", true);
        ExchangeDriver two = inbox.next();
        two.respond(200, "second");
        assertThat(visitor.await(second).body()).isEqualTo("second");
        one.respond(200, "first");
        assertThat(visitor.await(first).body()).isEqualTo("first");
    }

    @Test
    void stallsASenderWhoseBodyIsNotRead() throws Exception {
        int stream = visitor.ask("PUT", "/", false);
        ExchangeDriver exchange = inbox.next();
        CompletableFuture<Boolean> sent = CompletableFuture.supplyAsync(
                () -> visitor.send(stream, new String(new byte[MORE_THAN_WINDOWS_HOLD], ISO_8859_1), true));
        assertThat(comesWithin(1000, sent)).isFalse();
        assertThat(exchange.readAll()).hasSize(MORE_THAN_WINDOWS_HOLD);
        assertThat(sent.get(20, TimeUnit.SECONDS)).isTrue();
        exchange.respond(200, "");
    }

    private static boolean comesWithin(long millis, CompletableFuture<?> future) throws Exception {
        try {
            future.get(millis, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        }
    }

    // Responses

    @Test
    void writesNoMoreThanTheVisitorGivesCreditFor() {
        String content = RawWebSocket.latin1(RawWebSocket.pattern(MORE_THAN_WINDOWS_HOLD));
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next().begin(200);
        FutureCompletion written = exchange.startWrite(content, false);
        assertThat(written.comesWithin(1000)).isFalse();
        visitor.awaitSome(stream, content.length() - (sendsTheRestWithoutAnotherPiece() ? 0 : MAX_REST));
        assertThat(written.await()).isTrue();
        assertThat(exchange.write("", true)).isTrue();
        Answer answer = visitor.await(stream);
        assertThat(answer.body()).isEqualTo(content);
        assertThat(answer.end()).isEqualTo(End.WHOLE);
    }

    @Test
    void answersOthersWhileOneResponseWaitsForCredit() {
        int large = visitor.ask("GET", "/large", true);
        ExchangeDriver exchange = inbox.next().begin(200);
        visitor.withholdCredit(large);
        FutureCompletion written = exchange.startWrite(new String(new byte[200_000], ISO_8859_1), true);
        visitor.awaitSome(large, 65_535);
        isServed();
        assertThat(written.isDone()).isFalse();
        visitor.giveCredit(large);
        assertThat(visitor.await(large).body()).hasSize(200_000);
        assertThat(written.await()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "6"})
    void passesTrailersBothWays(String length) {
        int stream = visitor.ask("POST", "/", false, "te", "trailers");
        ExchangeDriver exchange = inbox.next();
        visitor.send(stream, "abc", false);
        if (tellsOfEndsByTrailers()) {
            assertThat(exchange.read().text()).isEqualTo("abc");
            CompletableFuture<Piece> end = exchange.startRead();
            visitor.trailers(stream, "x-sum", "1");
            assertThat(end.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(new Piece("", true, false));
        } else {
            visitor.trailers(stream, "x-sum", "1");
            isServed(); // so they have come
            assertThat(exchange.readAll()).isEqualTo("abc");
        }
        assertThat(exchange.exchange().requestTrailers().all("x-sum")).containsExactly("1");

        if (length.isEmpty()) {
            exchange.begin(200, "trailer", "x-sum");
        } else {
            exchange.begin(200, "trailer", "x-sum", "content-length", length);
        }
        assertThat(exchange.write("abc", false)).isTrue();
        assertThat(exchange.trailers("X-Sum", "3").write("def", true)).isTrue();
        Answer answer = visitor.await(stream);
        assertThat(answer.body()).isEqualTo("abcdef");
        assertThat(answer.trailers().all("x-sum")).containsExactly("3");
        assertThat(answer.end()).isEqualTo(End.WHOLE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "abc"})
    void sendsAnAnswerOfOnePieceWithTrailers(String content) {
        int stream = visitor.ask("GET", "/", true);
        assertThat(inbox.next()
                        .begin(200, "trailer", "x-sum")
                        .trailers("x-sum", "1")
                        .write(content, true))
                .isTrue();
        Answer answer = visitor.await(stream);
        assertThat(answer.body()).isEqualTo(content);
        assertThat(answer.trailers().all("x-sum")).containsExactly("1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEAD 200", "GET 204", "GET 304"})
    void sendsNoContentWhereThereIsNone(String methodAndStatus) {
        String[] parts = methodAndStatus.split(" ", -1);
        int status = Integer.parseInt(parts[1]);
        for (boolean withLength : new boolean[] {false, true}) {
            int stream = visitor.ask(parts[0], "/", true);
            ExchangeDriver exchange = inbox.next();
            if (withLength) {
                exchange.begin(status, "x-a", "1", "content-length", "5");
            } else {
                exchange.begin(status, "x-a", "1");
            }
            assertThat(exchange.write("hello", true)).isTrue();
            Answer answer = visitor.await(stream);
            assertThat(answer.status()).as("%s", answer).isEqualTo(status);
            assertThat(answer.fields().all("x-a")).containsExactly("1");
            assertThat(answer.fields().first("content-length").orElse("")).isNotEqualTo("0");
            assertThat(answer.body()).isEmpty();
            assertThat(answer.end()).isEqualTo(End.WHOLE);
        }
        isServed();
    }

    @Test
    void leavesOutFieldsOfConnections() {
        int stream = visitor.ask("GET", "/", true);
        inbox.next()
                .respond(
                        200,
                        "hello",
                        "Connection",
                        "close",
                        "keep-alive",
                        "timeout=5",
                        "upgrade",
                        "websocket",
                        "transfer-encoding",
                        "chunked");
        Answer answer = visitor.await(stream);
        assertThat(List.of("connection", "keep-alive", "upgrade", "transfer-encoding"))
                .noneMatch(answer.fields()::contains);
        assertThat(answer.body()).isEqualTo("hello");
    }

    @Test
    void informsBeforeItResponds() {
        int stream = visitor.ask("GET", "/", true);
        inbox.next()
                .inform(103, "x-hint", "1", "connection", "close")
                .inform(103, "link", "x".repeat(1_000_000)) // which no head has room for
                .inform(103, "x-hint", "2")
                .inform(102)
                .respond(200, "body", "x-field", "3");
        Answer answer = visitor.await(stream);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("body");
        assertThat(answer.interim()).isEqualTo(sendsInterimResponses() ? "103 x-hint: 1 103 x-hint: 2 102 " : "");
    }

    @Test
    void asksForABodyThatItReads() {
        int stream = visitor.ask("PUT", "/", false, "expect", "100-continue");
        ExchangeDriver exchange = inbox.next();
        CompletableFuture<Piece> piece = exchange.startRead();
        assertThat(visitor.awaitInterim(stream).interim()).startsWith("100 ");
        visitor.send(stream, "abc", true);
        assertThat(piece.orTimeout(20, TimeUnit.SECONDS).join().text()).isEqualTo("abc");
        exchange.respond(200, "");
        assertThat(visitor.await(stream).status()).isEqualTo(200);
    }

    @Test
    void asksForNoBodyThatItDoesNotRead() {
        int stream = visitor.ask("PUT", "/", false, "expect", "100-continue");
        inbox.next().respond(403, "no");
        Answer answer = visitor.await(stream);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.interim().isEmpty()).isEqualTo(asksForBodiesWhenRead());
        isServed();
    }

    @Test
    void deliversAnEarlyResponseToASenderThatIsStillSending() {
        int stream = visitor.ask("POST", "/", false);
        CompletableFuture<Boolean> sent = CompletableFuture.supplyAsync(
                () -> visitor.send(stream, new String(new byte[4 << 20], ISO_8859_1), true));
        inbox.next().respond(403, "no");
        sent.orTimeout(20, TimeUnit.SECONDS).join();
        Answer answer = visitor.await(stream);
        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).isEqualTo("no");
        if (goesOnBehindEarlyResponses()) {
            isServed();
        }
    }

    // Breaking off

    @ParameterizedTest
    @ValueSource(strings = {"", "100"})
    void resetsAResponseThatBreaksOff(String length) {
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next();
        begin(exchange, length);
        assertThat(exchange.write("some", false)).isTrue();
        assertThat(visitor.awaitSome(stream, 4).body()).isEqualTo("some");
        exchange.abort();
        assertThat(visitor.await(stream).end()).isEqualTo(End.RESET);
        isServed();
    }

    @Test
    void resetsAResponseThatBreaksOffWhileTheRequestGoesOn() {
        int stream = visitor.ask("POST", "/", false);
        ExchangeDriver exchange = inbox.next();
        visitor.send(stream, "hello", false);
        assertThat(exchange.read().text()).isEqualTo("hello");
        exchange.begin(200);
        assertThat(exchange.write("some", false)).isTrue();
        visitor.awaitSome(stream, 4);
        exchange.abort();
        assertThat(visitor.await(stream).end()).isEqualTo(End.RESET);
        isServed();
    }

    @Test
    void resetsAResponseThatBreaksOffWhileItWaitsForCredit() {
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next().begin(200);
        visitor.withholdCredit(stream);
        FutureCompletion written = exchange.startWrite(new String(new byte[200_000], ISO_8859_1), true);
        visitor.awaitSome(stream, 65_535);
        exchange.abort();
        assertThat(written.await()).isFalse();
        assertThat(visitor.await(stream).end()).isEqualTo(End.RESET);
        isServed();
    }

    @Test
    void resetsAResponseThatBreaksOffBeforeItBegins() {
        int stream = visitor.ask("GET", "/", true);
        inbox.next().abort();
        assertThat(visitor.await(stream).end()).isEqualTo(End.RESET);
        isServed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"more", "much more than that"})
    void resetsAResponseThatDoesNotKeepItsLength(String rest) {
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next().begin(200, "content-length", "10");
        assertThat(exchange.write("some", false)).isTrue();
        assertThat(exchange.write(rest, true)).isFalse();
        Answer answer = visitor.await(stream);
        assertThat(answer.end()).isEqualTo(End.RESET);
        assertThat(answer.body()).hasSizeLessThan(10);
        isServed();
    }

    private static void begin(ExchangeDriver exchange, String length) {
        if (length.isEmpty()) {
            exchange.begin(200);
        } else {
            exchange.begin(200, "content-length", length);
        }
    }

    // Visitors that leave

    @Test
    void hearsThatAStreamIsResetInTheMiddleOfItsRequest() {
        int stream = visitor.ask("POST", "/", false);
        ExchangeDriver exchange = inbox.next();
        visitor.send(stream, "hello", false);
        assertThat(exchange.read().text()).isEqualTo("hello");
        CompletableFuture<Piece> read = exchange.startRead();
        visitor.reset(stream);
        assertThat(read.orTimeout(20, TimeUnit.SECONDS).join()).isEqualTo(new Piece("", false, true));
        exchange.awaitGone();
        exchange.abort();
        isServed();
    }

    @Test
    void hearsThatAStreamIsResetWhileItWaitsForCredit() {
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next().begin(200);
        visitor.withholdCredit(stream);
        FutureCompletion written = exchange.startWrite(new String(new byte[200_000], ISO_8859_1), true);
        visitor.awaitSome(stream, 65_535);
        visitor.reset(stream);
        if (!tellsOfResetsWhileItWaitsForCredit()) {
            isServed();
            exchange.abort();
        }
        assertThat(written.await()).isFalse();
        isServed();
    }

    @Test
    void hearsThatAStreamIsResetWhileItWaitsForTheResponse() {
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next();
        visitor.reset(stream);
        isServed();
        if (seesSilentResets()) {
            exchange.awaitGone();
            exchange.abort();
        } else {
            exchange.begin(200);
            awaitFailure(exchange);
        }
        isServed();
    }

    @Test
    void hearsThatAStreamIsResetInTheMiddleOfItsResponse() {
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next().begin(200);
        assertThat(exchange.write("some", false)).isTrue();
        visitor.awaitSome(stream, 4);
        visitor.reset(stream);
        isServed();
        if (seesSilentResets()) {
            exchange.awaitGone();
        } else {
            awaitFailure(exchange);
        }
        exchange.abort();
        isServed();
    }

    @Test
    void hearsThatAStreamIsResetWhileItHearsOfAWrite() {
        Assumptions.assumeTrue(seesSilentResets() && !tellsOnTheReadersThread());
        int stream = visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next().begin(200);
        visitor.withholdCredit(stream);
        CompletableFuture<Void> written = new CompletableFuture<>();
        CompletableFuture<Void> reset = new CompletableFuture<>();
        exchange.exchange().write(ByteBuffer.wrap(new byte[100_000]), false, new Completion() {
            @Override
            public void succeeded() {
                written.complete(null);
                reset.orTimeout(20, TimeUnit.SECONDS).join(); // on the thread of the container that tells
            }

            @Override
            public void failed(Throwable cause) {
                written.completeExceptionally(cause);
            }
        });
        visitor.awaitSome(stream, 65_535);
        visitor.giveCredit(stream);
        visitor.awaitSome(stream, 100_000);
        written.orTimeout(20, TimeUnit.SECONDS).join();
        visitor.reset(stream);
        isServed();
        reset.complete(null);
        exchange.awaitGone();
        isServed();
    }

    /** The container may take some that it then drops. */
    private static void awaitFailure(ExchangeDriver exchange) {
        for (int i = 0; i < 10_000; i++) {
            if (!exchange.write("some", false)) {
                return;
            }
        }
        throw new AssertionError("the container takes whatever it is given");
    }

    @Test
    void hearsThatTheConnectionHasEnded() {
        Assumptions.assumeTrue(seesSilentResets());
        visitor.ask("GET", "/", true);
        ExchangeDriver exchange = inbox.next();
        visitor.close();
        exchange.awaitGone();
        exchange.abort();
    }
}
