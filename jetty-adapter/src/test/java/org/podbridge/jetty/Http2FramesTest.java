package org.podbridge.jetty;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.FutureCompletion;

/** What HTTP/2 says that most clients keep to themselves: interim responses, trailers, resets. */
class Http2FramesTest {

    private static final int MORE_THAN_WINDOWS_HOLD = 16 << 20;

    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private final HttpConfiguration configuration = new HttpConfiguration();
    private final TestServer server = new TestServer(
            new PodbridgeHandler(head -> new Route.Http(inbox)),
            new HttpConnectionFactory(configuration),
            new HTTP2CServerConnectionFactory(configuration));
    private final HTTP2Client client = new HTTP2Client();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @BeforeEach
    void start() throws Exception {
        server.start();
        client.start();
    }

    @AfterEach
    void stop() throws Exception {
        client.stop();
        server.stop();
    }

    private final class Visitor implements Stream.Listener {
        @Override
        public void onHeaders(Stream stream, HeadersFrame frame) {
            StringBuilder event = new StringBuilder();
            if (frame.getMetaData() instanceof MetaData.Response response) {
                event.append(response.getStatus());
            } else {
                event.append("trailers");
            }
            frame.getMetaData().getHttpFields().stream()
                    .filter(field -> field.getLowerCaseName().startsWith("x-"))
                    .forEach(field -> event.append(' ').append(field));
            if (frame.isEndStream()) {
                event.append('.');
            }
            events.add(event.toString());
            if (!frame.isEndStream()) {
                stream.demand();
            }
        }

        @Override
        public void onDataAvailable(Stream stream) {
            Stream.Data data = stream.readData();
            if (data == null) {
                stream.demand();
                return;
            }
            String text = ISO_8859_1.decode(data.frame().getByteBuffer()).toString();
            boolean last = data.frame().isEndStream();
            data.release();
            if (!text.isEmpty()) {
                events.add("data " + text + (last ? "." : ""));
            }
            if (!last) {
                stream.demand();
            }
        }

        @Override
        public void onReset(Stream stream, ResetFrame frame, Callback callback) {
            events.add("reset");
            callback.succeeded();
        }
    }

    private Stream send(String method, boolean last, String... fields) throws Exception {
        HttpFields.Mutable headers = HttpFields.build();
        for (int i = 0; i < fields.length; i += 2) {
            headers.add(fields[i], fields[i + 1]);
        }
        Session session = client.connect(
                        new InetSocketAddress(
                                InetAddress.getLoopbackAddress(),
                                server.uri("http").getPort()),
                        new Session.Listener() {})
                .get(20, TimeUnit.SECONDS);
        MetaData.Request request = new MetaData.Request(
                method, HttpURI.from(server.uri("http").resolve("/a")), HttpVersion.HTTP_2, headers);
        return session.newStream(new HeadersFrame(request, null, last), new Visitor())
                .get(20, TimeUnit.SECONDS);
    }

    private static FutureCompletion sendData(Stream stream, byte[] bytes, boolean last) {
        FutureCompletion sent = new FutureCompletion();
        stream.data(
                new DataFrame(stream.getId(), ByteBuffer.wrap(bytes), last),
                Callback.from(sent::succeeded, sent::failed));
        return sent;
    }

    private String event() throws InterruptedException {
        String event = events.poll(20, TimeUnit.SECONDS);
        return event == null ? "nothing" : event;
    }

    @Test
    void informsBeforeItResponds() throws Exception {
        send("GET", true);
        FutureCompletion written = inbox.next()
                .inform(103, "x-hint", "1", "connection", "close")
                .inform(103, "x-hint", "2")
                .inform(102)
                .begin(200, "x-field", "3")
                .startWrite("body", true);
        assertThat(event()).isEqualTo("103 x-hint: 1");
        assertThat(event()).isEqualTo("103 x-hint: 2");
        assertThat(event()).isEqualTo("102");
        assertThat(event()).isEqualTo("200 x-field: 3");
        assertThat(event()).isEqualTo("data body.");
        assertThat(written.await()).isTrue();
    }

    @Test
    void survivesAnInterimResponseThatIsTooLarge() throws Exception {
        send("GET", true);
        ExchangeDriver exchange = inbox.next();
        exchange.inform(103, "link", "x".repeat(1_000_000));
        FutureCompletion written =
                exchange.inform(103, "x-hint", "1").begin(200).startWrite("alive", true);
        assertThat(event()).isEqualTo("103 x-hint: 1");
        assertThat(event()).isEqualTo("200");
        assertThat(event()).isEqualTo("data alive.");
        assertThat(written.await()).isTrue();
    }

    @Test
    void asksForABodyOnlyOnceItIsRead() throws Exception {
        Stream stream = send("PUT", false, "expect", "100-continue");
        ExchangeDriver exchange = inbox.next();
        exchange.inform(103);
        assertThat(event()).isEqualTo("103");
        CompletableFuture<ExchangeDriver.Piece> piece = exchange.startRead();
        assertThat(event()).isEqualTo("100");
        sendData(stream, "abc".getBytes(ISO_8859_1), true);
        assertThat(piece.get(20, TimeUnit.SECONDS).text()).isEqualTo("abc");
        exchange.respond(200, "");
        assertThat(event()).startsWith("200");
    }

    @Test
    void passesTrailersBothWays() throws Exception {
        for (String length : new String[] {"", "6"}) {
            Stream stream = send("PUT", false);
            ExchangeDriver exchange = inbox.next();
            assertThat(sendData(stream, "abc".getBytes(ISO_8859_1), false).await())
                    .isTrue();
            assertThat(exchange.read().text()).isEqualTo("abc");
            CompletableFuture<ExchangeDriver.Piece> end = exchange.startRead();
            stream.headers(
                    new HeadersFrame(
                            stream.getId(),
                            new MetaData(
                                    HttpVersion.HTTP_2,
                                    HttpFields.build().add("x-sum", "1").add("x-sum", "2")),
                            null,
                            true),
                    Callback.NOOP);
            assertThat(end.get(20, TimeUnit.SECONDS)).isEqualTo(new ExchangeDriver.Piece("", true, false));
            assertThat(exchange.exchange().requestTrailers().all("x-sum")).containsExactly("1", "2");

            if (length.isEmpty()) {
                exchange.begin(200, "trailer", "x-sum");
            } else {
                exchange.begin(200, "trailer", "x-sum", "content-length", length);
            }
            assertThat(exchange.write("abc", false)).isTrue();
            assertThat(exchange.trailers("X-Sum", "3").write("def", true)).isTrue();
            assertThat(event()).isEqualTo("200");
            assertThat(event()).isEqualTo("data abc");
            assertThat(event()).isEqualTo("data def");
            assertThat(event()).isEqualTo("trailers x-sum: 3.");
        }
    }

    @Test
    void sendsAnAnswerOfOnePieceWithTrailers() throws Exception {
        for (String body : new String[] {"", "abc"}) {
            send("GET", true);
            ExchangeDriver exchange = inbox.next();
            assertThat(exchange.begin(200, "trailer", "x-sum")
                            .trailers("x-sum", "1")
                            .write(body, true))
                    .isTrue();
            assertThat(event()).isEqualTo("200");
            if (!body.isEmpty()) {
                assertThat(event()).isEqualTo("data abc");
            }
            assertThat(event()).isEqualTo("trailers x-sum: 1.");
        }
    }

    @Test
    void resetsAResponseThatBreaksOff() throws Exception {
        for (String length : new String[] {"", "100"}) {
            send("GET", true);
            ExchangeDriver exchange = inbox.next();
            if (length.isEmpty()) {
                exchange.begin(200);
            } else {
                exchange.begin(200, "content-length", length);
            }
            assertThat(exchange.write("some", false)).isTrue();
            assertThat(event()).isEqualTo("200");
            assertThat(event()).isEqualTo("data some");
            exchange.abort();
            assertThat(event()).isEqualTo("reset");
        }
    }

    @Test
    void resetsAResponseThatDoesNotKeepItsLength() throws Exception {
        for (String rest : new String[] {"more", "much more than that"}) {
            send("GET", true);
            ExchangeDriver exchange = inbox.next();
            exchange.begin(200, "content-length", "10");
            assertThat(exchange.write("some", false)).isTrue();
            assertThat(event()).isEqualTo("200");
            assertThat(event()).isEqualTo("data some");
            assertThat(exchange.write(rest, true)).isFalse();
            assertThat(event()).isEqualTo("reset");
        }
    }

    @Test
    void stallsASenderWhoseBodyIsNotRead() throws Exception {
        Stream stream = send("PUT", false);
        ExchangeDriver exchange = inbox.next();
        FutureCompletion sent = sendData(stream, new byte[MORE_THAN_WINDOWS_HOLD], true);
        assertThat(sent.comesWithin(1000)).isFalse();
        assertThat(exchange.readAll()).hasSize(MORE_THAN_WINDOWS_HOLD);
        assertThat(sent.await()).isTrue();
        exchange.respond(200, "");
    }
}
