package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;

class ForwardingTest {

    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.start();
    private final RecordingListener listener = new RecordingListener();
    private final TunnelClientBuilder builder = TunnelClient.builder()
            .relay(relay.uri())
            .credentials("secret-token")
            .name("myapp")
            .target(service.uri())
            .listener(listener);

    private final Deque<TunnelClient> clients = new ArrayDeque<>();

    private RelayLink open() {
        clients.add(builder.build());
        clients.getLast().start();
        return relay.register("myapp");
    }

    @AfterEach
    void close() {
        relay.close();
        clients.forEach(TunnelClient::close);
        service.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/?",
                "/a?b=c&d",
                "//host/x",
                "//",
                "/a//b/",
                "/a/../b/./c",
                "/%2e%2e/%2F%5c",
                "/a|b{c}\"<>^`\\[x]",
                "/?%zz%",
                "/a:b",
                "/?a?b=%&c=|",
                "/a;b=c",
                "/?x={\"y\":[1]}"
            })
    void keepsPathAndQueryByteForByte(String target) {
        open().ask("GET", target, HeaderFields.empty());
        assertThat(service.take().requestLine()).isEqualTo("GET " + target + " HTTP/1.1");
    }

    @Test
    void sendsForeignCharactersOfThePathInUtf8() {
        open().ask("GET", "/é€", HeaderFields.empty());
        String inUtf8 = new String("/é€".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(service.take().requestLine()).isEqualTo("GET " + inUtf8 + " HTTP/1.1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "get", "M-SEARCH"})
    void keepsTheMethod(String method) {
        open().ask(method, "/", HeaderFields.empty());
        assertThat(service.take().requestLine()).isEqualTo(method + " / HTTP/1.1");
    }

    @Test
    void addsNothingButTheHostToAPlainRequest() {
        open().ask("GET", "/", HeaderFields.empty());
        assertThat(service.take().head()).isEqualTo("GET / HTTP/1.1\r\nHost: " + service.authority() + "\r\n\r\n");
    }

    @Test
    void addsOnlyTheLengthToABody() {
        RelayLink.Answer answer = open().ask("PUT", "/", HeaderFields.empty(), (byte) 0, (byte) 0xFF);
        RawService.Received received = service.take();
        assertThat(received.head())
                .isEqualTo("PUT / HTTP/1.1\r\nHost: " + service.authority() + "\r\nContent-Length: 2\r\n\r\n");
        assertThat(received.body()).isEqualTo("\0\u00FF");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("ok");
    }

    @Test
    void passesEndToEndFieldsAndNoOthers() {
        open().ask(
                        "GET",
                        "/",
                        HeaderFields.of(
                                "host", "pod.example",
                                "accept", "text/turtle, */*;q=0.1",
                                "accept-encoding", "br, gzip",
                                "user-agent", "visitor/1",
                                "x-forwarded-host", "pod.example",
                                "cookie", "a=b; c=d",
                                "authorization", "DPoP x",
                                "if-none-match", "\"x\"",
                                "x-name", "J\u00FCrgen",
                                "connection", "close, X-Hop",
                                "x-hop", "1",
                                "keep-alive", "timeout=5",
                                "proxy-connection", "keep-alive",
                                "proxy-authorization", "Basic x",
                                "te", "trailers",
                                "trailer", "x",
                                "transfer-encoding", "chunked",
                                "upgrade", "websocket",
                                "expect", "100-continue",
                                "content-length", "5"));
        assertThat(service.take().head().split("\r\n"))
                .containsExactlyInAnyOrder(
                        "GET / HTTP/1.1",
                        "Host: " + service.authority(),
                        "Accept: text/turtle, */*;q=0.1",
                        "Accept-Encoding: br, gzip",
                        "User-Agent: visitor/1",
                        "X-Forwarded-Host: pod.example",
                        "Cookie: a=b; c=d",
                        "Authorization: DPoP x",
                        "If-None-Match: \"x\"",
                        "x-name: J\u00FCrgen");
    }

    @Test
    void keepsRepeatedFieldsOfTheRequest() {
        open().sendText("{\"type\":\"request\",\"id\":\"7\",\"method\":\"GET\",\"path\":\"/\","
                        + "\"headers\":{\"x-a\":[\"1\",\"2\"]}}")
                .readAnswer();
        assertThat(service.take().head()).contains("x-a: 1\r\nx-a: 2\r\n");
    }

    @Test
    void carriesBodiesByteForByteBothWays() {
        byte[] body = new byte[300_000];
        new Random(5).nextBytes(body);
        service.respond(request -> "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: "
                + request.body().length() + "\r\n\r\n" + request.body());
        RelayLink link = open();
        assertThat(link.ask("POST", "/", HeaderFields.empty(), body).body()).isEqualTo(body);
        assertThat(link.lastMessageFrames())
                .as("frames, between which a ping finds its place")
                .isGreaterThan(3);
    }

    @Test
    void carriesTextByteForByteBothWays() {
        byte[] body = "grün 𝄞 \u0001\"\\".repeat(20_000).getBytes(StandardCharsets.UTF_8);
        service.respond(request -> "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "
                + request.body().length() + "\r\n\r\n" + request.body());
        assertThat(open().ask("POST", "/", HeaderFields.of("content-type", "text/plain"), body)
                        .body())
                .isEqualTo(body);
    }

    @Test
    void passesTheFieldsOfTheAnswerAsTheyAre() {
        service.respond(String.join(
                "\r\n",
                "HTTP/1.1 201 Created",
                "Content-Type: TEXT/HTML;Charset=utf-8",
                "Set-Cookie: a=1; Path=/",
                "Set-Cookie: b=2",
                "X-Odd: \u00FC  x",
                "ETag: W/\"1\"",
                "Connection: X-Hop, keep-alive",
                "X-Hop: 1",
                "Keep-Alive: timeout=5",
                "Proxy-Authenticate: Basic",
                "Upgrade: h2c",
                "Trailer: x",
                "Vary: accept-encoding",
                "Content-Length: 2",
                "",
                "ok"));
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.fields().asList())
                .extracting(field -> field.name() + ": " + field.value())
                .containsExactlyInAnyOrder(
                        "content-type: TEXT/HTML;Charset=utf-8",
                        "set-cookie: a=1; Path=/",
                        "set-cookie: b=2",
                        "x-odd: \u00FC  x",
                        "etag: W/\"1\"",
                        "vary: accept-encoding",
                        "content-length: 2");
    }

    @Test
    void remembersNoCookies() {
        service.respond("HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n");
        RelayLink link = open();
        link.ask("GET", "/", HeaderFields.empty());
        link.ask("GET", "/", HeaderFields.empty());
        service.take();
        assertThat(service.take().head()).doesNotContainIgnoringCase("cookie");
    }

    @ParameterizedTest
    @CsvSource({"302,Location,/other", "401,WWW-Authenticate,Basic realm=x", "407,X,y", "417,X,y"})
    void leavesRedirectsAndChallengesToTheVisitor(int status, String field, String value) {
        service.respond("HTTP/1.1 " + status + " X\r\n" + field + ": " + value + "\r\nContent-Length: 1\r\n\r\nx");
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.fields().first(field)).contains(value);
        service.take();
        assertThat(service.waiting()).isZero();
    }

    @Test
    void unpacksNothing() {
        service.respond("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\u001F\u008B\0\1");
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.fields().first("content-encoding")).contains("gzip");
        assertThat(answer.body()).containsExactly(0x1F, 0x8B, 0, 1);
    }

    @Test
    void keepsTheLengthThatHeadAnnounces() {
        service.respond("HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n");
        RelayLink.Answer answer = open().ask("HEAD", "/", HeaderFields.empty());
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.fields().first("content-length")).contains("999999999");
        assertThat(answer.body()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"204,ETag,x", "304,Content-Length,999999999"})
    void passesAnswersWithoutContent(int status, String field, String value) {
        service.respond("HTTP/1.1 " + status + " X\r\n" + field + ": " + value + "\r\n\r\n");
        RelayLink link = open();
        for (int i = 0; i < 2; i++) {
            RelayLink.Answer answer = link.ask("GET", "/", HeaderFields.empty());
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.fields().first(field)).contains(value);
            assertThat(answer.body()).isEmpty();
        }
    }

    @Test
    void joinsChunks() {
        service.respond(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n");
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.text()).isEqualTo("abcde");
        assertThat(answer.fields().contains("transfer-encoding")).isFalse();
    }

    @Test
    void readsABodyThatTheEndOfTheConnectionEnds() {
        service.respond("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc");
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.text()).isEqualTo("abc");
        assertThat(answer.fields().contains("connection")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(ints = {100, 102, 103})
    void passesOverInterimAnswers(int interim) {
        service.respond("HTTP/1.1 " + interim + " X\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        RelayLink.Answer answer = open().ask("POST", "/", HeaderFields.of("expect", "100-continue"), (byte) 'x');
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo("ok");
        assertThat(service.take().head()).doesNotContainIgnoringCase("expect");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"method\":\"GET\",\"path\":\"/a\\r\\nX: y\"",
                "\"method\":\"GET\",\"path\":\"/a b\"",
                "\"method\":\"GET\",\"path\":\"/a\\u0000\"",
                "\"method\":\"GET\",\"path\":\"http://elsewhere/\"",
                "\"method\":\"GET\",\"path\":\"\"",
                "\"method\":\"GET\",\"path\":\"/a#b\"",
                "\"method\":\"GET\",\"path\":\"/%zz?a\"",
                "\"method\":\"GET\",\"path\":\"/a%2\"",
                "\"method\":\"CONNECT\",\"path\":\"/\"",
                "\"method\":\"G T\",\"path\":\"/\"",
                "\"method\":\"\",\"path\":\"/\"",
                "\"method\":\"GET\",\"path\":\"/\",\"headers\":{\"x\":\"a\\r\\nY: z\"}",
                "\"method\":\"GET\",\"path\":\"/\",\"headers\":{\"x y\":\"a\"}",
                "\"method\":\"GET\",\"path\":\"/\",\"headers\":{\"x\\r\\n\":\"a\"}"
            })
    void refusesWhatWouldArriveAsSomethingElse(String request) {
        RelayLink.Answer answer = open().sendText("{\"type\":\"request\",\"id\":\"7\"," + request + "}")
                .readAnswer();
        assertThat(answer.status()).isEqualTo(400);
        assertThat(service.waiting()).isZero();
    }

    @Test
    void tellsOfEveryRequest() {
        open().ask("GET", "/a?secret=1", HeaderFields.empty());
        FinishedRequest request = listener.request();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.path()).isEqualTo("/a");
        assertThat(request.status()).isEqualTo(200);
        assertThat(request.responseBytes()).isEqualTo(2);
        assertThat(request.failure()).isEmpty();
        assertThat(request.duration()).isPositive();
    }

    @Test
    void setsFieldsInPlaceOfTheVisitors() {
        builder.requestField("X-Secret", "1").requestField("x-secret", " 2 ").requestField("Accept", "text/html");
        open().ask("GET", "/", HeaderFields.of("x-secret", "forged", "accept", "*/*", "x-other", "kept"));
        assertThat(service.take().head())
                .isEqualTo("GET / HTTP/1.1\r\nHost: " + service.authority()
                        + "\r\nx-other: kept\r\nX-Secret: 1\r\nx-secret: 2\r\nAccept: text/html\r\n\r\n");
    }

    @ParameterizedTest
    @CsvSource({
        "site.example:8080,false,visitor.example,site.example:8080",
        "site.example,true,visitor.example:1,visitor.example:1",
        "site.example,true,,site.example",
        "site.example,true,a b,site.example",
        "site.example,true,'a, b',site.example",
        "site.example,true,a/b,site.example"
    })
    void setsTheHostThatItIsTold(String host, boolean ofVisitor, String asked, String expected) {
        builder.host(host).hostOfVisitor(ofVisitor);
        open().ask("GET", "/", asked == null ? HeaderFields.empty() : HeaderFields.of("x-forwarded-host", asked));
        assertThat(service.take().head()).contains("\r\nHost: " + expected + "\r\n");
    }

    @Test
    void tellsOfARequestsBeginningAndEndUnderOneId() {
        RelayLink link = open();
        link.ask("GET", "/a?secret", HeaderFields.empty());
        link.ask("GET", "/b", HeaderFields.empty());
        StartedRequest first = listener.started();
        assertThat(first.method() + first.path()).isEqualTo("GET/a");
        assertThat(listener.started().id()).isEqualTo(first.id() + 1);
        assertThat(listener.request().id()).isEqualTo(first.id());
        assertThat(listener.request().id()).isEqualTo(first.id() + 1);
    }

    @Test
    void saysThatTheServiceIsNotThere() {
        RelayLink link = open();
        service.close();
        RelayLink.Answer answer = link.ask("GET", "/", HeaderFields.empty());
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.fields().first("content-type")).contains("application/json");
        assertThat(answer.text())
                .isEqualTo("{\"error\":\"Bad Gateway\",\"message\":\"" + service.uri()
                        + " refused the connection; is the local service running?\"}");
        assertThat(listener.request().failure()).get().asString().contains("refused the connection");
    }

    @Test
    void saysThatTheHostIsNotKnown() {
        builder.target(URI.create("http://nowhere.invalid"));
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains("host name is not known");
    }

    @ParameterizedTest
    @CsvSource(
            value = {
                "'',closed the connection",
                "HTTP/1.1 200 OK|Content-Length: 5||abc,closed the connection",
                "SSH-2.0-OpenSSH||,valid HTTP",
                "HTTP/1.1 999 X|Content-Length: 0||,could not be asked",
                "HTTP/1.1 101 X|Upgrade: x|Connection: upgrade||,could not be asked"
            })
    void saysThatTheAnswerIsNone(String response, String message) {
        String wire = response.replace("|", "\r\n");
        // A connection that is closed behind the response, so that a truncated one is known to be.
        service.respond(request -> {
            if (wire.isEmpty()) {
                return "";
            }
            return wire.contains("abc") ? wire.replaceFirst("\r\n", "\r\nConnection: close\r\n") : wire;
        });
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.status()).isEqualTo(502);
        assertThat(answer.text()).contains(message);
    }

    @Test
    void asksAgainIfTheServiceHasClosedAKeptConnection() {
        RelayLink link = open();
        AtomicInteger requests = new AtomicInteger();
        service.respond(
                request -> requests.incrementAndGet() % 2 == 0 ? "" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        for (int i = 0; i < 5; i++) {
            assertThat(link.ask("GET", "/", HeaderFields.empty()).status()).isEqualTo(200);
        }
        assertThat(requests).hasValue(9);
    }

    @ParameterizedTest
    @CsvSource({"GET,2", "POST,1", "PUT,1", "DELETE,1"})
    void asksAgainOnlyOnceAndOnlyWhereItDoesNoHarm(String method, int times) {
        service.respond("");
        assertThat(open().ask(method, "/", HeaderFields.empty()).status()).isEqualTo(502);
        assertThat(service.waiting()).isEqualTo(times);
    }

    @Test
    void givesUpOnASlowService() {
        builder.responseTimeout(Duration.ofMillis(200));
        service.respond(RawService.NEVER);
        RelayLink.Answer answer = open().ask("GET", "/", HeaderFields.empty());
        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.text()).contains("did not answer in time");
        service.awaitAbandoned();
    }

    @Test
    void refusesBodiesThatDontFit() {
        builder.maxResponseBodyBytes(1_000);
        RelayLink link = open();
        service.respond("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + "x".repeat(1_000));
        assertThat(link.ask("GET", "/", HeaderFields.empty()).body()).hasSize(1_000);
        service.respond("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + "x".repeat(1_001));
        RelayLink.Answer announced = link.ask("GET", "/", HeaderFields.empty());
        assertThat(announced.status()).isEqualTo(502);
        assertThat(announced.text()).contains("larger than the 1000 bytes");
        service.respond(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + "x".repeat(1_001) + "\r\n0\r\n\r\n");
        RelayLink.Answer found = link.ask("GET", "/", HeaderFields.empty());
        assertThat(found.status()).isEqualTo(502);
        assertThat(found.text()).contains("larger than the 1000 bytes");
    }

    @Test
    void fitsTheLargestBodyIntoTheRelaysMessages() {
        byte[] body = new byte[11 * 1_048_576];
        Arrays.fill(body, (byte) 1);
        service.respond("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " + body.length + "\r\n\r\n"
                + new String(body, StandardCharsets.ISO_8859_1));
        String message = open().sendRequest("7", "GET", "/").readText();
        assertThat(message).hasSizeLessThan(16 * 1_048_576).contains("\"status\":200");
    }

    @Test
    void takesTheLargestRequestOfARelay() {
        byte[] body = new byte[20 * 1_048_576];
        Arrays.fill(body, (byte) 0xFE);
        service.respond(
                request -> "HTTP/1.1 200 OK\r\nX-Length: " + request.body().length() + "\r\nContent-Length: 0\r\n\r\n");
        RelayLink.Answer answer = open().ask("PUT", "/", HeaderFields.empty(), body);
        assertThat(answer.fields().first("x-length")).contains("20971520");
    }

    @ParameterizedTest
    @CsvSource({"45000,the body has no room", "20000,the message has no room beside the body"})
    void sharesOneBudgetOfBytesAmongAll(int responseBytes, String why) {
        builder.maxBufferedBytes(60_000);
        RelayLink link = open();
        service.respond(RawService.NEVER);
        link.sendRequest("1", "PUT", "/", HeaderFields.empty(), new byte[20_000]);
        service.take();
        link.sendRequest("2", "PUT", "/", HeaderFields.empty(), new byte[20_000]);
        assertThat(link.readAnswer()).satisfies(answer -> {
            assertThat(answer.id()).isEqualTo("2");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.fields().first("retry-after")).contains("1");
        });
        service.respond("HTTP/1.1 200 OK\r\nContent-Length: " + responseBytes + "\r\n\r\n" + "x".repeat(responseBytes));
        assertThat(link.sendRequest("3", "GET", "/").readAnswer().status())
                .as(why)
                .isEqualTo(503);
        assertThat(service.waiting()).isEqualTo(1);
    }

    @Test
    void givesTheBudgetBack() {
        builder.maxBufferedBytes(20_000);
        RelayLink link = open();
        service.respond("HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n" + "x".repeat(4_000));
        for (int i = 0; i < 20; i++) {
            assertThat(link.ask("PUT", "/", HeaderFields.empty(), new byte[6_000])
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void asksTheServiceOnlySoManyThingsAtATime() {
        builder.maxConcurrentRequests(2).maxQueuedRequests(1).responseTimeout(Duration.ofSeconds(20));
        CountDownLatch hold = new CountDownLatch(1);
        service.respond(request -> {
            hold.await();
            return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        });
        RelayLink link = open();
        for (int i = 1; i <= 3; i++) {
            link.sendRequest(Integer.toString(i), "GET", "/" + i);
        }
        service.take();
        service.take();
        for (int i = 4; i < 100; i++) {
            RelayLink.Answer refused =
                    link.sendRequest(Integer.toString(i), "GET", "/" + i).readAnswer();
            assertThat(refused.id()).isEqualTo(Integer.toString(i));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.text()).contains("Too many requests");
        }
        assertThat(service.waiting()).isZero();
        hold.countDown();
        for (int i = 1; i <= 3; i++) {
            assertThat(link.readAnswer().status()).isEqualTo(200);
        }
        assertThat(link.ask("GET", "/", HeaderFields.empty()).status()).isEqualTo(200);
    }

    @Test
    void answersManyAtOnce() {
        builder.maxConcurrentRequests(64);
        CyclicBarrier all = new CyclicBarrier(64);
        service.respond(request -> {
            all.await();
            return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        });
        RelayLink link = open();
        for (int i = 0; i < 64; i++) {
            link.sendRequest("r" + i, "GET", "/" + i);
        }
        Set<String> ids = new TreeSet<>();
        for (int i = 0; i < 64; i++) {
            ids.add(link.readAnswer().id());
        }
        assertThat(ids).hasSize(64);
    }

    @Test
    void answersAnIdOnlyOnce() {
        service.respond(RawService.NEVER);
        RelayLink link = open().sendRequest("1", "GET", "/first");
        service.take();
        service.respond("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        link.sendRequest("1", "GET", "/second").sendRequest("2", "GET", "/third");
        assertThat(link.readAnswer().id()).isEqualTo("2");
        assertThat(service.take().requestLine()).contains("/third");
    }

    @Test
    void cancelsRequestsOfARelayThatGoesAway() {
        service.respond(RawService.NEVER);
        RelayLink link = open().sendRequest("1", "GET", "/");
        service.take();
        link.close();
        service.awaitAbandoned();
        FinishedRequest request = listener.request();
        assertThat(request.status()).isZero();
        assertThat(request.failure()).contains("the relay went away");
    }
}
