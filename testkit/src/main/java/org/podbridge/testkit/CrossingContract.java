package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.testkit.ProbedTunnel.frame;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.podbridge.Podbridge;
import org.podbridge.Router;
import org.podbridge.auth.AuthProvider;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.identity.AddressRange;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.ProbedTunnel.Answer;
import org.podbridge.testkit.ProbedTunnel.Asked;
import org.podbridge.testkit.ProbedTunnel.Field;

/**
 * What crosses a tunnel and what doesn't, whoever forges it, seen on the wire behind every adapter, for both versions
 * of the protocol. Each request has a second one behind it on its connection, which must get its own answer, unless the
 * first answer says that the connection ends. An adapter's test extends it and starts a server.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class CrossingContract {

    private static final String HOST = "Host: pod.example\r\n";
    private static final String OWNER = "Authorization: Bearer owner\r\n";
    private static final String CREDENTIALS = "Cookie: a=1; sid=secret; b=2\r\nCookie: sid=secret\r\n" + OWNER
            + "DPoP: proof\r\nProxy-Authorization: secret\r\n";
    private static final String FOLLOWING =
            "GET /tunnel/app/after HTTP/1.1\r\n" + HOST + OWNER + "Connection: close\r\n\r\n";
    private static final String SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads";
    private static final String RESTRICTED = "\"name\":\"app\",\"passthrough\":true,\"access\":\"owner\"";

    /** Two strings of JSON, in an object as in an array of pairs. */
    private static final Pattern FIELD = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"[:,]\"((?:[^\"\\\\]|\\\\.)*)\"");

    private volatile Podbridge podbridge = podbridge(builder -> builder);
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});

    /** Creates the suite. */
    protected CrossingContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    @BeforeAll
    void startServer() throws Exception {
        host = start(request -> podbridge.route(request));
    }

    @AfterAll
    void stopServer() throws Exception {
        host.stop().close();
    }

    @BeforeEach
    void beginAnew() {
        with(builder -> builder);
    }

    @AfterEach
    void closePodbridge() {
        podbridge.close();
    }

    private static Podbridge podbridge(UnaryOperator<Podbridge.Builder> change) {
        Podbridge.Builder builder = Podbridge.builder()
                .publicUri(URI.create("http://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of(
                        "owner", WebId.of("https://owner.example/card#me"),
                        "other", WebId.of("https://other.example/card#me"))))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .sessionCookies(Set.of("sid"))
                .reservedNames(Set.of("admin"))
                .limits(limits().build());
        return change.apply(builder).build();
    }

    private static Limits.Builder limits() {
        return Limits.builder().rates(RateLimits.none());
    }

    private void with(UnaryOperator<Podbridge.Builder> change) {
        podbridge.close();
        podbridge = podbridge(change);
    }

    // Tunnels

    private Stream<DynamicTest> through(Consumer<ProbedTunnel> test) {
        return through(ProbedTunnel.PASSTHROUGH, builder -> builder, test);
    }

    private Stream<DynamicTest> through(String registration, Consumer<ProbedTunnel> test) {
        return through(registration, builder -> builder, test);
    }

    /** Makes a test for either version of the protocol, each with a relay of its own. */
    private Stream<DynamicTest> through(
            String registration, UnaryOperator<Podbridge.Builder> change, Consumer<ProbedTunnel> test) {
        return IntStream.of(1, 2)
                .mapToObj(version -> DynamicTest.dynamicTest("version " + version, () -> {
                    with(change);
                    try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", version, registration)) {
                        test.accept(tunnel);
                    }
                }));
    }

    private static Answer answer(int status, String... namesAndValues) {
        List<Field> fields = IntStream.range(0, namesAndValues.length / 2)
                .mapToObj(i -> new Field(json(namesAndValues[2 * i]), json(namesAndValues[2 * i + 1])))
                .toList();
        return new Answer(Integer.toString(status), fields, "content");
    }

    private static String json(String text) {
        return '"' + text.replace("\"", "\\\"") + '"';
    }

    /** Answers the probe so, and the request behind it as ever. */
    private static void answers(ProbedTunnel tunnel, Answer answer) {
        tunnel.answerWith(asked -> isFollowing(asked) ? Answer.text("seen after") : answer);
    }

    private static boolean isFollowing(Asked asked) {
        return asked.path().equals("/after");
    }

    /** Returns what has crossed of the requests so far, those that follow others aside. */
    private static List<Asked> asked(ProbedTunnel tunnel) {
        return tunnel.takeAsked().stream().filter(asked -> !isFollowing(asked)).toList();
    }

    private static HeaderFields fieldsOf(Asked asked) {
        Matcher matcher = FIELD.matcher(asked.head().substring(asked.head().indexOf("\"headers\":") + 10));
        HeaderFields.Builder fields = HeaderFields.builder();
        while (matcher.find()) {
            fields.add(matcher.group(1), matcher.group(2).replace("\\\"", "\""));
        }
        return fields.build();
    }

    // Visitors

    private WireResponse get(String target, String fields) {
        return ask("GET " + target + " HTTP/1.1\r\n" + HOST + fields + "\r\n");
    }

    private WireResponse get(ProbedTunnel tunnel, Answer answer) {
        answers(tunnel, answer);
        WireResponse response = get("/tunnel/app/a", OWNER);
        assertThat(asked(tunnel)).hasSize(1);
        return response;
    }

    /** Returns the answer to a request, behind which the connection is in step. */
    private WireResponse ask(String request) {
        String wire = RawVisitor.converse(host.uri(), request + FOLLOWING);
        List<WireResponse> responses = WireResponse.parse(wire);
        assertThat(wire).doesNotContainIgnoringCase("evil").doesNotContainIgnoringCase("exception");
        assertThat(responses).as(wire).isNotEmpty();
        WireResponse first = responses.get(0);
        if (first.complete() && !first.fields().all("connection").contains("close")) {
            assertThat(responses).as(wire).hasSize(2);
            assertThat(responses.get(1).status()).isIn(200, 502);
            assertThat(responses.get(1).body()).containsAnyOf("seen after", "Tunnel not connected");
        } else {
            assertThat(responses).as(wire).hasSize(1);
        }
        return first;
    }

    private static void isIsolated(WireResponse response) {
        HeaderFields fields = response.fields();
        assertThat(fields.all("content-security-policy")).containsExactly(SANDBOX);
        assertThat(fields.all("x-content-type-options")).containsExactly("nosniff");
        assertThat(fields.all("referrer-policy")).containsExactly("no-referrer");
        assertThat(fields.all("cross-origin-opener-policy")).containsExactly("same-origin");
        assertThat(fields.all("permissions-policy")).singleElement().asString().contains("camera=()");
    }

    private static void isTheRelaysOwn(WireResponse response, int status) {
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.fields().all("cache-control")).containsExactly("no-store");
        isIsolated(response);
    }

    // Pages

    private static String fetch(String site, String mode, String destination) {
        return "Sec-Fetch-Site: " + site + "\r\nSec-Fetch-Mode: " + mode + "\r\nSec-Fetch-Dest: " + destination
                + "\r\n";
    }

    @TestFactory
    Stream<DynamicTest> givesPagesOfThePodNoCodeAndNobodyAServiceWorker() {
        return through(tunnel -> {
            answers(tunnel, answer(200));
            Stream.concat(
                            Stream.of(
                                            "script",
                                            "worker",
                                            "sharedworker",
                                            "serviceworker",
                                            "audioworklet",
                                            "paintworklet",
                                            "xslt",
                                            "embed",
                                            "object",
                                            "iframe",
                                            "frame",
                                            "fencedframe")
                                    .map(destination -> fetch("same-origin", "no-cors", destination)),
                            Stream.of(
                                    "Service-Worker: script\r\n",
                                    fetch("cross-site", "same-origin", "serviceworker"),
                                    fetch("cross-site", "same-origin", "sharedworker")))
                    .forEach(fields -> isTheRelaysOwn(get("/tunnel/app/sw.js", fields), 403));
            assertThat(asked(tunnel)).isEmpty();
        });
    }

    @TestFactory
    Stream<DynamicTest> givesThemDataAndTheSandboxedPageItsOwnCode() {
        return through(tunnel -> {
            answers(tunnel, answer(200));
            List<String> allowed = List.of(
                    fetch("same-origin", "no-cors", "image"),
                    fetch("same-origin", "cors", "font"),
                    fetch("same-origin", "cors", "empty"),
                    fetch("same-origin", "navigate", "document"),
                    fetch("cross-site", "cors", "script"),
                    fetch("cross-site", "navigate", "iframe"),
                    fetch("none", "navigate", "document"));
            for (String fields : allowed) {
                WireResponse response = get("/tunnel/app/a", fields + "Origin: null\r\n");
                assertThat(response.status()).as(fields).isEqualTo(200);
                assertThat(response.fields().all("access-control-allow-origin")).containsExactly("*");
                isIsolated(response);
            }
            assertThat(asked(tunnel)).hasSameSizeAs(allowed);
            WireResponse preflight = ask("OPTIONS /tunnel/app/a HTTP/1.1\r\n" + HOST
                    + "Origin: null\r\nAccess-Control-Request-Method: PUT\r\n\r\n");
            isTheRelaysOwn(preflight, 204);
            assertThat(preflight.fields().all("access-control-allow-methods")).containsExactly("*");
            assertThat(asked(tunnel)).isEmpty();
        });
    }

    @Test
    void keepsItsOwnAnswersAwayFromThePodToo() {
        try (ProbedTunnel app = ProbedTunnel.serve(podbridge, "owner", 2);
                ProbedTunnel mine = ProbedTunnel.serve(podbridge, "owner", 2, RESTRICTED.replace("app", "mine"))) {
            answers(app, answer(200));
            isTheRelaysOwn(get("/tunnel/app", ""), 308);
            isTheRelaysOwn(get("/tunnel/", ""), 404);
            isTheRelaysOwn(get("/tunnel/nobody/a", ""), 502);
            isTheRelaysOwn(get("/tunnel/mine/a", ""), 401);
            isTheRelaysOwn(get("/tunnel/mine/a", "Authorization: Bearer nobody\r\n"), 401);
            isTheRelaysOwn(get("/tunnel/mine/a", "Authorization: Bearer other\r\n"), 403);
            isTheRelaysOwn(ask("GET /tunnel/app/a HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n"), 421);
            assertThat(asked(app)).isEmpty();
            assertThat(mine.takeAsked()).isEmpty();
        }
    }

    @TestFactory
    Stream<DynamicTest> answersForWhoTakesTooLongAndLeavesOutWhatComesThen() {
        Limits impatient = limits().exchangeTimeout(Duration.ofMillis(100)).build();
        return through(ProbedTunnel.PASSTHROUGH, builder -> builder.limits(impatient), tunnel -> {
            List<byte[]> late = new CopyOnWriteArrayList<>();
            tunnel.speakWith(asked -> {
                boolean version1 = asked.head().contains("\"type\":\"request\"");
                byte[] answer = version1 ? wholeAnswer(asked) : streamedAnswer(asked);
                if (isFollowing(asked)) {
                    late.add(answer);
                    return late;
                }
                late.add(answer);
                return List.of(version1 ? utf8("{\"type\":\"x\"}") : frame(5, 0, stream(asked), "\0\0\0\1"));
            });
            isTheRelaysOwn(get("/tunnel/app/a", ""), 504);
            assertThat(late).hasSize(2);
        });
    }

    private static byte[] wholeAnswer(Asked asked) {
        return utf8("{\"type\":\"response\",\"id\":\"" + asked.id() + "\",\"status\":200,\"body\":\"seen "
                + asked.path().substring(1) + "\"}");
    }

    private static byte[] streamedAnswer(Asked asked) {
        return RawWebSocket.join(
                frame(2, 0, stream(asked), "{\"status\":200,\"headers\":[]}"),
                frame(3, 1, stream(asked), "seen " + asked.path().substring(1)));
    }

    private static int stream(Asked asked) {
        return Integer.parseInt(asked.id());
    }

    private static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }

    // Names

    @Test
    void tellsStrangersNothingOfNamesAndTakesNoneForAnother() {
        try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", 2)) {
            answers(tunnel, answer(200));
            WireResponse unknown = get("/tunnel/nobody/a", "");
            isTheRelaysOwn(unknown, 502);
            for (String name : List.of("admin", "App", "APP", "app-", "x".repeat(63))) {
                WireResponse response = get("/tunnel/" + name + "/a", "");
                isTheRelaysOwn(response, 502);
                assertThat(response.body()).isEqualTo(unknown.body());
            }
            for (String name : List.of("x".repeat(64), "a.b", "app;x", "app:80", "a~b", "app@x")) {
                isTheRelaysOwn(get("/tunnel/" + name + "/a", ""), 400);
            }
            String huge = "GET /tunnel/" + "x".repeat(1024 * 1024) + "/a HTTP/1.1\r\n" + HOST + "\r\n";
            assertThat(WireResponse.parse(RawVisitor.converse(host.uri(), huge)))
                    .allSatisfy(response -> assertThat(response.status()).isIn(400, 414, 431));
            assertThat(asked(tunnel)).isEmpty();
        }
    }

    // Requests

    @TestFactory
    Stream<DynamicTest> tellsTheServiceOfTheVisitorWhateverTheVisitorForges() {
        String forged = Stream.of(
                        "X-Forwarded-For",
                        "X-Forwarded-Proto",
                        "X-Forwarded-Host",
                        "X-Forwarded-Prefix",
                        "X-Forwarded-Port",
                        "X_Forwarded_For",
                        "Forwarded",
                        "Via",
                        "X-Real-IP",
                        "X-Client-IP",
                        "True-Client-IP",
                        "CF-Connecting-IP",
                        "X-Original-URL",
                        "X-Rewrite-URL",
                        "X-HTTP-Method-Override",
                        "Sec-Session-Response",
                        "Proxy-Authorization",
                        "Proxy-Authenticate",
                        "Proxy-Connection",
                        "Keep-Alive",
                        "TE",
                        "Trailer",
                        "X-Nominated",
                        "X-Nominated-Too",
                        "X-Tunnel-Owner",
                        "Cookie")
                .map(name -> name + ": forged=1\r\n")
                .reduce("", String::concat);
        return through(tunnel -> {
            answers(tunnel, answer(200));
            WireResponse response = get(
                    "/tunnel/app/a",
                    forged + "Connection: keep-alive, x-nominated, X-Forwarded-For,,Cookie\r\n"
                            + "connection: X-NOMINATED-TOO , \"a, quoted\", Host, X-Tunnel-Owner\r\nX-Kept: kept\r\n");
            assertThat(response.status()).as(response.body()).isEqualTo(200);
            Asked asked = asked(tunnel).get(0);
            assertThat(asked.head()).doesNotContain("forged");
            HeaderFields fields = fieldsOf(asked);
            assertThat(fields.all("x-kept")).containsExactly("kept");
            assertThat(fields.all("host")).containsExactly("pod.example");
            assertThat(fields.all("x-forwarded-for")).containsExactly("127.0.0.1");
            assertThat(fields.all("x-forwarded-proto")).containsExactly("http");
            assertThat(fields.all("x-forwarded-host")).containsExactly("pod.example");
            assertThat(fields.all("x-forwarded-prefix")).containsExactly("/tunnel/app");
            assertThat(fields.all("forwarded")).containsExactly("for=127.0.0.1;host=\"pod.example\";proto=http");
            isTheRelaysOwn(get("/tunnel/app/a", "Connection: " + "x,".repeat(500) + "x\r\n"), 400);
            assertThat(asked(tunnel)).isEmpty();
        });
    }

    @TestFactory
    Stream<DynamicTest> believesProxiesThatTheHostTrusts() {
        AddressRange trusted = AddressRange.of("127.0.0.0/8");
        Map<String, String> chains = Map.of(
                "6.6.6.6, 198.51.100.1, 127.0.0.9",
                "198.51.100.1",
                "6.6.6.6, [2001:db8::1]:4711",
                "2001:db8:0:0:0:0:0:1",
                "198.51.100.1, garbage",
                "127.0.0.1",
                "198.51.100.1" + ", 127.0.0.9".repeat(99),
                "127.0.0.1");
        return through(ProbedTunnel.PASSTHROUGH, builder -> builder.trustedProxies(trusted), tunnel -> {
            answers(tunnel, answer(200));
            chains.forEach((chain, visitor) -> {
                get("/tunnel/app/a", "X-Forwarded-For: " + chain + "\r\n");
                assertThat(fieldsOf(asked(tunnel).get(0)).all("x-forwarded-for"))
                        .containsExactly(visitor);
            });
        });
    }

    private HeaderFields cross(ProbedTunnel tunnel) {
        answers(tunnel, answer(200));
        assertThat(get("/tunnel/app/a", CREDENTIALS).status()).isEqualTo(200);
        Asked asked = asked(tunnel).get(0);
        assertThat(asked.head()).doesNotContain("secret");
        return fieldsOf(asked);
    }

    @TestFactory
    Stream<DynamicTest> passesCredentialsToWhoIsLetHaveThemButForTheServersOwn() {
        return through(tunnel -> {
            HeaderFields fields = cross(tunnel);
            assertThat(fields.all("cookie")).containsExactly("a=1; b=2");
            assertThat(fields.all("authorization")).containsExactly("Bearer owner");
            assertThat(fields.all("dpop")).containsExactly("proof");
        });
    }

    @TestFactory
    Stream<DynamicTest> passesNoCredentialsToOthers() {
        return Stream.of("\"name\":\"app\"", RESTRICTED)
                .flatMap(registration -> through(
                        registration,
                        tunnel -> assertThat(List.of("cookie", "authorization", "dpop", "proxy-authorization"))
                                .noneMatch(cross(tunnel)::contains)));
    }

    // Answers

    @TestFactory
    Stream<DynamicTest> letsNoServiceAskForAPasswordInThePodsName() {
        return through(tunnel -> {
            for (String challenge : List.of("Basic realm=\"pod\"", "Digest nonce=\"x\"", "Negotiate", "Bearer, NTLM")) {
                WireResponse refused = get(tunnel, answer(401, "WWW-Authenticate", challenge));
                assertThat(refused.status()).as(challenge).isEqualTo(403);
                assertThat(refused.body()).isEqualTo("content");
                assertThat(refused.fields().contains("www-authenticate")).isFalse();
            }
            WireResponse asks = get(tunnel, answer(401, "WWW-Authenticate", "DPoP algs=\"ES256\""));
            assertThat(asks.status()).isEqualTo(401);
            assertThat(asks.fields().all("www-authenticate")).containsExactly("DPoP algs=\"ES256\"");
            isTheRelaysOwn(get(tunnel, answer(407, "Proxy-Authenticate", "Basic")), 502);
        });
    }

    @TestFactory
    Stream<DynamicTest> keepsCookiesUnderThePrefixAndAwayFromTheServersOwn() {
        Answer sets = answer(
                200,
                "Set-Cookie",
                "a=1; Path=/; Domain=pod.example",
                "Set-Cookie",
                "b=2; Path=/dir; HttpOnly",
                "Set-Cookie",
                "sid=evil",
                "Set-Cookie",
                "__Host-c=evil; Secure; Path=/");
        return Stream.concat(
                through(tunnel -> assertThat(get(tunnel, sets).fields().all("set-cookie"))
                        .containsExactly("a=1; Path=/tunnel/app/", "b=2; HttpOnly; Path=/tunnel/app/dir")),
                through(
                        "\"name\":\"app\"",
                        tunnel -> assertThat(get(tunnel, sets).fields().contains("set-cookie"))
                                .isFalse()));
    }

    @TestFactory
    Stream<DynamicTest> mapsReferencesIntoThePrefix() {
        return through(tunnel -> {
            Map.of(
                            "/a?b",
                            "/tunnel/app/a?b",
                            "http://localhost:3000/a",
                            "/tunnel/app/a",
                            "http://user@pod.example/a",
                            "/tunnel/app/a",
                            "//pod.example/a",
                            "/tunnel/app/a",
                            "https://elsewhere.example/a",
                            "https://elsewhere.example/a",
                            "a/b",
                            "a/b")
                    .forEach((sent, expected) -> {
                        HeaderFields fields = get(tunnel, answer(302, "Location", sent, "Content-Location", sent))
                                .fields();
                        assertThat(fields.all("location")).containsExactly(expected);
                        assertThat(fields.all("content-location")).containsExactly(expected);
                    });
            for (String none : List.of("javascript:evil", "data:text/html,evil", "http:pod.example", "file:///evil")) {
                isTheRelaysOwn(get(tunnel, answer(302, "Location", none)), 502);
            }
            HeaderFields fields = get(
                            tunnel, answer(200, "Link", "</a>; rel=next, </evil>; rel=preload", "Refresh", "0; url=/a"))
                    .fields();
            assertThat(fields.all("link")).containsExactly("</tunnel/app/a>; rel=next");
            assertThat(fields.all("refresh")).containsExactly("0; url=/tunnel/app/a");
        });
    }

    @TestFactory
    Stream<DynamicTest> putsTheSandboxBesideTheServicesPolicyAndItsIsolationInPlaceOfTheServices() {
        String[] weak = {
            "X-Content-Type-Options", "none",
            "Referrer-Policy", "unsafe-url",
            "Cross-Origin-Opener-Policy", "unsafe-none",
            "Permissions-Policy", "camera=*",
            "Access-Control-Allow-Credentials", "true"
        };
        return through(tunnel -> {
            isIsolated(get(tunnel, answer(200, weak)));
            assertThat(get(
                                    tunnel,
                                    answer(
                                            200,
                                            "Content-Security-Policy",
                                            "sandbox allow-same-origin",
                                            "content-security-POLICY",
                                            "default-src *"))
                            .fields()
                            .all("content-security-policy"))
                    .containsExactly(SANDBOX, "sandbox allow-same-origin", "default-src *");
            assertThat(get(tunnel, answer(200, weak)).fields().contains("access-control-allow-credentials"))
                    .isFalse();
            for (int status : new int[] {204, 304, 404, 500}) {
                isIsolated(get(tunnel, answer(status)));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> letsOnlyTheVisitorKeepWhatIsNotForEverybody() {
        Answer kept = answer(200, "Cache-Control", "public, max-age=5", "Vary", "Accept");
        Consumer<ProbedTunnel> isPrivate = tunnel -> {
            HeaderFields fields = get(tunnel, kept).fields();
            assertThat(fields.all("cache-control")).containsExactly("private, max-age=5");
            assertThat(fields.all("vary")).containsExactly("accept, origin, cookie, authorization");
        };
        return Stream.of(through(RESTRICTED, isPrivate), through(isPrivate), through(tunnel -> {
                    answers(tunnel, kept);
                    HeaderFields fields = get("/tunnel/app/a", "").fields();
                    assertThat(fields.all("cache-control")).containsExactly("public, max-age=5");
                    assertThat(fields.all("vary")).containsExactly("accept, origin");
                }))
                .flatMap(tests -> tests);
    }

    /** Returns an answer with many fields of one name, or of many names. */
    private static Answer flood(int count, String name, String value) {
        return answer(
                200,
                IntStream.range(0, count)
                        .boxed()
                        .flatMap(i -> Stream.of(name.replace("#", "" + i), value.replace("#", "" + i)))
                        .toArray(String[]::new));
    }

    @TestFactory
    Stream<DynamicTest> storesNothingOfACookieBombNorOfAHeadThatIsTooLarge() {
        return through(tunnel -> {
            assertThat(get(tunnel, flood(30, "Set-Cookie", "a#=1")).fields().all("set-cookie"))
                    .hasSize(30);
            isTheRelaysOwn(get(tunnel, flood(101, "Set-Cookie", "a#=1")), 502);
            isTheRelaysOwn(get(tunnel, flood(101, "X-#", "1")), 502);
            // In version 2 that is no frame any more, which ends the connection.
            isTheRelaysOwn(get(tunnel, flood(60, "Set-Cookie", "a#=" + "x".repeat(4_096))), 502);
        });
    }

    @TestFactory
    Stream<DynamicTest> passesNoFieldThatActsBeyondItsPage() {
        // Which trailers may come is told to visitors, as the service says it.
        String[] fields = Stream.concat(TunnelProbes.NAMES_THAT_NEVER_PASS.stream(), Stream.of("Content-Length"))
                .filter(name -> !name.equals("Trailer"))
                .flatMap(name -> Stream.of(name, "evil"))
                .toArray(String[]::new);
        return through(tunnel -> {
            WireResponse response = get(tunnel, answer(200, fields));
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.body()).isEqualTo("content");
        });
    }
}
