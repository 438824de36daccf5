package org.podbridge.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.Router;
import org.podbridge.auth.AuthProvider;
import org.podbridge.contract.Http2Visitor.Answer;
import org.podbridge.contract.Http2Visitor.End;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.ProbedTunnel;
import org.podbridge.testkit.ProbedTunnel.Asked;
import org.podbridge.testkit.RawVisitor;
import org.podbridge.testkit.RunningHost;

/**
 * Visitors of tunnels over HTTP/2, written down to the bytes: well, and as no browser would. What is malformed must not
 * get through, whatever the container makes of it, and must not disturb the other streams. An adapter's test extends it
 * and starts a server that speaks HTTP/2 in the clear to who knows it, and HTTP/1.1.
 */
public abstract class Http2TunnelContract {

    private static final int FLOOD = 10_000;
    private static final int MAX_AT_ONCE = 20;

    private final Podbridge podbridge = Podbridge.builder()
            .publicUri(URI.create("http://pod.example"))
            .authProvider(AuthProvider.fixed(Map.of("owner", WebId.of("https://owner.example/card#me"))))
            .accessPolicy(AccessPolicy.anyAuthenticated())
            .limits(Limits.builder()
                    .maxExchangesPerTunnel(MAX_AT_ONCE)
                    .rates(RateLimits.builder().exemptLoopback(false).build())
                    .build())
            .build();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});
    private ProbedTunnel tunnel;
    private Http2Visitor visitor;

    /** Creates the suite. */
    protected Http2TunnelContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter in it.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Starts such a server that bears any number of resets.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost startWithoutLimitOfResets(Router router) throws Exception;

    /**
     * Names the fields that may not be there twice, of which the container knows the first alone.
     *
     * @return the names
     */
    protected Set<String> takesTheFirstOf() {
        return Set.of();
    }

    /**
     * Tells whether the other streams of a connection go on behind a head that the container has refused; where they
     * don't, they are refused too, and served on another connection.
     *
     * @return whether they go on
     */
    protected boolean goesOnBehindMalformedHeads() {
        return true;
    }

    /**
     * Tells whether a connection goes on behind a {@code content-length} that is no number, or several; where it
     * doesn't, even the refusal may not get through.
     *
     * @return whether it goes on
     */
    protected boolean goesOnBehindMalformedLengths() {
        return true;
    }

    /**
     * Returns the connection that raw frames are sent on, for further tests of a container.
     *
     * @return the visitor, which speaks to {@link #podbridge}
     */
    protected final Http2Visitor visitor() {
        return visitor;
    }

    /**
     * Returns what the visitor speaks to, where the token {@code owner} is known.
     *
     * @return the relay
     */
    protected final Podbridge podbridge() {
        return podbridge;
    }

    @BeforeEach
    void startServer() throws Exception {
        serve(start(podbridge));
    }

    @AfterEach
    void stopServer() throws Exception {
        visitor.close();
        tunnel.close();
        podbridge.close();
        host.stop().close();
    }

    private void serve(RunningHost server) {
        host = server;
        tunnel = ProbedTunnel.serve(podbridge, "owner", 2);
        tunnel.answerWith(asked -> ProbedTunnel.Answer.text("seen " + asked.path()));
        visitor = Http2Visitor.connect(host.uri());
    }

    private int get(String path, String... more) {
        return visitor.ask("GET", path, true, more);
    }

    private Answer ask(String method, String path) {
        return visitor.await(visitor.ask(method, path, true));
    }

    private void isServed() {
        Answer answer = ask("GET", "/tunnel/app/after");
        assertThat(answer.body()).as("%s", answer).isEqualTo("seen /after");
    }

    /** The tunnel's client hears nothing of it, and the other streams of the connection are answered. */
    private void isRefused(int stream) {
        Answer answer = visitor.await(stream);
        assertThat(answer.isRefusal()).as("%s", answer).isTrue();
        assertThat(tunnel.takeAsked()).isEmpty();
        goesOn(answer);
    }

    /** The tunnel's client hears nothing of what was malformed, which is refused or left out. */
    private void isRefusedOrWithout(int stream, String... malformed) {
        Answer answer = visitor.await(stream);
        assertThat(answer.isRefusal() || answer.body().equals("seen /a"))
                .as("%s", answer)
                .isTrue();
        assertThat(tunnel.takeEnded())
                .hasSizeLessThanOrEqualTo(1)
                .allSatisfy(asked -> assertThat(asked.head() + asked.trailers()).doesNotContain(malformed));
        goesOn(answer);
    }

    /** Only an error in what all streams share, such as the compression of heads, may end them all. */
    private void goesOn(Answer answer) {
        if (answer.end() == End.GONE || (answer.isRefusal() && answer.status() == 0 && !goesOnBehindMalformedHeads())) {
            connectAnew();
        }
        isServed();
    }

    private void connectAnew() {
        visitor.close();
        visitor = Http2Visitor.connect(host.uri());
    }

    // Answers

    @Test
    void answersInASandbox() {
        int stream = get("/tunnel/app/a?b=c", "x-a", "1", "cookie", "a=1", "cookie", "b=2");
        Answer answer = visitor.await(stream);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("seen /a?b=c");
        isSandboxed(answer);
        List<Asked> asked = tunnel.takeAsked();
        assertThat(asked).hasSize(1);
        assertThat(asked.get(0).head())
                .contains("[\"x-a\",\"1\"]", "[\"cookie\",\"a=1; b=2\"]", "[\"x-forwarded-host\",\"pod.example\"]");
    }

    private static void isSandboxed(Answer answer) {
        assertThat(answer.fields().all("content-security-policy"))
                .anyMatch(policy -> policy.startsWith("sandbox") && !policy.contains("allow-same-origin"));
        assertThat(answer.fields().all("x-content-type-options")).containsExactly("nosniff");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEAD 200", "GET 204", "GET 205", "GET 304", "HEAD 304"})
    void answersInASandboxWhereThereIsNoContent(String methodAndStatus) {
        String[] parts = methodAndStatus.split(" ", -1);
        tunnel.answerWith(asked -> asked.path().equals("/after")
                ? ProbedTunnel.Answer.text("seen /after")
                : new ProbedTunnel.Answer(parts[1], List.of(), "to be dropped"));
        Answer answer = ask(parts[0], "/tunnel/app/a");
        assertThat(answer.status()).isEqualTo(Integer.parseInt(parts[1]));
        assertThat(answer.body()).isEmpty();
        assertThat(answer.end()).isEqualTo(End.WHOLE);
        isSandboxed(answer);
        isServed();
    }

    @Test
    void refusesInASandboxToo() {
        assertThat(ask("GET", "/tunnel/none/a").status()).isEqualTo(502);
        isSandboxed(ask("GET", "/tunnel/none/a"));
    }

    @Test
    void sendsNothingOfAConnectionNorOfTheHost() {
        List<ProbedTunnel.Field> fields = List.of(
                        "connection", "keep-alive", "transfer-encoding", "upgrade", "set-cookie", "clear-site-data")
                .stream()
                .map(name -> new ProbedTunnel.Field('"' + name + '"', "\"evil\""))
                .toList();
        tunnel.answerWith(asked -> new ProbedTunnel.Answer("200", fields, "hello"));
        Answer answer = ask("GET", "/tunnel/app/a");
        assertThat(answer.body()).isEqualTo("hello");
        assertThat(answer.fields().asList()).noneMatch(field -> field.value().contains("evil"));
    }

    @Test
    void resetsTheAnswersOfAClientThatDies() {
        tunnel.answerWith(asked -> ProbedTunnel.Answer.begun("so far"));
        int stream = get("/tunnel/app/a");
        assertThat(visitor.awaitSome(stream, 6).body()).isEqualTo("so far");
        tunnel.close();
        assertThat(visitor.await(stream).end()).isEqualTo(End.RESET);
        assertThat(ask("GET", "/tunnel/app/a").status()).isEqualTo(502);
    }

    // Requests that are malformed

    @Test
    void refusesAnotherAuthority() {
        Answer answer = visitor.await(visitor.ask(
                true, ":method", "GET", ":scheme", "http", ":authority", "evil.example", ":path", "/tunnel/app/a"));
        assertThat(answer.status()).isEqualTo(421);
        assertThat(tunnel.takeAsked()).isEmpty();
        isServed();
    }

    @ParameterizedTest
    @ValueSource(strings = {"u@pod.example", "pod.example/evil", "pod.example, evil", "pod.example:99999", ""})
    void refusesWhatIsNoAuthority(String authority) {
        isRefused(visitor.ask(
                true, ":method", "GET", ":scheme", "http", ":authority", authority, ":path", "/tunnel/app/a"));
    }

    @Test
    void tellsNobodyOfAHostBesideTheAuthority() {
        isRefusedOrWithout(get("/tunnel/app/a", "host", "evil.example"), "evil");
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
    void passesNoFieldsOfAConnection(String field) {
        String[] parts = field.split(": ", 2);
        isRefusedOrWithout(get("/tunnel/app/a", parts[0], parts[1]), parts[0], parts[1]);
    }

    /** Whether a server knows of WebSockets on streams (RFC 8441) or not. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "websocket /.webrtc",
                "websocket /.tunnel",
                "websocket /tunnel/none/a",
                "websocket /tunnel/app/%2e%2e/a",
                "evil /.webrtc",
                "evil /tunnel/app/a",
                "h2c /tunnel/app/a",
                "websocket /.tunnel/share",
                "evil /.tunnel/share"
            })
    void letsNobodyConnectWhoMayNot(String protocolAndPath) {
        String[] parts = protocolAndPath.split(" ", -1);
        int stream = visitor.ask("CONNECT", parts[1], true, ":protocol", parts[0], "sec-websocket-version", "13");
        Answer answer = visitor.await(stream);
        assertThat(answer.status() == 0 || answer.status() >= 400)
                .as("%s", answer)
                .isTrue();
        assertThat(answer.status()).as("%s", answer).isNotEqualTo(500);
        assertThat(tunnel.takeAsked()).isEmpty();
        assertThat(podbridge.diagnostics().agentsOnline()).isZero();
        goesOn(answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"X-Upper", "x a", "x:a", "x\r\ny", "x\u0000", ""})
    void passesNothingThatIsNoName(String name) {
        isRefusedOrWithout(get("/tunnel/app/a", name, "malformed"), "malformed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nx-b: evil", "a\nb", "a\rb", "a\u0000b"})
    void passesNoValuesThatWouldSplitAHead(String value) {
        isRefusedOrWithout(get("/tunnel/app/a", "x-malformed", value), "malformed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/tunnel/app/a b",
                "/tunnel/app/a\r\nb",
                "/tunnel/app/a\u0000b",
                "tunnel/app/a",
                "",
                "/tunnel/app/../b",
                "/tunnel/app/%2e%2e/b",
                "/tunnel/app/a#b"
            })
    void refusesWhatIsNoPath(String path) {
        isRefused(get(path));
    }

    @ParameterizedTest
    @ValueSource(strings = {":path /tunnel/app/b", ":method PUT", ":authority evil.example", ":evil 1", ":status 200"})
    void refusesPseudoFieldsThatMayNotBeThere(String field) {
        String[] parts = field.split(" ", -1);
        int stream = get("/tunnel/app/a", parts[0], parts[1]);
        if (takesTheFirstOf().contains(parts[0])) {
            isRefusedOrWithout(stream, "evil");
        } else {
            isRefused(stream);
        }
    }

    @Test
    void refusesPseudoFieldsBehindOthers() {
        isRefused(visitor.ask(
                true,
                ":method",
                "GET",
                ":scheme",
                "http",
                "x-a",
                "1",
                ":authority",
                "pod.example",
                ":path",
                "/tunnel/app/a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {":method", ":path", ":scheme"})
    void refusesHeadsThatLackAPseudoField(String lacking) {
        List<String> head = List.of(":method GET", ":scheme http", ":authority pod.example", ":path /tunnel/app/a");
        isRefused(visitor.ask(
                true,
                head.stream()
                        .filter(field -> !field.startsWith(lacking))
                        .flatMap(field -> List.of(field.split(" ", -1)).stream())
                        .toArray(String[]::new)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"123", "1234567"})
    void neverTakesABodyForWholeThatHasAnotherLengthThanItSays(String body) {
        int stream = visitor.ask("POST", "/tunnel/app/a", false, "content-length", "5");
        visitor.send(stream, body, true);
        Answer answer = visitor.await(stream);
        assertThat(answer.isRefusal() || answer.end() == End.RESET || answer.status() == 502)
                .as("%s", answer)
                .isTrue();
        assertThat(tunnel.takeEnded())
                .allSatisfy(asked -> assertThat(asked.end()).isEqualTo(Asked.End.RESET));
        goesOn(answer);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5 5", "5 3", "+5", "-1", "0x5", "99999999999999999999", ""})
    void refusesWhatIsNoLength(String lengths) {
        String[] values = lengths.split(" ", -1);
        int stream = values.length == 1
                ? visitor.ask("POST", "/tunnel/app/a", false, "content-length", values[0])
                : visitor.ask("POST", "/tunnel/app/a", false, "content-length", values[0], "content-length", values[1]);
        visitor.send(stream, "hello", true);
        Answer answer = visitor.await(stream);
        if (lengths.equals("5 5") && answer.status() == 200) {
            assertThat(tunnel.takeAsked())
                    .hasSize(1)
                    .allMatch(asked -> asked.body().equals("hello"));
            return;
        }
        boolean mayBeGone = !goesOnBehindMalformedLengths();
        assertThat(answer.isRefusal() || answer.end() == End.RESET || (mayBeGone && answer.end() == End.GONE))
                .as("%s", answer)
                .isTrue();
        assertThat(tunnel.takeEnded())
                .allSatisfy(asked -> assertThat(asked.end()).isEqualTo(Asked.End.RESET));
        if (mayBeGone) {
            connectAnew(); // it may have been answered first, and gone then
        }
        goesOn(answer);
    }

    @Test
    void neverTakesFieldsBehindABodyForFieldsOfTheHead() {
        int stream = visitor.ask("POST", "/tunnel/app/a", false);
        visitor.send(stream, "hello", false);
        visitor.trailers(
                stream, "content-length", "60", "host", "evil", "authorization", "evil", "x-forwarded-for", "evil");
        Answer answer = visitor.await(stream);
        assertThat(answer.isRefusal()
                        || answer.end() == End.RESET
                        || answer.body().equals("seen /a"))
                .as("%s", answer)
                .isTrue();
        assertThat(tunnel.takeEnded())
                .allSatisfy(asked -> assertThat(asked.head() + asked.trailers()).doesNotContain("evil", "60"));
        goesOn(answer);
    }

    @Test
    void takesNoHeadBehindABodyForAnotherRequest() {
        int stream = visitor.ask("POST", "/tunnel/app/a", false);
        visitor.send(stream, "hello", false);
        visitor.trailers(stream, ":method", "GET", ":path", "/tunnel/app/evil");
        Answer answer = visitor.await(stream);
        assertThat(answer.isRefusal()
                        || answer.end() == End.RESET
                        || answer.body().equals("seen /a"))
                .as("%s", answer)
                .isTrue();
        assertThat(tunnel.takeEnded())
                .hasSizeLessThanOrEqualTo(1)
                .allSatisfy(asked -> assertThat(asked.head() + asked.trailers()).doesNotContain("evil"));
        othersAreServed();
    }

    // Visitors that take their requests back as fast as they send them (CVE-2023-44487)

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void floodsOfResetsLeaveNothingBehindAndHoldUpNobody(boolean heldToARateByTheServer) throws Exception {
        if (!heldToARateByTheServer) {
            visitor.close();
            tunnel.close();
            host.stop().close();
            serve(startWithoutLimitOfResets(podbridge));
        }
        CompletableFuture<Void> answers = CompletableFuture.runAsync(visitor::awaitEnd);
        boolean endured = flood();
        if (!heldToARateByTheServer) {
            assertThat(endured).isTrue();
        }
        assertThat(tunnel.mostUnfinished()).isLessThanOrEqualTo(MAX_AT_ONCE);
        // While the flooder is still connected, and where resets go unseen, as soon as the service has answered them
        // all.
        await().atMost(Duration.ofSeconds(20)).untilAsserted(this::othersAreServed);
        visitor.close();
        answers.get(20, TimeUnit.SECONDS);
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(tunnel.unfinished()).isZero(); // the client has heard of the end of each that it has heard of
            assertThat(podbridge.diagnostics().exchangesInFlight()).isZero();
            // A visitor counts as gone before what it waited with is given back, by the thread that noticed it.
            assertThat(podbridge.diagnostics().bufferedBytes()).isZero();
        });
        assertThat(tunnel.takeAsked()).isNotEmpty();
        othersAreServed();
    }

    /** Tells whether the server has endured it; else it has ended the connection. */
    private boolean flood() {
        try {
            for (int i = 0; i < FLOOD; i++) {
                visitor.reset(visitor.ask("POST", "/tunnel/app/flood", false));
            }
            return true;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    private void othersAreServed() {
        try (RawVisitor other = RawVisitor.connect(host.uri())) {
            RawVisitor.Response response = other.send("GET /tunnel/app/a HTTP/1.1\r\nHost: pod.example\r\n\r\n")
                    .readResponse();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("seen /a");
        }
    }
}
