package org.podbridge.jetty;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.Route;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.TestCertificate;

/** Whether the watch over a connection stays out of the way of what the connection is for. */
class DisconnectWatchTest {

    private static final int CONNECTIONS = 8;
    private static final int REQUESTS = Integer.getInteger("podbridge.soak", 8_000);

    private final ExecutorService later = Executors.newSingleThreadExecutor();
    private final ExecutorService visitors = Executors.newFixedThreadPool(CONNECTIONS);
    private final AtomicInteger gone = new AtomicInteger();
    private TestServer server =
            new TestServer(new PodbridgeHandler(head -> new Route.Http(this::answer)), TestServer.http11(c -> {}));
    private @Nullable SSLContext tls;

    @AfterEach
    void stop() throws Exception {
        visitors.shutdownNow();
        server.stop();
        later.shutdownNow();
    }

    private void startTls(Path directory, ExchangeDriver.@Nullable Inbox inbox) throws Exception {
        tls = TestCertificate.create(directory).context();
        SslContextFactory.Server factory = new SslContextFactory.Server();
        factory.setSslContext(tls);
        server = new TestServer(
                new PodbridgeHandler(head -> new Route.Http(inbox == null ? this::answer : inbox)),
                new SslConnectionFactory(factory, "http/1.1"),
                TestServer.http11(c -> {}));
        server.start();
    }

    private RawVisitor visitor() throws Exception {
        return tls == null
                ? RawVisitor.connect(server.uri("http"))
                : RawVisitor.over(tls.getSocketFactory()
                        .createSocket("127.0.0.1", server.uri("https").getPort()));
    }

    /** Reads the body, and answers with target and length: at once, soon, or a little later. */
    private void answer(Exchange exchange) {
        exchange.onGone(gone::incrementAndGet);
        exchange.read(new BodyReader() {
            private int length;

            @Override
            public void onChunk(Chunk chunk, boolean last) {
                length += chunk.data().remaining();
                if (!last) {
                    exchange.read(this);
                    return;
                }
                Runnable respond = () -> respond(exchange, length);
                switch (exchange.request().target().charAt(1)) {
                    case 'n' -> respond.run();
                    case 's' -> later.execute(respond);
                    default ->
                        CompletableFuture.delayedExecutor(300, TimeUnit.MICROSECONDS, later)
                                .execute(respond);
                }
            }

            @Override
            public void onFailure(Throwable cause) {
                exchange.abort(cause);
            }
        });
    }

    private static void respond(Exchange exchange, int length) {
        byte[] body = (exchange.request().target() + " " + length).getBytes(US_ASCII);
        exchange.begin(new ResponseHead(200, HeaderFields.empty()));
        if (length % 2 == 0) {
            exchange.write(ByteBuffer.wrap(body), true, Completion.NONE);
            return;
        }
        exchange.write(ByteBuffer.wrap(body, 0, 2), false, new Completion() {
            @Override
            public void succeeded() {
                exchange.write(ByteBuffer.wrap(body, 2, body.length - 2), true, Completion.NONE);
            }

            @Override
            public void failed(Throwable cause) {
                exchange.abort(cause);
            }
        });
    }

    /** Sends requests ahead of their answers, up to five, cut anywhere, and compares the answers. */
    private int visit(int seed) throws Exception {
        Random random = new Random(seed);
        Queue<String> expected = new ArrayDeque<>();
        StringBuilder unsent = new StringBuilder();
        int answered = 0;
        try (RawVisitor visitor = visitor()) {
            for (int i = 0; i < REQUESTS / CONNECTIONS; i++) {
                String target = "/" + "nsl".charAt(random.nextInt(3)) + seed + "-" + i;
                int length = random.nextInt(3) > 0 ? 0 : random.nextInt(random.nextInt(20) > 0 ? 500 : 40_000);
                unsent.append(length == 0 ? "GET " : "POST ")
                        .append(target)
                        .append(" HTTP/1.1\r\nHost: pod.example\r\n")
                        .append(length == 0 ? "\r\n" : "Content-Length: " + length + "\r\n\r\n")
                        .append("x".repeat(length));
                expected.add(target + " " + length);
                if (random.nextInt(4) == 0) {
                    int cut = random.nextInt(unsent.length() + 1);
                    visitor.send(unsent.substring(0, cut));
                    unsent.delete(0, cut);
                } else {
                    visitor.send(unsent.toString());
                    unsent.setLength(0);
                }
                while (unsent.isEmpty() && !expected.isEmpty() && (expected.size() > 5 || random.nextBoolean())) {
                    assertThat(visitor.readResponse().body()).isEqualTo(expected.remove());
                    answered++;
                }
            }
            visitor.send(unsent.toString());
            while (!expected.isEmpty()) {
                assertThat(visitor.readResponse().body()).isEqualTo(expected.remove());
                answered++;
            }
        }
        return answered;
    }

    private void soak() throws Exception {
        List<Callable<Integer>> tasks = new ArrayList<>();
        for (int seed = 0; seed < CONNECTIONS; seed++) {
            int mine = seed;
            tasks.add(() -> visit(mine));
        }
        int answered = 0;
        for (Future<Integer> visit : visitors.invokeAll(tasks)) {
            answered += visit.get();
        }
        assertThat(answered).isEqualTo(REQUESTS / CONNECTIONS * CONNECTIONS);
        assertThat(gone).hasValue(0);
    }

    @Test
    void losesNothingOfPipelinedRequests() throws Exception {
        server.start();
        soak();
    }

    @Test
    void losesNothingOfPipelinedRequestsOverTls(@TempDir Path directory) throws Exception {
        startTls(directory, null);
        soak();
    }

    @Test
    void seesAVisitorLeaveOverTls(@TempDir Path directory) throws Exception {
        ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
        startTls(directory, inbox);
        RawVisitor visitor = visitor();
        visitor.send("GET /1 HTTP/1.1\r\nHost: pod.example\r\n\r\n");
        inbox.next().respond(200, "one");
        assertThat(visitor.readResponse().body()).isEqualTo("one");
        visitor.send("POST /2 HTTP/1.1\r\nHost: pod.example\r\nContent-Length: 3\r\n\r\nabc");
        ExchangeDriver waiting = inbox.next();
        assertThat(waiting.readAll()).isEqualTo("abc");
        visitor.close();
        waiting.awaitGone();
        waiting.abort();

        RawVisitor downloading = visitor();
        downloading.send("GET /3 HTTP/1.1\r\nHost: pod.example\r\n\r\n");
        ExchangeDriver stream = inbox.next();
        assertThat(stream.begin(200).write("event", false)).isTrue();
        downloading.readHead();
        downloading.close();
        stream.awaitGone();
        stream.abort();
    }

    @Test
    void takesAVisitorThatShutsItsOutputDownForGone() throws Exception {
        ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
        server = new TestServer(new PodbridgeHandler(head -> new Route.Http(inbox)), TestServer.http11(c -> {}));
        server.start();
        try (RawVisitor visitor = visitor()) {
            visitor.send("GET / HTTP/1.1\r\nHost: pod.example\r\n\r\n");
            ExchangeDriver exchange = inbox.next();
            visitor.shutdownOutput();
            exchange.awaitGone();
            exchange.respond(200, "core may still answer");
            assertThat(visitor.readResponse().body()).isEqualTo("core may still answer");
        }
    }

    @Test
    void doesNotTakeAVisitorForGoneWhoSendsTheNextRequestAhead() throws Exception {
        ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
        server = new TestServer(new PodbridgeHandler(head -> new Route.Http(inbox)), TestServer.http11(c -> {}));
        server.start();
        try (RawVisitor visitor = visitor()) {
            visitor.send("GET /1 HTTP/1.1\r\nHost: pod.example\r\n\r\n");
            ExchangeDriver first = inbox.next();
            visitor.send("GET /2 HTTP/1.1\r\nHost: pod.example\r\n\r\n");
            assertThat(first.begin(200).write("one", false)).isTrue();
            assertThat(first.write(" more", true)).isTrue();
            inbox.next().respond(200, "two");
            assertThat(visitor.readResponse().body()).isEqualTo("one more");
            assertThat(visitor.readResponse().body()).isEqualTo("two");
            assertThat(first.isGone()).isFalse();
        }
    }
}
