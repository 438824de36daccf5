package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.testkit.RawWebSocket.BINARY;
import static org.podbridge.testkit.RawWebSocket.CLOSE;
import static org.podbridge.testkit.RawWebSocket.CONTINUATION;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.PING;
import static org.podbridge.testkit.RawWebSocket.PONG;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.RawVisitor.Response;
import org.podbridge.testkit.RawWebSocket.Frame;

/** What every adapter must do with WebSockets, over real sockets. An adapter's test extends it and starts a server. */
public abstract class ConnectionContract {

    private static final String TARGET = "/ws?token=%41";
    private static final Duration LONG = Duration.ofMinutes(5);
    private static final long MORE_THAN_BUFFERS_HOLD = 64L << 20;

    private final List<RawVisitor> visitors = new ArrayList<>();
    private final CompletableFuture<RequestHead> asked = new CompletableFuture<>();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});
    private CompletionStage<HandshakeDecision> decision = CompletableFuture.completedFuture(
            HandshakeDecision.Reject.withText(503, HeaderFields.empty(), "the test has not decided"));

    /** Creates the suite. */
    protected ConnectionContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Tells whether the container can really stop to read.
     *
     * @return whether a pause is exact; where it isn't, nothing about pauses is checked
     */
    protected boolean canPause() {
        return true;
    }

    /**
     * Tells whether the container tells of pings; where it doesn't, it answers them unseen.
     *
     * @return whether it does
     */
    protected boolean tellsOfPings() {
        return true;
    }

    /**
     * Tells whether close frames without a code are told from those with code 1000, both ways; where they aren't, 1000
     * stands for both.
     *
     * @return whether they are
     */
    protected boolean knowsClosesWithoutCode() {
        return true;
    }

    /**
     * Tells whether the peer's answer to a close frame is awaited whatever its code; where it isn't, the socket may end
     * behind the close frame.
     *
     * @return whether it is
     */
    protected boolean awaitsAnswersToCloses() {
        return true;
    }

    /**
     * Tells whether pings are sent between the parts of a message; where they aren't, they are refused.
     *
     * @return whether they are
     */
    protected boolean pingsWithinMessages() {
        return true;
    }

    /**
     * Tells whether a close frame can be sent between the parts of a message; where it can't, the connection is cut.
     *
     * @return whether it can
     */
    protected boolean closesWithinMessages() {
        return true;
    }

    /**
     * Tells whether it is seen at once that a peer has left before its WebSocket was opened; where it isn't, the first
     * thing sent tells.
     *
     * @return whether it is seen
     */
    protected boolean seesEarlyDepartures() {
        return true;
    }

    /**
     * Tells whether the container tells of frames that hold nothing and have more to come; where it doesn't, it drops
     * them.
     *
     * @param kind of what message
     * @return whether it does
     */
    protected boolean tellsOfEmptyFrames(MessageKind kind) {
        return true;
    }

    /**
     * Tells whether frames are taken whose length is written in more bytes than it needs, which RFC 6455 forbids; where
     * they aren't, the connection is closed with 1002.
     *
     * @return whether they are
     */
    protected boolean takesLengthsThatAreTooLong() {
        return true;
    }

    @BeforeEach
    void startServer() throws Exception {
        host = start(request -> new Route.WebSocket(head -> {
            asked.complete(head);
            return decision;
        }));
    }

    @AfterEach
    void stopServer() throws Exception {
        visitors.forEach(RawVisitor::close);
        host.stop().close();
    }

    private static HandshakeDecision accept(RecordingListener listener) {
        return new HandshakeDecision.Accept(Optional.empty(), listener, LONG);
    }

    private RawVisitor visitor() {
        RawVisitor visitor = RawVisitor.connect(host.uri());
        visitors.add(visitor);
        return visitor;
    }

    private RawWebSocket open(RecordingListener listener) {
        decision = CompletableFuture.completedFuture(accept(listener));
        return RawWebSocket.open(visitor().send(RawWebSocket.handshake(TARGET, "")));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static boolean send(Connection connection, ByteBuffer message, MessageKind kind) {
        FutureCompletion completion = new FutureCompletion();
        connection.send(message, kind, completion);
        return completion.await();
    }

    private static boolean sendPart(Connection connection, byte[] part, MessageKind kind, boolean last) {
        FutureCompletion completion = new FutureCompletion();
        connection.send(ByteBuffer.wrap(part), kind, last, completion);
        return completion.await();
    }

    private void answerClose(RawWebSocket peer, int code) {
        try {
            peer.sendClose(code, "");
        } catch (UncheckedIOException e) {
            if (awaitsAnswersToCloses()) {
                throw e;
            }
        }
    }

    private static void expectEnd(RawWebSocket peer, RecordingListener listener, CloseStatus expected) {
        assertThat(listener.awaitClosed()).isEqualTo(expected);
        peer.visitor().awaitEnd();
    }

    // Handshakes

    @Test
    void asksAboutTheHandshakeWithItsHead() {
        RecordingListener listener = new RecordingListener();
        try (RawWebSocket peer = open(listener)) {
            RequestHead head = Waiting.get(asked, "question");
            assertThat(head.target()).isEqualTo(TARGET);
            assertThat(head.isWebSocketUpgrade()).isTrue();
            assertThat(head.authority()).contains("pod.example");
            listener.awaitOpen();
            peer.sendText("hello");
            assertThat(listener.awaitMessage().text()).isEqualTo("hello");
        }
    }

    @Test
    void answersARejectWithItsStatusFieldsAndBody() {
        decision = CompletableFuture.completedFuture(HandshakeDecision.Reject.withText(
                401, HeaderFields.of("WWW-Authenticate", "DPoP", "WWW-Authenticate", "Bearer"), "who are you?"));
        RawVisitor visitor = visitor().send(RawWebSocket.handshake(TARGET, ""));
        Response response = visitor.readResponse();
        assertThat(response.status()).isEqualTo(401);
        assertThat(response.fields().all("www-authenticate")).containsExactly("DPoP", "Bearer");
        assertThat(response.fields().contains("sec-websocket-accept")).isFalse();
        assertThat(response.body()).isEqualTo("who are you?");
    }

    @Test
    void answersARejectWithAnyBytes() {
        byte[] bytes = new byte[300_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        ByteBuffer body = ByteBuffer.wrap(bytes, 1, bytes.length - 1);
        decision = CompletableFuture.completedFuture(new HandshakeDecision.Reject(
                302, HeaderFields.of("location", "/login", "server", "the service"), body));
        RawVisitor visitor = visitor();
        for (int i = 0; i < 2; i++) {
            Response response = visitor.send(RawWebSocket.handshake(TARGET, "")).readResponse();
            assertThat(response.status()).isEqualTo(302);
            assertThat(response.fields().first("location")).contains("/login");
            assertThat(response.fields().all("server")).containsExactly("the service");
            assertThat(response.body().getBytes(StandardCharsets.ISO_8859_1))
                    .isEqualTo(Arrays.copyOfRange(bytes, 1, bytes.length));
        }
    }

    @Test
    void answersARejectWithoutContent() {
        decision = CompletableFuture.completedFuture(
                HandshakeDecision.Reject.withText(204, HeaderFields.empty(), "discarded"));
        RawVisitor visitor = visitor();
        assertThat(visitor.send(RawWebSocket.handshake(TARGET, "")).readHead().status())
                .isEqualTo(204);
        assertThat(visitor.send(RawWebSocket.handshake(TARGET, "")).readHead().status())
                .isEqualTo(204);
    }

    @Test
    void answersAnAcceptWithItsFields() {
        RecordingListener listener = new RecordingListener();
        HeaderFields fields = HeaderFields.of(
                "set-cookie",
                "a=b",
                "X-Field",
                "1",
                "Set-Cookie",
                "c=d",
                "Sec-WebSocket-Accept",
                "forged",
                "Sec-WebSocket-Extensions",
                "permessage-deflate",
                "Connection",
                "close",
                "Upgrade",
                "h2c",
                "Content-Length",
                "3",
                "Transfer-Encoding",
                "chunked",
                "Server",
                "the service");
        decision = CompletableFuture.completedFuture(
                new HandshakeDecision.Accept(Optional.of("chat"), fields, listener, LONG));
        RawVisitor visitor = visitor().send(RawWebSocket.handshake(TARGET, "Sec-WebSocket-Protocol: chat\r\n"));
        Response response = visitor.readHead();
        assertThat(response.status()).isEqualTo(101);
        assertThat(response.fields().all("set-cookie")).containsExactly("a=b", "c=d");
        assertThat(response.fields().all("x-field")).containsExactly("1");
        assertThat(response.fields().all("server")).containsExactly("the service");
        assertThat(response.fields().all("sec-websocket-accept")).containsExactly("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assertThat(response.fields().all("sec-websocket-protocol")).containsExactly("chat");
        assertThat(response.fields().first("upgrade").orElse("")).isEqualToIgnoringCase("websocket");
        assertThat(response.fields().contains("sec-websocket-extensions")).isFalse();
        assertThat(response.fields().contains("content-length")).isFalse();
        assertThat(response.fields().contains("transfer-encoding")).isFalse();
        visitor.send(RawWebSocket.frame(FIN | TEXT, bytes("hello").array()));
        assertThat(listener.awaitMessage().text()).isEqualTo("hello");
    }

    @Test
    void answersARejectThatIsDecidedLater() {
        CompletableFuture<HandshakeDecision> later = new CompletableFuture<>();
        decision = later;
        RawVisitor visitor = visitor().send(RawWebSocket.handshake(TARGET, ""));
        Waiting.get(asked, "question");
        later.complete(HandshakeDecision.Reject.withText(403, HeaderFields.empty(), "no"));
        assertThat(visitor.readResponse().status()).isEqualTo(403);
    }

    @Test
    void namesTheSubprotocol() {
        RecordingListener listener = new RecordingListener();
        decision =
                CompletableFuture.completedFuture(new HandshakeDecision.Accept(Optional.of("second"), listener, LONG));
        Response response = visitor()
                .send(RawWebSocket.handshake(TARGET, "Sec-WebSocket-Protocol: first, second\r\n"))
                .readHead();
        assertThat(response.status()).isEqualTo(101);
        assertThat(response.fields().all("sec-websocket-protocol")).containsExactly("second");
    }

    @Test
    void namesNoSubprotocolUnlessTold() {
        decision = CompletableFuture.completedFuture(accept(new RecordingListener()));
        Response response = visitor()
                .send(RawWebSocket.handshake(TARGET, "Sec-WebSocket-Protocol: first\r\n"))
                .readHead();
        assertThat(response.status()).isEqualTo(101);
        assertThat(response.fields().contains("sec-websocket-protocol")).isFalse();
    }

    @Test
    void doesNotNegotiateCompression() {
        decision = CompletableFuture.completedFuture(accept(new RecordingListener()));
        Response response = visitor()
                .send(RawWebSocket.handshake(TARGET, "Sec-WebSocket-Extensions: permessage-deflate\r\n"))
                .readHead();
        assertThat(response.status()).isEqualTo(101);
        assertThat(response.fields().contains("sec-websocket-extensions")).isFalse();
    }

    @Test
    void refusesWhatIsNoHandshakeWithoutAskingAboutIt() {
        for (String broken : List.of(
                RawWebSocket.handshake(TARGET, "").replace("Version: 13", "Version: 7"),
                RawWebSocket.handshake(TARGET, "").replace("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
                RawWebSocket.handshake(TARGET, "").replace("Upgrade: websocket", "Upgrade: other"),
                RawWebSocket.handshake(TARGET, "")
                        .replace("GET", "POST")
                        .replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"),
                "GET " + TARGET + " HTTP/1.1\r\nHost: pod.example\r\n\r\n")) {
            assertThat(visitor().send(broken).readResponse().status()).isBetween(400, 499);
        }
        assertThat(asked).isNotDone();
    }

    @Test
    void deliversWhatCameInOnePacketWithTheHandshake() {
        RecordingListener listener = new RecordingListener();
        decision = CompletableFuture.completedFuture(accept(listener));
        RawVisitor visitor = visitor()
                .send(RawWebSocket.join(
                        RawWebSocket.handshake(TARGET, "").getBytes(UTF_8),
                        RawWebSocket.frame(FIN | TEXT, "early".getBytes(UTF_8)),
                        RawWebSocket.frame(FIN | BINARY, RawWebSocket.pattern(20_000))));
        RawWebSocket peer = RawWebSocket.open(visitor);
        assertThat(listener.awaitMessage().text()).isEqualTo("early");
        assertThat(listener.awaitMessage().content().array()).isEqualTo(RawWebSocket.pattern(20_000));
        peer.sendText("late");
        assertThat(listener.awaitMessage().text()).isEqualTo("late");
    }

    @Test
    void deliversWhatCameBeforeALateDecision() {
        RecordingListener listener = new RecordingListener();
        CompletableFuture<HandshakeDecision> later = new CompletableFuture<>();
        decision = later;
        RawVisitor visitor = visitor()
                .send(RawWebSocket.join(
                        RawWebSocket.handshake(TARGET, "").getBytes(UTF_8),
                        RawWebSocket.frame(FIN | TEXT, "early".getBytes(UTF_8))));
        Waiting.get(asked, "question");
        visitor.send(RawWebSocket.frame(FIN | TEXT, "meanwhile".getBytes(UTF_8)));
        new Thread(() -> later.complete(accept(listener))).start();
        RawWebSocket.open(visitor).sendText("late");
        assertThat(List.of(
                        listener.awaitMessage().text(),
                        listener.awaitMessage().text(),
                        listener.awaitMessage().text()))
                .containsExactly("early", "meanwhile", "late");
    }

    @Test
    void opensOrForgetsAWebSocketWhosePeerLeftBeforeTheDecision() {
        RecordingListener listener = new RecordingListener();
        CompletableFuture<HandshakeDecision> later = new CompletableFuture<>();
        decision = later;
        RawVisitor visitor = visitor().send(RawWebSocket.handshake(TARGET, ""));
        Waiting.get(asked, "question");
        visitor.reset();
        later.complete(accept(listener));

        // Another connection shows that the server has gone on.
        RecordingListener another = new RecordingListener();
        open(another).sendText("still here");
        assertThat(another.awaitMessage().text()).isEqualTo("still here");
        if (listener.isOpened()) {
            if (!seesEarlyDepartures()) {
                listener.awaitOpen().tryPing();
            }
            assertThat(listener.awaitClosed()).isEqualTo(CloseStatus.abnormal());
        }
    }

    // Messages

    @Test
    void passesTextAndBinaryBothWays() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        Connection connection = listener.awaitOpen();
        peer.sendText("grüße \uD83D\uDE00")
                .send(FIN | BINARY, new byte[] {0, (byte) 0xFF})
                .sendText("");
        assertThat(listener.awaitMessage().text()).isEqualTo("grüße \uD83D\uDE00");
        RecordingListener.Received binary = listener.awaitMessage();
        assertThat(binary.kind()).isEqualTo(MessageKind.BINARY);
        assertThat(binary.content().array()).containsExactly(0, 0xFF);
        assertThat(listener.awaitMessage()).isEqualTo(new RecordingListener.Received(MessageKind.TEXT, bytes("")));

        assertThat(send(connection, bytes("größe"), MessageKind.TEXT)).isTrue();
        assertThat(send(connection, ByteBuffer.wrap(new byte[] {0, (byte) 0xFF}), MessageKind.BINARY))
                .isTrue();
        assertThat(send(connection, bytes(""), MessageKind.TEXT)).isTrue();
        assertThat(peer.readMessage()).isEqualTo(new Frame(TEXT, true, bytes("größe")));
        assertThat(peer.readMessage()).isEqualTo(new Frame(BINARY, true, ByteBuffer.wrap(new byte[] {0, (byte) 0xFF})));
        assertThat(peer.readMessage().text()).isEmpty();
    }

    @Test
    void sendsFromWithinOnOpenAndFromWithinCompletions() {
        RecordingListener listener = new RecordingListener() {
            @Override
            protected void opened(Connection connection) {
                sendDown(connection, 100);
            }

            private void sendDown(Connection connection, int count) {
                connection.send(bytes("message " + count), MessageKind.TEXT, new Completion() {
                    @Override
                    public void succeeded() {
                        if (count > 1) {
                            sendDown(connection, count - 1);
                        }
                    }

                    @Override
                    public void failed(Throwable cause) {}
                });
            }
        };
        RawWebSocket peer = open(listener);
        for (int i = 100; i > 0; i--) {
            assertThat(peer.readMessage().text()).isEqualTo("message " + i);
        }
    }

    @Test
    void passesBigMessagesBothWays() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        Connection connection = listener.awaitOpen();
        byte[] big = RawWebSocket.pattern(5_000_000);
        for (int opCode : List.of(TEXT, BINARY)) {
            peer.send(FIN | opCode, big);
            assertThat(listener.awaitMessage().content().array()).isEqualTo(big);
            FutureCompletion completion = new FutureCompletion();
            connection.send(
                    ByteBuffer.wrap(big.clone()), opCode == TEXT ? MessageKind.TEXT : MessageKind.BINARY, completion);
            Frame echo = peer.readMessage();
            assertThat(echo.opCode()).isEqualTo(opCode);
            assertThat(echo.payload().array()).isEqualTo(big);
            assertThat(completion.await()).isTrue();
        }
        assertThat(listener.parts()).isGreaterThan(2);
    }

    @Test
    void tellsOfEmptyFramesAndMakesNoEmptyParts() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        for (MessageKind kind : MessageKind.values()) {
            int before = listener.emptyParts();
            peer.send(kind == MessageKind.TEXT ? TEXT : BINARY, new byte[0]);
            for (int i = 0; i < 98; i++) {
                peer.send(CONTINUATION, new byte[0]);
            }
            peer.send(CONTINUATION, bytes("at last").array()).send(FIN | CONTINUATION, new byte[0]);
            assertThat(listener.awaitMessage().text()).isEqualTo("at last");
            assertThat(listener.emptyParts() - before).isEqualTo(tellsOfEmptyFrames(kind) ? 99 : 0);
        }
        byte[] whole = RawWebSocket.join(
                RawWebSocket.frame(FIN | BINARY, RawWebSocket.pattern(300)),
                RawWebSocket.frame(FIN | TEXT, RawWebSocket.pattern(70_000)),
                RawWebSocket.frame(BINARY, RawWebSocket.pattern(8_192)),
                RawWebSocket.frame(FIN | CONTINUATION, RawWebSocket.pattern(65_536)));
        int before = listener.emptyParts();
        for (int sent = 0; sent < whole.length; sent += sent < 700 ? 1 : 997) {
            peer.visitor().send(Arrays.copyOfRange(whole, sent, Math.min(whole.length, sent + (sent < 700 ? 1 : 997))));
        }
        for (int i = 0; i < 3; i++) {
            listener.awaitMessage();
        }
        assertThat(listener.emptyParts()).as("made by the container").isEqualTo(before);
    }

    @Test
    void keepsARetainedPartBeyondItsCall() {
        List<Chunk> kept = new ArrayList<>();
        RecordingListener listener = new RecordingListener() {
            @Override
            protected void received(Chunk part, MessageKind kind, boolean last) {
                kept.add(part.retain());
            }
        };
        RawWebSocket peer = open(listener);
        byte[] message = RawWebSocket.pattern(300_000);
        for (int i = 0; i < 10; i++) {
            peer.send(FIN | BINARY, message);
        }
        for (int i = 0; i < 10; i++) {
            listener.awaitMessage();
        }
        ByteBuffer all = ByteBuffer.allocate(10 * message.length);
        kept.forEach(part -> all.put(part.data().duplicate()));
        kept.forEach(Chunk::release);
        for (int i = 0; i < 10; i++) {
            assertThat(Arrays.copyOfRange(all.array(), i * message.length, (i + 1) * message.length))
                    .isEqualTo(message);
        }
    }

    @Test
    void sendsAMessageInPartsThatAreCutWithinItsCharacters() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        Connection connection = listener.awaitOpen();
        String text = "a\u00E9\u20AC\uD83D\uDE00";
        byte[] utf8 = text.getBytes(UTF_8);
        for (int i = 0; i < utf8.length; i++) {
            boolean last = i == utf8.length - 1;
            assertThat(sendPart(connection, new byte[] {utf8[i]}, MessageKind.TEXT, last))
                    .isTrue();
        }
        assertThat(peer.readMessage()).isEqualTo(new Frame(TEXT, true, bytes(text)));
        assertThat(sendPart(connection, new byte[] {1}, MessageKind.BINARY, false))
                .isTrue();
        assertThat(sendPart(connection, new byte[0], MessageKind.BINARY, true)).isTrue();
        assertThat(peer.readMessage()).isEqualTo(new Frame(BINARY, true, ByteBuffer.wrap(new byte[] {1})));
        assertThat(send(connection, bytes("whole again"), MessageKind.TEXT)).isTrue();
        assertThat(peer.readMessage().text()).isEqualTo("whole again");
    }

    @Test
    void sendsAPartBeforeTheNextOneIsThere() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        assertThat(sendPart(listener.awaitOpen(), bytes("at once").array(), MessageKind.TEXT, false))
                .isTrue();
        assertThat(peer.readFrame()).isEqualTo(new Frame(TEXT, false, bytes("at once")));
    }

    @Test
    void sendsABigMessageInManyParts() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        byte[] part = RawWebSocket.pattern(30_000);
        ByteBuffer all = ByteBuffer.allocate(100 * part.length);
        for (int i = 0; i < 100; i++) {
            all.put(part);
        }
        listener.awaitOpen().send(ByteBuffer.wrap(part.clone()), MessageKind.BINARY, false, new Completion() {
            private int sent = 1;

            @Override
            public void succeeded() {
                sent++;
                if (sent <= 100) {
                    listener.awaitOpen().send(ByteBuffer.wrap(part.clone()), MessageKind.BINARY, sent == 100, this);
                }
            }

            @Override
            public void failed(Throwable cause) {}
        });
        assertThat(peer.readMessage()).isEqualTo(new Frame(BINARY, true, all.flip()));
    }

    @Test
    void sendsPingsAndPongsBetweenTheParts() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        Connection connection = listener.awaitOpen();
        assertThat(sendPart(connection, bytes("one, ").array(), MessageKind.TEXT, false))
                .isTrue();
        assertThat(peer.readFrame()).isEqualTo(new Frame(TEXT, false, bytes("one, ")));
        assertThat(connection.tryPing()).isEqualTo(pingsWithinMessages());
        if (pingsWithinMessages()) {
            assertThat(peer.readFrame().opCode()).isEqualTo(PING);
        }
        peer.send(FIN | PING, bytes("and you?").array());
        assertThat(peer.readFrame()).isEqualTo(new Frame(PONG, true, bytes("and you?")));
        assertThat(sendPart(connection, bytes("two").array(), MessageKind.TEXT, true))
                .isTrue();
        assertThat(peer.readFrame()).isEqualTo(new Frame(CONTINUATION, true, bytes("two")));
    }

    @Test
    void closesInTheMiddleOfAMessageThatItSends() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        Connection connection = listener.awaitOpen();
        assertThat(sendPart(connection, bytes("begun").array(), MessageKind.TEXT, false))
                .isTrue();
        connection.close(new CloseStatus(1001, "bye"));
        if (!closesWithinMessages()) {
            expectEnd(peer, listener, CloseStatus.abnormal());
            return;
        }
        assertThat(peer.readFrame()).isEqualTo(new Frame(TEXT, false, bytes("begun")));
        assertThat(peer.readClose()).isEqualTo(new CloseStatus(1001, "bye"));
        answerClose(peer, 1001);
        assertThat(listener.awaitClosed().code()).isEqualTo(1001);
        assertThat(sendPart(connection, bytes("too late").array(), MessageKind.TEXT, true))
                .isFalse();
    }

    @Test
    void closesWithoutACode() {
        Assumptions.assumeTrue(knowsClosesWithoutCode(), "the container knows no close frame without a code");
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        listener.awaitOpen().close(new CloseStatus(CloseStatus.NO_STATUS, ""));
        Frame close = peer.readFrame();
        assertThat(close.opCode()).isEqualTo(CLOSE);
        assertThat(close.payload().hasRemaining()).isFalse();
        peer.send(FIN | CLOSE, new byte[0]);
        assertThat(listener.awaitClosed().code()).isEqualTo(CloseStatus.NO_STATUS);
    }

    @Test
    void talksToAnOrdinaryClient() {
        RecordingListener listener = new RecordingListener();
        decision = CompletableFuture.completedFuture(new HandshakeDecision.Accept(Optional.of("chat"), listener, LONG));
        CompletableFuture<String> received = new CompletableFuture<>();
        CompletableFuture<Integer> closed = new CompletableFuture<>();
        WebSocket client = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .subprotocols("chat")
                .buildAsync(URI.create("ws" + host.uri().toString().substring(4) + "/ws"), new WebSocket.Listener() {
                    private final StringBuilder message = new StringBuilder();

                    @Override
                    public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
                        message.append(data);
                        if (last) {
                            received.complete(message.toString());
                        }
                        webSocket.request(1);
                        return CompletableFuture.completedFuture(null);
                    }

                    @Override
                    public CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
                        closed.complete(statusCode);
                        return CompletableFuture.completedFuture(null);
                    }
                })
                .join();
        assertThat(client.getSubprotocol()).isEqualTo("chat");
        client.sendText("to ", false).thenCompose(c -> c.sendText("you", true)).join();
        assertThat(listener.awaitMessage().text()).isEqualTo("to you");
        String big = "ä".repeat(1_000_000);
        assertThat(send(listener.awaitOpen(), bytes(big), MessageKind.TEXT)).isTrue();
        assertThat(Waiting.get(received, "message")).isEqualTo(big);
        listener.awaitOpen().close(new CloseStatus(CloseStatus.POLICY_VIOLATION, "enough"));
        assertThat(Waiting.get(closed, "close")).isEqualTo(CloseStatus.POLICY_VIOLATION);
        assertThat(listener.awaitClosed().code()).isEqualTo(CloseStatus.POLICY_VIOLATION);
    }

    // Pings and pauses

    @Test
    void answersPingsAndTellsThemFromPongs() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        peer.send(FIN | PING, bytes("are you there?").array());
        assertThat(peer.readFrame()).isEqualTo(new Frame(PONG, true, bytes("are you there?")));
        if (tellsOfPings()) {
            assertThat(listener.hasPing()).as("told before it is answered").isTrue();
        }
        assertThat(listener.hasPong()).isFalse();
        peer.send(FIN | PONG, new byte[0]);
        listener.awaitPong();
    }

    @Test
    void sendsPings() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        for (int i = 0; i < 3; i++) {
            assertThat(listener.awaitOpen().tryPing()).isTrue();
            Frame ping = peer.readFrame();
            assertThat(ping.opCode()).isEqualTo(PING);
            peer.send(FIN | PONG, ping.payload().array());
            listener.awaitPong();
        }
    }

    @Test
    void stopsAndResumesReading() {
        Assumptions.assumeTrue(canPause(), "the container can't pause");
        RecordingListener listener = new RecordingListener() {
            @Override
            protected void opened(Connection connection) {
                connection.pause(true);
            }
        };
        RawWebSocket peer = open(listener);
        // The flood's zero bytes are the payload of these frames: 64 KiB each, masked with nothing.
        byte[] unmaskedHead = ByteBuffer.allocate(14)
                .put((byte) (FIN | BINARY))
                .put((byte) (0x80 | 127))
                .putLong(MORE_THAN_BUFFERS_HOLD)
                .putInt(0)
                .array();
        peer.visitor().send(unmaskedHead);
        Flood flood = peer.visitor().flood(MORE_THAN_BUFFERS_HOLD);
        assertThat(flood.awaitStall()).isTrue();
        assertThat(listener.unreadMessages()).isZero();

        listener.awaitOpen().pause(false);
        flood.awaitEnd();
        assertThat(listener.awaitMessage().content().remaining()).isEqualTo((int) MORE_THAN_BUFFERS_HOLD);
        listener.awaitOpen().pause(true);
        listener.awaitOpen().pause(false);
        peer.sendText("and on");
        assertThat(listener.awaitMessage().text()).isEqualTo("and on");
    }

    @Test
    void seesTheAnswerToACloseInSpiteOfAPause() {
        RecordingListener listener = new RecordingListener() {
            @Override
            protected void opened(Connection connection) {
                connection.pause(true);
            }
        };
        RawWebSocket peer = open(listener);
        peer.sendText("unread");
        assertThat(new FutureCompletion().comesWithin(200)).isFalse(); // onOpen has returned by then
        listener.awaitOpen().close(new CloseStatus(CloseStatus.GOING_AWAY, "bye"));
        assertThat(peer.readClose()).isEqualTo(new CloseStatus(CloseStatus.GOING_AWAY, "bye"));
        answerClose(peer, CloseStatus.GOING_AWAY);
        assertThat(listener.awaitClosed().code()).isEqualTo(CloseStatus.GOING_AWAY);
        peer.visitor().awaitEnd();
    }

    // Ends

    @Test
    void hearsThePeersCloseOnce() {
        for (CloseStatus status : List.of(
                new CloseStatus(1000, "done"),
                new CloseStatus(1001, ""),
                new CloseStatus(4321, "größe"),
                new CloseStatus(3000, ""))) {
            RecordingListener listener = new RecordingListener();
            RawWebSocket peer = open(listener);
            peer.sendText("last words").sendClose(status.code(), status.reason());
            assertThat(peer.readClose().code()).isEqualTo(status.code());
            expectEnd(peer, listener, status);
            assertThat(listener.awaitMessage().text()).isEqualTo("last words");
        }
    }

    @Test
    void hearsACloseWithoutACode() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        peer.send(FIN | CLOSE, new byte[0]);
        assertThat(peer.readClose().code()).isIn(CloseStatus.NO_STATUS, CloseStatus.NORMAL);
        expectEnd(
                peer,
                listener,
                new CloseStatus(knowsClosesWithoutCode() ? CloseStatus.NO_STATUS : CloseStatus.NORMAL, ""));
    }

    @Test
    void closesWithCodeAndReason() {
        for (CloseStatus status : List.of(
                new CloseStatus(1000, "done"),
                new CloseStatus(1001, "the server stops"),
                new CloseStatus(1008, "not allowed"),
                new CloseStatus(1009, "too big"),
                new CloseStatus(1011, ""),
                new CloseStatus(1013, "slow"),
                new CloseStatus(4409, "replaced"))) {
            RecordingListener listener = new RecordingListener();
            RawWebSocket peer = open(listener);
            Connection connection = listener.awaitOpen();
            assertThat(send(connection, bytes("first this"), MessageKind.TEXT)).isTrue();
            connection.close(status);
            connection.close(new CloseStatus(1000, "again"));
            assertThat(connection.tryPing()).isFalse();
            assertThat(peer.readMessage().text()).isEqualTo("first this");
            assertThat(peer.readClose()).isEqualTo(status);
            if (awaitsAnswersToCloses()) {
                peer.sendText("too late");
            }
            answerClose(peer, status.code());
            assertThat(listener.awaitClosed().code()).isEqualTo(status.code());
            peer.visitor().awaitEnd();
            assertThat(listener.unreadMessages()).isZero();
        }
    }

    @Test
    void closesFromWithinOnOpen() {
        RecordingListener listener = new RecordingListener() {
            @Override
            protected void opened(Connection connection) {
                connection.close(new CloseStatus(1008, "no"));
            }
        };
        RawWebSocket peer = open(listener);
        assertThat(peer.readClose()).isEqualTo(new CloseStatus(1008, "no"));
        answerClose(peer, 1008);
        assertThat(listener.awaitClosed().code()).isEqualTo(1008);
    }

    @Test
    void abortsFromWithinOnOpen() {
        RecordingListener listener = new RecordingListener() {
            @Override
            protected void opened(Connection connection) {
                connection.abort();
                connection.abort();
            }
        };
        decision = CompletableFuture.completedFuture(accept(listener));
        RawVisitor visitor = visitor().send(RawWebSocket.handshake(TARGET, ""));
        assertThat(listener.awaitClosed()).isEqualTo(CloseStatus.abnormal());
        visitor.awaitEnd();
    }

    @Test
    void endsTheSocketOfAPeerThatDoesNotAnswerAClose() {
        RecordingListener listener = new RecordingListener();
        decision = CompletableFuture.completedFuture(
                new HandshakeDecision.Accept(Optional.empty(), listener, Duration.ofMillis(50)));
        RawWebSocket peer = RawWebSocket.open(visitor().send(RawWebSocket.handshake(TARGET, "")));
        listener.awaitOpen().close(new CloseStatus(1001, "bye"));
        assertThat(peer.readClose().code()).isEqualTo(1001);
        peer.visitor().awaitEnd();
        assertThat(listener.awaitClosed().code()).isIn(CloseStatus.ABNORMAL, 1001);
    }

    @Test
    void endsTheSocketOfAPeerThatDoesNotReadAClose() {
        RecordingListener listener = new RecordingListener();
        decision = CompletableFuture.completedFuture(
                new HandshakeDecision.Accept(Optional.empty(), listener, Duration.ofMillis(50)));
        RawWebSocket.open(visitor().send(RawWebSocket.handshake(TARGET, "")));
        FutureCompletion stuck = new FutureCompletion();
        listener.awaitOpen().send(ByteBuffer.allocate(32 << 20), MessageKind.BINARY, stuck);
        listener.awaitOpen().close(new CloseStatus(1001, "bye"));
        assertThat(listener.awaitClosed().code()).isIn(CloseStatus.ABNORMAL, 1001);
        assertThat(stuck.await()).isFalse();
    }

    @Test
    void endsTheSocketOfAPeerThatClosesAndDoesNotRead() {
        RecordingListener listener = new RecordingListener();
        decision = CompletableFuture.completedFuture(
                new HandshakeDecision.Accept(Optional.empty(), listener, Duration.ofMillis(50)));
        RawWebSocket peer = RawWebSocket.open(visitor().send(RawWebSocket.handshake(TARGET, "")));
        FutureCompletion stuck = new FutureCompletion();
        listener.awaitOpen().send(ByteBuffer.allocate(32 << 20), MessageKind.BINARY, stuck);
        peer.sendClose(1000, "");
        assertThat(listener.awaitClosed().code()).isIn(CloseStatus.ABNORMAL, 1000);
        assertThat(stuck.await()).isFalse();
    }

    @Test
    void abortsAnOutstandingSend() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        Connection connection = listener.awaitOpen();
        FutureCompletion stuck = new FutureCompletion();
        connection.send(ByteBuffer.allocate(32 << 20), MessageKind.BINARY, stuck);
        assertThat(stuck.comesWithin(500)).isFalse();
        connection.abort();
        assertThat(stuck.await()).isFalse();
        expectEnd(peer, listener, CloseStatus.abnormal());
        connection.abort();
        assertThat(send(connection, bytes("late"), MessageKind.TEXT)).isFalse();
        assertThat(connection.tryPing()).isFalse();
        connection.close(new CloseStatus(1000, "late"));
        connection.pause(true);
        connection.pause(false);
        assertThat(listener.awaitClosed()).isEqualTo(CloseStatus.abnormal());
    }

    @Test
    void completesASendWhenThePeerReads() {
        RecordingListener listener = new RecordingListener();
        RawWebSocket peer = open(listener);
        FutureCompletion completion = new FutureCompletion();
        listener.awaitOpen().send(ByteBuffer.allocate(32 << 20), MessageKind.BINARY, completion);
        assertThat(completion.comesWithin(500)).isFalse();
        assertThat(peer.readMessage().payload().remaining()).isEqualTo(32 << 20);
        assertThat(completion.await()).isTrue();
    }

    @Test
    void seesACutConnectionAsAbnormal() {
        RecordingListener ended = new RecordingListener();
        RawWebSocket peer = open(ended);
        ended.awaitOpen();
        peer.close();
        assertThat(ended.awaitClosed()).isEqualTo(CloseStatus.abnormal());

        RecordingListener reset = new RecordingListener();
        RawWebSocket another = open(reset);
        reset.awaitOpen();
        another.send(TEXT, bytes("in the middle of").array());
        another.visitor().reset();
        assertThat(reset.awaitClosed()).isEqualTo(CloseStatus.abnormal());
        assertThat(reset.unreadMessages()).isZero();
    }

    /** Only how a frame ends matters to those behind; what would be wrong is to lose count of its bytes. */
    @Test
    void takesLengthsInMoreBytesThanNeededAtTheirWordOrRefusesThem() {
        for (int length : new int[] {5, 125, 300, 65_535}) {
            boolean inTwoBytes = length < 126;
            byte[] head = inTwoBytes
                    ? new byte[] {(byte) (FIN | TEXT), (byte) (0x80 | 126), 0, (byte) length}
                    : new byte[] {
                        (byte) (FIN | TEXT), (byte) (0x80 | 127), 0, 0, 0, 0, 0, 0, (byte) (length >> 8), (byte) length
                    };
            byte[] text = RawWebSocket.pattern(length);
            RecordingListener listener = new RecordingListener();
            RawWebSocket peer = open(listener);
            listener.awaitOpen();
            byte[] unmasked = new byte[4];
            peer.visitor().send(RawWebSocket.join(head, unmasked, text));
            if (takesLengthsThatAreTooLong()) {
                peer.sendText("next");
                assertThat(listener.awaitMessage().content().array()).isEqualTo(text);
                assertThat(listener.awaitMessage().text()).isEqualTo("next");
            } else {
                assertThat(peer.readClose().code()).isEqualTo(CloseStatus.PROTOCOL_ERROR);
                peer.visitor().awaitEnd();
                listener.awaitClosed();
                assertThat(listener.unreadMessages()).isZero();
            }
        }
    }
}
