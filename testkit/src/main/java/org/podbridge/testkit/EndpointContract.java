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

import java.net.URI;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Podbridge;
import org.podbridge.Router;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.RawVisitor.Response;

/**
 * What Podbridge's own endpoints must do behind every adapter, over real sockets: who is let in from which page, what
 * becomes of handshakes and frames that nobody should send, and how a visitor gets beyond the page before a tunnel. An
 * adapter's test extends it and starts a server.
 *
 * <p>The cookie {@code sid} stands for a session of the embedding server, and the token {@code alice} for a credential
 * that no browser sends by itself.
 */
public abstract class EndpointContract {

    private static final WebId ALICE = WebId.of("https://alice.example/card#me");
    private static final String COOKIE = "Cookie: sid=1\r\n";
    private static final String TOKEN = "Authorization: Bearer alice\r\n";
    private static final String NAVIGATION = "Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    private static final List<String> ENDPOINTS = List.of("/.webrtc", "/.tunnel");

    private final List<RawVisitor> visitors = new ArrayList<>();
    private final Podbridge podbridge = Podbridge.builder()
            .publicUri(URI.create("https://pod.example"))
            .authProvider(AuthProvider.firstOf(
                    AuthProvider.fixed(Map.of("alice", ALICE)),
                    AuthProvider.host(request -> request.fields()
                            .first("cookie")
                            .filter("sid=1"::equals)
                            .map(cookie -> Identity.builder(ALICE, "session")
                                    .ambient(true)
                                    .build()))))
            .accessPolicy(AccessPolicy.anyAuthenticated())
            .interstitial(true)
            .build();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});

    /** Creates the suite. */
    protected EndpointContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Tells whether a frame is refused for a length that nobody can mean; where it isn't, the container waits for its
     * bytes until the peer counts as silent.
     *
     * @return whether it is refused
     */
    protected boolean refusesAbsurdLengths() {
        return true;
    }

    /**
     * Tells whether the container tells of frames within a message that hold nothing; otherwise core can't count them.
     *
     * @return whether they are counted
     */
    protected boolean tellsOfEmptyFrames() {
        return true;
    }

    /**
     * Tells whether the container tells of pings; where it doesn't, it answers them unseen, and core can't count them.
     *
     * @return whether they are counted
     */
    protected boolean tellsOfPings() {
        return true;
    }

    @BeforeEach
    void startServer() throws Exception {
        host = start(podbridge);
    }

    @AfterEach
    void stopServer() throws Exception {
        visitors.forEach(RawVisitor::close);
        podbridge.close();
        host.stop().close();
    }

    private RawVisitor visitor() {
        RawVisitor visitor = RawVisitor.connect(host.uri());
        visitors.add(visitor);
        return visitor;
    }

    private Response answer(String request) {
        return visitor().send(request).readHead();
    }

    private RawWebSocket open(String target, String fields) {
        return RawWebSocket.open(visitor().send(RawWebSocket.handshake(target, fields)));
    }

    /** Opens signaling as an agent, and reads what it is told first. */
    private RawWebSocket signaling() {
        RawWebSocket socket = open("/.webrtc", TOKEN);
        assertThat(socket.readMessage().text()).contains("\"type\":\"peers\"");
        return socket;
    }

    /** Tells whether a page gets in; one that doesn't is told so and closed, since a page can't see a status. */
    private boolean isLetIn(String target, String fields) {
        RawWebSocket socket = open(target, fields);
        socket.sendText("{\"type\":\"register\",\"name\":\"app\"}");
        String told = socket.readMessage().text();
        if (told.contains("\"type\":\"error\"")) {
            assertThat(socket.readClose().code()).isEqualTo(CloseStatus.POLICY_VIOLATION);
            return false;
        }
        assertThat(told).containsAnyOf("\"type\":\"peers\"", "\"type\":\"registered\"");
        socket.close();
        return true;
    }

    private static String origin(String value) {
        return "Origin: " + value + "\r\n";
    }

    // Pages

    @Test
    void takesASessionForTheVisitorsWishOnPagesOfThePodAlone() {
        for (String target : ENDPOINTS) {
            for (String own : List.of("https://pod.example", "https://pod.example:443", "HTTPS://POD.Example")) {
                assertThat(isLetIn(target, COOKIE + origin(own))).as(own).isTrue();
            }
            for (String other : List.of(
                    "null",
                    "https://evil.example",
                    "https://pod.example.evil",
                    "https://evil.pod.example",
                    "http://pod.example",
                    "https://pod.example:8443",
                    "https://pod.example@evil.example",
                    "https://pod.exampl\u00e9",
                    "pod.example",
                    "https://pod.example, https://pod.example",
                    "x")) {
                assertThat(isLetIn(target, COOKIE + origin(other))).as(other).isFalse();
            }
            assertThat(answer(RawWebSocket.handshake(target, COOKIE)).status()).isEqualTo(403);
        }
        assertThat(podbridge.diagnostics().tunnelNames()).isLessThanOrEqualTo(1);
    }

    @Test
    void lendsNobodyASessionThatIsNotThere() {
        for (String target : ENDPOINTS) {
            for (String page : List.of("https://pod.example", "null", "https://evil.example")) {
                assertThat(isLetIn(target, origin(page))).as(page).isFalse();
            }
            assertThat(answer(RawWebSocket.handshake(target, "")).status()).isEqualTo(401);
        }
    }

    @Test
    void letsAnyPageInThatHasACredentialOfItsOwn() {
        for (String target : ENDPOINTS) {
            for (String page : List.of("https://app.example", "null", "https://pod.example")) {
                assertThat(isLetIn(target, TOKEN + origin(page))).as(page).isTrue();
            }
            assertThat(isLetIn(target, TOKEN)).isTrue();
        }
    }

    @Test
    void answers400ToTwoOriginsAndToOneThatIsNone() {
        String own = origin("https://pod.example");
        for (String target : ENDPOINTS) {
            for (String credential : List.of(COOKIE, TOKEN, "")) {
                for (String origins :
                        List.of(own + own, own + origin("null"), origin("https://" + "x".repeat(3_000)))) {
                    assertThat(answer(RawWebSocket.handshake(target, credential + origins))
                                    .status())
                            .as(target + credential)
                            .isEqualTo(400);
                    assertThat(answer("POST " + target + " HTTP/1.1\r\nHost: pod.example\r\nContent-Length: 0\r\n"
                                            + credential + origins + "\r\n")
                                    .status())
                            .isEqualTo(400);
                }
            }
        }
        assertThat(podbridge.diagnostics().unusedTickets()).isZero();
    }

    @Test
    void givesNoTicketForASessionOfWhichAnotherSitesPageMakesUse() {
        for (String target : ENDPOINTS) {
            for (String page : List.of(origin("https://evil.example"), origin("null"), "")) {
                assertThat(answer("POST " + target + " HTTP/1.1\r\nHost: pod.example\r\nContent-Length: 0\r\n" + COOKIE
                                        + page + "\r\n")
                                .status())
                        .isEqualTo(403);
            }
        }
        assertThat(podbridge.diagnostics().unusedTickets()).isZero();
    }

    // Handshakes

    @Test
    void opensNothingForWhatIsNoHandshake() {
        String right = RawWebSocket.handshake("/.webrtc", TOKEN);
        String key = "dGhlIHNhbXBsZSBub25jZQ==";
        Map<String, String> broken = Map.of(
                "version 8",
                right.replace("Version: 13", "Version: 8"),
                "version 14",
                right.replace("Version: 13", "Version: 14"),
                "no version",
                right.replace("Sec-WebSocket-Version: 13\r\n", ""),
                "no key",
                right.replace("Sec-WebSocket-Key: " + key + "\r\n", ""),
                "no upgrade",
                right.replace("Upgrade: websocket\r\n", ""),
                "another method",
                right.replace("GET", "PUT").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"),
                "HTTP/1.0",
                right.replace("HTTP/1.1", "HTTP/1.0"));
        broken.forEach((what, handshake) -> {
            Response response = answer(handshake);
            assertThat(response.status()).as(what).isNotEqualTo(101).isGreaterThanOrEqualTo(400);
        });
        assertThat(podbridge.diagnostics().connections()).isZero();
    }

    /** Containers differ in what they let pass of it; what is open then is a WebSocket like any other. */
    @Test
    void standsHandshakesThatAreOdd() {
        String right = RawWebSocket.handshake("/.webrtc", TOKEN);
        String key = "dGhlIHNhbXBsZSBub25jZQ==";
        String deflate = "Sec-WebSocket-Extensions: permessage-deflate; ";
        Map<String, String> odd = Map.of(
                "too short a key",
                right.replace(key, "dGhlIHNhbXBsZQ=="),
                "too long a key",
                right.replace(key, "dGhlIHNhbXBsZSBub25jZSBhbmQgbW9yZQ=="),
                "a key that is no base64",
                right.replace(key, "???"),
                "two keys",
                right.replace("Sec-WebSocket-Key: ", "Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Key: "),
                "content",
                right.replace("\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello"),
                "two protocols",
                right.replace("Upgrade: websocket", "Upgrade: websocket, h2c"),
                "a window of 99 bits",
                RawWebSocket.handshake("/.webrtc", TOKEN + deflate + "server_max_window_bits=99\r\n"),
                "a parameter that is none",
                RawWebSocket.handshake("/.webrtc", TOKEN + deflate + "=;\"\r\n"));
        odd.forEach((what, handshake) -> {
            RawVisitor visitor = visitor().send(handshake);
            Response response = visitor.readHead();
            assertThat(response.status()).as(what).isIn(101, 400, 426);
            assertThat(response.fields().contains("sec-websocket-extensions")).isFalse();
            if (response.status() == 101) {
                RawVisitor.untilReset(visitor::read); // it may open behind its answer only
            }
        });
        visitors.forEach(RawVisitor::close);
        Waiting.until(() -> podbridge.diagnostics().connections() == 0, "end of all connections");
        signaling();
    }

    @Test
    void opensAHandshakeWithThingsThatItDoesNotKnow() {
        String protocols = IntStream.range(0, 1_000).mapToObj(i -> "p" + i).collect(Collectors.joining(", "));
        for (String fields : List.of(
                "Sec-WebSocket-Protocol: " + protocols + "\r\n",
                "Sec-WebSocket-Extensions: x-unknown; a=b\r\n",
                "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")) {
            Response response = answer(RawWebSocket.handshake("/.webrtc", TOKEN + fields));
            assertThat(response.status()).isEqualTo(101);
            assertThat(response.fields().contains("sec-websocket-extensions")).isFalse();
            assertThat(response.fields().contains("sec-websocket-protocol")).isFalse();
        }
    }

    // Frames

    private void isClosed(RawWebSocket socket, int... codes) {
        assertThat(codes).contains(socket.readClose().code());
        socket.visitor().awaitEnd();
    }

    @Test
    void closesOnFramesThatNobodyMaySend() {
        List<byte[]> broken = new ArrayList<>(List.of(
                new byte[] {(byte) (FIN | TEXT), 2, 'h', 'i'}, // not masked
                RawWebSocket.frame(FIN | 0x40 | TEXT, new byte[2]),
                RawWebSocket.frame(FIN | 0x20 | TEXT, new byte[2]),
                RawWebSocket.frame(FIN | 0x10 | BINARY, new byte[2]),
                RawWebSocket.frame(FIN | PING, new byte[126]),
                RawWebSocket.frame(PING, new byte[1]),
                RawWebSocket.frame(CLOSE, RawWebSocket.closePayload(1000, "")),
                RawWebSocket.frame(FIN | CONTINUATION, new byte[1]),
                RawWebSocket.frame(CONTINUATION, new byte[1]),
                RawWebSocket.join(RawWebSocket.frame(TEXT, new byte[1]), RawWebSocket.frame(BINARY, new byte[1])),
                RawWebSocket.frame(FIN | CLOSE, new byte[1])));
        IntStream.of(3, 4, 5, 6, 7, 11, 12, 13, 14, 15)
                .forEach(opCode -> broken.add(RawWebSocket.frame(FIN | opCode, new byte[1])));
        IntStream.of(0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)
                .forEach(code -> broken.add(RawWebSocket.frame(FIN | CLOSE, RawWebSocket.closePayload(code, ""))));
        for (byte[] frames : broken) {
            RawWebSocket socket = signaling();
            socket.visitor().send(frames);
            isClosed(socket, CloseStatus.PROTOCOL_ERROR);
        }
    }

    @Test
    void closesOnALengthThatNoMessageHas() {
        Assumptions.assumeTrue(refusesAbsurdLengths(), "the container waits for the bytes");
        for (long length : new long[] {Long.MIN_VALUE, Long.MAX_VALUE, 1L << 40}) {
            RawWebSocket socket = signaling();
            byte[] head = ByteBuffer.allocate(14)
                    .put((byte) (FIN | TEXT))
                    .put((byte) (0x80 | 127))
                    .putLong(length)
                    .putInt(0)
                    .array();
            socket.visitor().send(head);
            isClosed(socket, CloseStatus.PROTOCOL_ERROR, CloseStatus.TOO_BIG);
        }
    }

    @Test
    void closesOnTextThatIsNone() {
        byte[] surrogate = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};
        for (byte[] frames : List.of(
                RawWebSocket.frame(FIN | TEXT, surrogate),
                RawWebSocket.frame(FIN | TEXT, new byte[] {(byte) 0xC0, (byte) 0xAF}),
                RawWebSocket.frame(FIN | TEXT, new byte[] {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80}),
                RawWebSocket.frame(FIN | TEXT, new byte[] {'"', (byte) 0xE2, (byte) 0x82}),
                RawWebSocket.join(
                        RawWebSocket.frame(TEXT, surrogate), RawWebSocket.frame(CONTINUATION, "x".getBytes(UTF_8))),
                RawWebSocket.frame(
                        FIN | CLOSE, RawWebSocket.join(new byte[] {(byte) (1000 >> 8), (byte) 1000}, surrogate)))) {
            RawWebSocket socket = signaling();
            socket.visitor().send(frames);
            isClosed(socket, CloseStatus.INVALID_PAYLOAD, CloseStatus.PROTOCOL_ERROR);
        }
    }

    @Test
    void takesAMessageOfTheLargestSizeAndRefusesOneMoreByteHoweverItIsCut() {
        RawWebSocket socket = signaling();
        byte[] largest = padded(64 * 1024);
        socket.send(FIN | TEXT, largest);
        assertThat(socket.readMessage().text()).contains("Missing");
        byte[] tooLarge = padded(64 * 1024 + 1);
        socket.send(FIN | TEXT, tooLarge);
        assertThat(socket.readMessage().text()).contains("Message too large");
        socket.send(TEXT, padded(40_000)).send(CONTINUATION, new byte[0]).send(FIN | CONTINUATION, padded(30_000));
        assertThat(socket.readMessage().text()).contains("Message too large");
        socket.send(FIN | TEXT, largest);
        assertThat(socket.readMessage().text()).contains("Missing");
    }

    private static byte[] padded(int length) {
        String start = "{\"type\":\"nothing\",\"x\":\"";
        return (start + "x".repeat(length - start.length() - 2) + "\"}").getBytes(UTF_8);
    }

    @Test
    void holdsEmptyFramesToTheRateOfMessagesOrStandsThem() {
        RawWebSocket socket = signaling();
        byte[] empty = RawWebSocket.frame(CONTINUATION, new byte[0]);
        byte[] thousand =
                RawWebSocket.join(Stream.generate(() -> empty).limit(1_000).toArray(byte[][]::new));
        socket.send(TEXT, "{\"type\":".getBytes(UTF_8));
        if (tellsOfEmptyFrames()) {
            socket.visitor().send(thousand).send(thousand);
            assertThat(socket.readClose().code()).isEqualTo(CloseStatus.TOO_OFTEN);
            return;
        }
        for (int i = 0; i < 20; i++) {
            socket.visitor().send(thousand);
        }
        socket.send(FIN | CONTINUATION, "\"nothing\"}".getBytes(UTF_8));
        assertThat(socket.readMessage().text()).contains("Missing");
        assertThat(podbridge.diagnostics().bufferedBytes()).isZero();
    }

    @Test
    void answersPingsAndTakesPongsThatNobodyAskedFor() {
        RawWebSocket socket = signaling();
        for (int i = 0; i < 200; i++) {
            socket.send(FIN | PONG, new byte[] {(byte) i});
            socket.send(FIN | PING, new byte[] {(byte) i});
            assertThat(socket.readFrame().opCode()).isEqualTo(PONG);
        }
        socket.sendText("{\"type\":\"nothing\"}");
        assertThat(socket.readMessage().text()).contains("Missing");
    }

    @Test
    void holdsPingsToTheRateOfMessagesOrAnswersThem() {
        RawWebSocket socket = signaling();
        byte[] ping = RawWebSocket.frame(FIN | PING, new byte[0]);
        byte[] thousand =
                RawWebSocket.join(Stream.generate(() -> ping).limit(1_000).toArray(byte[][]::new));
        socket.visitor().send(thousand).send(thousand);
        if (tellsOfPings()) {
            assertThat(socket.readClose().code()).isEqualTo(CloseStatus.TOO_OFTEN);
            return;
        }
        socket.sendText("{\"type\":\"nothing\"}");
        RawWebSocket.Frame frame = socket.readFrame();
        while (frame.opCode() == PONG) {
            frame = socket.readFrame();
        }
        assertThat(frame.text()).contains("Missing");
    }

    @Test
    void refusesBinaryMessagesOfClientsThatHaveNotAskedForThem() {
        RawWebSocket socket = open("/.tunnel", TOKEN);
        socket.send(FIN | BINARY, "{\"type\":\"register\",\"name\":\"app\"}".getBytes(UTF_8));
        socket.sendText("{\"type\":\"register\",\"name\":\"..\"}");
        String told = socket.readMessage().text();
        assertThat(told).containsAnyOf("registered", "Invalid tunnel name", "error");
    }

    // The page before a tunnel

    private String visit(String method, String fields) {
        Response response = visitor()
                .send(method + " /tunnel/app/page?a=b HTTP/1.1\r\nHost: pod.example\r\n" + fields + "\r\n")
                .readResponse(method);
        assertThat(response.status()).isEqualTo(200);
        return response.body();
    }

    private Response goOn(String fields, String token) {
        String form = "token=" + token + "&path=%2Fpage%3Fa%3Db";
        return visitor()
                .send("POST /.tunnel/visit HTTP/1.1\r\nHost: pod.example\r\nOrigin: https://pod.example\r\n" + fields
                        + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + form.length()
                        + "\r\n\r\n" + form)
                .readResponse();
    }

    private static String tokenIn(String page) {
        Matcher token = Pattern.compile("name=\"token\" value=\"([^\"]+)\"").matcher(page);
        assertThat(token.find()).as(page).isTrue();
        return token.group(1);
    }

    @Test
    void asksWhoOpensAPageOfATunnelAndAsksTheTunnelNothing() {
        try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "alice", 2)) {
            Response shown = visitor()
                    .send("GET /tunnel/app/ HTTP/1.1\r\nHost: pod.example\r\n" + NAVIGATION + "\r\n")
                    .readResponse();
            assertThat(shown.status()).isEqualTo(200);
            assertThat(shown.body()).contains(ALICE.toString());
            assertThat(shown.fields().all("content-security-policy"))
                    .singleElement()
                    .asString()
                    .contains("frame-ancestors 'none'", "sandbox ");
            assertThat(shown.fields().first("x-content-type-options")).contains("nosniff");
            assertThat(shown.fields().first("cache-control")).contains("no-store");
            assertThat(tunnel.takeAsked()).isEmpty();
        }
    }

    @Test
    void asksNoProgramAndNothingThatIsNoPage() {
        try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "alice", 2)) {
            assertThat(visit("GET", "")).isEqualTo("seen");
            assertThat(visit("GET", "Accept: text/html\r\n")).isEqualTo("seen");
            assertThat(visit("GET", NAVIGATION + "Tunnel-Skip-Warning: 1\r\n")).isEqualTo("seen");
            assertThat(visit("GET", NAVIGATION.replace("document", "iframe"))).isEqualTo("seen");
            assertThat(visit("POST", NAVIGATION + "Content-Length: 0\r\n")).isEqualTo("seen");
            visit("HEAD", NAVIGATION);
            assertThat(tunnel.takeAsked()).hasSize(6);
            assertThat(podbridge.diagnostics().openInterstitials()).isZero();
        }
    }

    @Test
    void letsAVisitorGoOnWhoHasPressedTheButton() {
        try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "alice", 2)) {
            String token = tokenIn(visit("GET", NAVIGATION));
            String site = "Sec-Fetch-Site: same-origin\r\n";
            for (String other : List.of(
                    NAVIGATION,
                    NAVIGATION + site.replace("same-origin", "cross-site"),
                    NAVIGATION.replace("document", "iframe") + site,
                    site + "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n",
                    "")) {
                Response refused = goOn(other, token);
                assertThat(refused.status()).as(other).isEqualTo(403);
                assertThat(refused.fields().contains("set-cookie")).isFalse();
            }
            Response gone = goOn(NAVIGATION + site, token);
            assertThat(gone.status()).isEqualTo(303);
            assertThat(gone.fields().first("location")).contains("/tunnel/app/page?a=b");
            String cookie = gone.fields().first("set-cookie").orElseThrow().split(";", 2)[0];
            assertThat(goOn(NAVIGATION + site, token).status()).isEqualTo(410);
            assertThat(tunnel.takeAsked()).isEmpty();
            assertThat(visit("GET", NAVIGATION + "Cookie: " + cookie + "\r\n")).isEqualTo("seen");
            assertThat(tunnel.takeAsked())
                    .singleElement()
                    .satisfies(asked -> assertThat(asked.head()).doesNotContain("acceptance"));
        }
    }
}
