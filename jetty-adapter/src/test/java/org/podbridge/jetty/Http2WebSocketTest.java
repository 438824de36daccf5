package org.podbridge.jetty;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.FutureCompletion;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RecordingListener;

/** WebSockets on streams of HTTP/2 (RFC 8441). */
class Http2WebSocketTest {

    private final CompletableFuture<RequestHead> asked = new CompletableFuture<>();
    private final RecordingListener listener = new RecordingListener();
    private HandshakeDecision decision = new HandshakeDecision.Accept(
            Optional.of("chat"), HeaderFields.of("x-custom", "1"), listener, Duration.ofMinutes(5));
    private final TestServer server = new TestServer(
            new PodbridgeHandler(request -> new Route.WebSocket(head -> {
                asked.complete(head);
                return CompletableFuture.completedStage(decision);
            })),
            new HttpConnectionFactory(new HttpConfiguration()),
            new HTTP2CServerConnectionFactory(new HttpConfiguration()));
    private final HTTP2Client client = new HTTP2Client();
    private final CompletableFuture<MetaData.Response> response = new CompletableFuture<>();
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

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

    private Stream open() throws Exception {
        InetSocketAddress address = new InetSocketAddress(
                InetAddress.getLoopbackAddress(), server.uri("http").getPort());
        Session session = client.connect(address, new Session.Listener() {}).get(20, TimeUnit.SECONDS);
        MetaData.ConnectRequest request = new MetaData.ConnectRequest(
                HttpScheme.HTTP,
                new HostPortHttpField(server.uri("http").getAuthority()),
                "/tunnel/app/chat?a=b",
                HttpFields.build().add("sec-websocket-version", "13").add("sec-websocket-protocol", "chat"),
                "websocket");
        return session.newStream(new HeadersFrame(request, null, false), new Stream.Listener() {
                    @Override
                    public void onHeaders(Stream stream, HeadersFrame frame) {
                        response.complete((MetaData.Response) frame.getMetaData());
                        stream.demand();
                    }

                    @Override
                    public void onDataAvailable(Stream stream) {
                        Stream.Data data = stream.readData();
                        if (data == null) {
                            stream.demand();
                            return;
                        }
                        ByteBuffer bytes = data.frame().getByteBuffer();
                        synchronized (received) {
                            while (bytes.hasRemaining()) {
                                received.write(bytes.get());
                            }
                            received.notifyAll();
                        }
                        boolean last = data.frame().isEndStream();
                        data.release();
                        if (!last) {
                            stream.demand();
                        }
                    }
                })
                .get(20, TimeUnit.SECONDS);
    }

    private byte[] awaitBytes(int count) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        synchronized (received) {
            while (received.size() < count && System.nanoTime() < deadline) {
                received.wait(100);
            }
            return received.toByteArray();
        }
    }

    private static void send(Stream stream, byte[] bytes) {
        stream.data(new DataFrame(stream.getId(), ByteBuffer.wrap(bytes), false), Callback.NOOP);
    }

    @Test
    void opensAWebSocketOnAStream() throws Exception {
        Stream stream = open();
        RequestHead head = asked.get(20, TimeUnit.SECONDS);
        assertThat(head.isWebSocketUpgrade()).isTrue();
        assertThat(head.target()).isEqualTo("/tunnel/app/chat?a=b");
        assertThat(head.authority()).contains(server.uri("http").getAuthority());
        MetaData.Response answer = response.get(20, TimeUnit.SECONDS);
        assertThat(answer.getStatus()).isEqualTo(200);
        assertThat(answer.getHttpFields().get("sec-websocket-protocol")).isEqualTo("chat");
        assertThat(answer.getHttpFields().get("x-custom")).isEqualTo("1");

        send(stream, RawWebSocket.frame(FIN | TEXT, "hello".getBytes(UTF_8)));
        assertThat(listener.awaitMessage().text()).isEqualTo("hello");
        FutureCompletion sent = new FutureCompletion();
        listener.awaitOpen().send(ByteBuffer.wrap("hi".getBytes(UTF_8)), MessageKind.TEXT, sent);
        assertThat(sent.await()).isTrue();
        assertThat(awaitBytes(4)).containsExactly(FIN | TEXT, 2, 'h', 'i');
        listener.awaitOpen().close(new CloseStatus(4000, ""));
        assertThat(awaitBytes(8)).endsWith(0x88, 2, 4000 >> 8, 4000 & 0xFF);
        send(stream, RawWebSocket.frame(0x88, RawWebSocket.closePayload(4000, "")));
        assertThat(listener.awaitClosed().code()).isEqualTo(4000);
    }

    @Test
    void answersARejection() throws Exception {
        decision = HandshakeDecision.Reject.withText(403, HeaderFields.of("x-custom", "1"), "no");
        open();
        assertThat(response.get(20, TimeUnit.SECONDS).getStatus()).isEqualTo(403);
        assertThat(awaitBytes(2)).containsExactly('n', 'o');
    }

    @Test
    void hearsThatTheStreamWasReset() throws Exception {
        Stream stream = open();
        listener.awaitOpen();
        stream.reset(
                new org.eclipse.jetty.http2.frames.ResetFrame(
                        stream.getId(), org.eclipse.jetty.http2.ErrorCode.CANCEL_STREAM_ERROR.code),
                Callback.NOOP);
        assertThat(listener.awaitClosed()).isEqualTo(CloseStatus.abnormal());
    }
}
