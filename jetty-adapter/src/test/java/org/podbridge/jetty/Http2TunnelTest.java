package org.podbridge.jetty;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.hpack.HpackDecoder;
import org.eclipse.jetty.http2.hpack.HpackException;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.auth.AuthProvider;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.ProbedTunnel;
import org.podbridge.testkit.RawVisitor;

/** Requests to a tunnel in HTTP/2, written down to the bytes: well, and as no browser would. */
class Http2TunnelTest {

    private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int GOAWAY = 7;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;

    private final HttpConfiguration configuration = new HttpConfiguration();
    private final Podbridge podbridge = Podbridge.builder()
            .publicUri(URI.create("http://pod.example"))
            .authProvider(AuthProvider.fixed(Map.of("owner", WebId.of("https://owner.example/card#me"))))
            .accessPolicy(AccessPolicy.anyAuthenticated())
            .build();
    private final TestServer server = new TestServer(
            new PodbridgeHandler(podbridge),
            new HttpConnectionFactory(configuration),
            new HTTP2CServerConnectionFactory(configuration));
    private final HpackDecoder fields = new HpackDecoder(8_192, System::nanoTime);
    private RawVisitor visitor;
    private ProbedTunnel tunnel;

    @BeforeEach
    void start() throws Exception {
        server.start();
        tunnel = ProbedTunnel.serve(podbridge, "owner", 2);
        tunnel.answerWith(asked -> ProbedTunnel.Answer.text("seen " + asked.path()));
        visitor = RawVisitor.connect(server.uri("http")).send(PREFACE);
        sendFrame(SETTINGS, 0, 0, new byte[0]);
    }

    @AfterEach
    void stop() throws Exception {
        visitor.close();
        tunnel.close();
        podbridge.close();
        server.stop();
    }

    private void sendFrame(int type, int flags, int stream, byte[] payload) {
        visitor.send(ByteBuffer.allocate(9 + payload.length)
                .put((byte) 0)
                .putShort((short) payload.length)
                .put((byte) type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array());
    }

    /** Sends names and values as they are: literally, without index, and without Huffman coding. */
    private void ask(int stream, boolean last, String... namesAndValues) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.length; i++) {
            if (i % 2 == 0) {
                block.write(0);
            }
            block.write(namesAndValues[i].length()); // below 127, where a length would take more bytes
            block.writeBytes(namesAndValues[i].getBytes(ISO_8859_1));
        }
        sendFrame(HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream, block.toByteArray());
    }

    private void get(int stream, String path, String... more) {
        String[] head = {":method", "GET", ":scheme", "http", ":authority", "pod.example", ":path", path};
        String[] all = java.util.Arrays.copyOf(head, head.length + more.length);
        System.arraycopy(more, 0, all, head.length, more.length);
        ask(stream, true, all);
    }

    /** Returns the status of the answer and what it says, or how the stream or the connection was ended. */
    private String outcome(int stream) throws HpackException {
        StringBuilder answer = new StringBuilder();
        try {
            while (true) {
                ByteBuffer header = ByteBuffer.wrap(visitor.read(9));
                int length = header.get() << 16 | (header.getShort() & 0xFFFF);
                int type = header.get();
                int flags = header.get();
                boolean own = header.getInt() == stream;
                ByteBuffer payload = ByteBuffer.wrap(visitor.read(length));
                if (type == HEADERS) {
                    MetaData head = fields.decode(payload);
                    answer.append(own ? ((MetaData.Response) head).getStatus() + " " : "");
                } else if (type == DATA && own) {
                    answer.append(ISO_8859_1.decode(payload));
                } else if (type == RST_STREAM && own) {
                    return "reset";
                } else if (type == GOAWAY) {
                    return "gone";
                }
                if (own && type <= HEADERS && (flags & END_STREAM) != 0) {
                    return answer.toString();
                }
            }
        } catch (UncheckedIOException e) {
            return "gone";
        }
    }

    /** Unless all of the connection has ended, others on it are answered. */
    private void isRefused(int stream) throws HpackException {
        String outcome = outcome(stream);
        assertThat(outcome).matches("(?s)reset|gone|4\\d\\d .*");
        assertThat(tunnel.takeAsked()).isEmpty();
        if (!outcome.equals("gone")) {
            get(stream + 2, "/tunnel/app/after");
            assertThat(outcome(stream + 2)).isEqualTo("200 seen /after");
        }
    }

    @Test
    void answersOverHttp2() throws Exception {
        get(1, "/tunnel/app/a?b=c", "x-a", "1", "cookie", "a=1", "cookie", "b=2");
        assertThat(outcome(1)).isEqualTo("200 seen /a?b=c");
        List<ProbedTunnel.Asked> asked = tunnel.takeAsked();
        assertThat(asked).hasSize(1);
        assertThat(asked.get(0).head())
                .contains("[\"x-a\",\"1\"]", "[\"cookie\",\"a=1; b=2\"]", "[\"x-forwarded-host\",\"pod.example\"]");
    }

    @Test
    void refusesAnotherAuthority() throws Exception {
        ask(1, true, ":method", "GET", ":scheme", "http", ":authority", "evil.example", ":path", "/tunnel/app/a");
        assertThat(outcome(1)).startsWith("421 ");
        assertThat(tunnel.takeAsked()).isEmpty();
    }

    @Test
    void tellsNobodyOfAHostBesideTheAuthority() throws Exception {
        get(1, "/tunnel/app/a", "host", "evil.example");
        assertThat(outcome(1)).matches("(?s)reset|gone|4\\d\\d .*|200 seen /a");
        assertThat(tunnel.takeAsked())
                .allSatisfy(asked -> assertThat(asked.head()).doesNotContain("evil"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "connection: x-a",
                "keep-alive: timeout=5",
                "proxy-connection: close",
                "transfer-encoding: chunked",
                "upgrade: h2c",
                "te: gzip"
            })
    void passesNoFieldsOfAConnection(String field) throws Exception {
        String[] parts = field.split(": ", 2);
        get(1, "/tunnel/app/a", parts[0], parts[1]);
        assertThat(outcome(1)).matches("(?s)reset|gone|4\\d\\d .*|200 seen /a");
        assertThat(tunnel.takeAsked())
                .allSatisfy(asked -> assertThat(asked.head()).doesNotContain(parts[0], parts[1]));
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Upper", "x a", "x:a", "x\r\ny", "x\u0000", ""})
    void refusesWhatIsNoName(String name) throws Exception {
        get(1, "/tunnel/app/a", name, "1");
        isRefused(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nx-b: evil", "a\nb", "a\rb", "a\u0000b"})
    void refusesValuesThatWouldSplitAHead(String value) throws Exception {
        get(1, "/tunnel/app/a", "x-a", value);
        isRefused(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/tunnel/app/a b", "/tunnel/app/a\r\nb", "tunnel/app/a", "", "/tunnel/app/../b"})
    void refusesWhatIsNoPath(String path) throws Exception {
        get(1, path);
        isRefused(1);
    }

    @Test
    void refusesTwoPaths() throws Exception {
        get(1, "/tunnel/app/a", ":path", "/tunnel/app/b");
        isRefused(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"123", "1234567"})
    void neverTakesABodyForWholeThatHasAnotherLengthThanItSays(String body) throws Exception {
        ask(
                1,
                false,
                ":method",
                "POST",
                ":scheme",
                "http",
                ":authority",
                "pod.example",
                ":path",
                "/tunnel/app/a",
                "content-length",
                "5");
        sendFrame(DATA, END_STREAM, 1, body.getBytes(ISO_8859_1));
        assertThat(outcome(1)).matches("(?s)reset|gone|4\\d\\d .*|502 .*");
        assertThat(tunnel.takeAsked())
                .allSatisfy(asked -> assertThat(asked.body()).isEmpty());
    }

    // WebSockets (RFC 8441)

    private void connect(int stream, String path, String... more) {
        String[] head = {":method", "CONNECT", ":scheme", "http", ":authority", "pod.example", ":path", path};
        String[] all = java.util.Arrays.copyOf(head, head.length + more.length + 2);
        System.arraycopy(more, 0, all, head.length, more.length);
        all[all.length - 2] = "sec-websocket-version";
        all[all.length - 1] = "13";
        ask(stream, false, all);
    }

    @Test
    void holdsAWebSocketForSignalingToTheRulesOfAnyOther() throws Exception {
        connect(1, "/.webrtc", ":protocol", "websocket");
        assertThat(outcome(1)).startsWith("401 ");
        connect(3, "/.webrtc", ":protocol", "websocket", "authorization", "Bearer nobody");
        assertThat(outcome(3)).startsWith("401 ");
        connect(5, "/.webrtc", ":protocol", "websocket", "authorization", "Bearer owner", "origin", "a", "origin", "b");
        assertThat(outcome(5)).startsWith("400 ");
        connect(7, "/.webrtc?token=tk_nobodys", ":protocol", "websocket");
        assertThat(outcome(7)).startsWith("401 ");
        assertThat(podbridge.diagnostics().agentsOnline()).isZero();
        connect(9, "/.webrtc", ":protocol", "websocket", "authorization", "Bearer owner");
        assertThat(beginning(9)).startsWith("200 ").contains("\"type\":\"peers\"");
        assertThat(podbridge.diagnostics().agentsOnline()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {":protocol foo", ":protocol ", "x-none 1"})
    void opensNoWebSocketForWhatAsksForNone(String field) throws Exception {
        String[] parts = field.split(" ", 2);
        connect(1, "/.webrtc", parts[0], parts[1], "authorization", "Bearer owner");
        assertThat(outcome(1)).matches("(?s)reset|gone|[45]\\d\\d .*");
        assertThat(podbridge.diagnostics().agentsOnline()).isZero();
    }

    /** Returns the status of the answer and the first that is said behind it. */
    private String beginning(int stream) throws HpackException {
        String status = "";
        while (true) {
            ByteBuffer header = ByteBuffer.wrap(visitor.read(9));
            int length = header.get() << 16 | (header.getShort() & 0xFFFF);
            int type = header.get();
            header.get();
            boolean own = header.getInt() == stream;
            ByteBuffer payload = ByteBuffer.wrap(visitor.read(length));
            if (type == HEADERS) {
                MetaData head = fields.decode(payload);
                status = own ? ((MetaData.Response) head).getStatus() + " " : status;
            } else if (type == DATA && own && payload.hasRemaining()) {
                return status + ISO_8859_1.decode(payload);
            }
        }
    }
}
