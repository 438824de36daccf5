package org.podbridge.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.FutureCompletion;
import org.podbridge.testkit.RawVisitor;

/** Interim responses that a container is slow to write. */
class InterimResponsesTest {

    private final CompletableFuture<Void> gate = new CompletableFuture<>();
    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private final TestServer server = new TestServer(
            new Handler.Wrapper(new PodbridgeHandler(head -> new Route.Http(inbox))) {
                @Override
                public boolean handle(Request request, Response response, Callback callback) throws Exception {
                    return super.handle(request, new SlowResponse(request, response), callback);
                }
            },
            TestServer.http11(c -> {}));

    private final class SlowResponse extends Response.Wrapper {

        SlowResponse(Request request, Response response) {
            super(request, response);
        }

        @Override
        public CompletableFuture<Void> writeInterim(int status, HttpFields headers) {
            return gate.thenCompose(open -> super.writeInterim(status, headers));
        }
    }

    @BeforeEach
    void start() throws Exception {
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private RawVisitor visit(String fields) {
        return RawVisitor.connect(server.uri("http")).send("PUT / HTTP/1.1\r\nHost: pod.example\r\n" + fields + "\r\n");
    }

    @Test
    void keepsTheOrderAndDropsWhatIsTooMany() {
        try (RawVisitor visitor = visit("")) {
            ExchangeDriver exchange = inbox.next();
            for (int i = 0; i < 100; i++) {
                exchange.inform(103, "x-number", String.valueOf(i));
            }
            FutureCompletion written = exchange.begin(200).startWrite("body", true);
            assertThat(written.isDone()).isFalse();
            gate.complete(null);
            for (int i = 0; i <= InterimResponses.MAX_WAITING; i++) {
                assertThat(visitor.readHead().fields().first("x-number")).contains(String.valueOf(i));
            }
            assertThat(visitor.readResponse().body()).isEqualTo("body");
            assertThat(written.await()).isTrue();
        }
    }

    @Test
    void asksForTheBodyBehindWhatWaits() throws Exception {
        try (RawVisitor visitor = visit("Content-Length: 3\r\nExpect: 100-continue\r\n")) {
            ExchangeDriver exchange = inbox.next();
            for (int i = 0; i < 100; i++) {
                exchange.inform(103);
            }
            CompletableFuture<ExchangeDriver.Piece> piece = exchange.startRead();
            gate.complete(null);
            for (int i = 0; i <= InterimResponses.MAX_WAITING; i++) {
                assertThat(visitor.readHead().status()).isEqualTo(103);
            }
            assertThat(visitor.readHead().status()).isEqualTo(100);
            visitor.send("abc");
            assertThat(piece.get(20, TimeUnit.SECONDS).text()).isEqualTo("abc");
            exchange.respond(200, "");
        }
    }

    @Test
    void failsWhatWaitsWhenAborted() {
        try (RawVisitor visitor = visit("")) {
            ExchangeDriver exchange = inbox.next();
            exchange.inform(103).inform(103).begin(200);
            FutureCompletion written = exchange.startWrite("body", true);
            exchange.abort();
            assertThat(written.await()).isFalse();
            visitor.awaitEnd();
            gate.complete(null);
        }
    }

    @Test
    void endsWithAVisitorThatLeavesMeanwhile() {
        try (RawVisitor visitor = visit("")) {
            ExchangeDriver exchange = inbox.next();
            exchange.inform(103).inform(103).begin(200);
            FutureCompletion written = exchange.startWrite("body", false);
            visitor.reset();
            exchange.awaitGone();
            exchange.abort();
            assertThat(written.await()).isFalse();
            gate.complete(null);
        }
    }
}
