package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Issuers that can't be asked, say something else, or change their keys. */
class IssuerTest {

    private static final String DOWN = "The identity provider cannot be reached";
    private static final String UNVERIFIED = "The access token could not be verified";

    private final Pod pod = new Pod();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        pod.close();
        threads.shutdownNow();
    }

    private static Arguments discovery(String name, int lookups, TestWeb.Page page) {
        return Refusal.other(name, 503, "", DOWN, lookups, pod -> {
            pod.web.put(Pod.DISCOVERY, page);
            return pod.enter();
        });
    }

    private static Arguments jwksAt(String name, String uri) {
        return discovery("keys at " + name, 1, TestWeb.json(Pod.discovery(Pod.ISSUER, uri)));
    }

    private static Arguments jwks(String name, TestWeb.Page page) {
        return Refusal.other(name, 503, "", DOWN, 2, pod -> {
            pod.web.put(Pod.JWKS, page);
            return pod.enter();
        });
    }

    private static Arguments otherIssuer(String name, String issuer) {
        return Refusal.token(name, UNVERIFIED, 1, pod -> {
            pod.web.put(Pod.DISCOVERY, TestWeb.json(Pod.discovery(issuer, Pod.JWKS)));
            return pod.enter();
        });
    }

    static Stream<Arguments> failures() {
        StringBuilder many = new StringBuilder("{\"keys\":[");
        for (int i = 0; i < 5000; i++) {
            many.append(i == 0 ? "" : ",").append(Pod.json(Pod.ISSUER_KEY.jwk()));
        }
        many.append("]}");
        String hundredAndOne = "{\"keys\":[" + "{},".repeat(100) + Pod.json(Pod.ISSUER_KEY.jwk()) + "]}";
        return Stream.of(
                discovery("an issuer that is down", 1, TestWeb.status(503)),
                discovery("an issuer without discovery", 1, TestWeb.status(404)),
                discovery("discovery that wants a password", 1, exchange -> {
                    exchange.getResponseHeaders().set("www-authenticate", "Basic realm=\"a\"");
                    exchange.sendResponseHeaders(401, -1);
                }),
                discovery("discovery that is somewhere else", 1, TestWeb.redirect("https://second.example/")),
                discovery("discovery that is no JSON", 1, TestWeb.json("<html>")),
                discovery("discovery that is an array", 1, TestWeb.json("[]")),
                discovery("discovery without an issuer", 1, TestWeb.json("{\"jwks_uri\":\"" + Pod.JWKS + "\"}")),
                discovery("discovery without keys", 1, TestWeb.json("{\"issuer\":\"" + Pod.ISSUER + "\"}")),
                discovery(
                        "discovery that is nested deeply",
                        1,
                        TestWeb.json(Pod.discovery(Pod.ISSUER, Pod.JWKS)
                                .replace("}", ",\"a\":" + "[".repeat(65) + "]".repeat(65) + "}"))),
                discovery(
                        "discovery of more than 64 KiB",
                        1,
                        TestWeb.json(Pod.discovery(Pod.ISSUER, Pod.JWKS) + " ".repeat(64 * 1024))),
                discovery("discovery of unknown length without an end", 1, exchange -> {
                    exchange.sendResponseHeaders(200, 0);
                    byte[] much = new byte[64 * 1024];
                    for (int i = 0; i < 1000; i++) {
                        exchange.getResponseBody().write(much);
                    }
                }),
                jwksAt("http", "http://idp.example/jwks"),
                jwksAt("a file", "file:///etc/passwd"),
                jwksAt("ftp", "ftp://idp.example/jwks"),
                jwksAt("another port", "https://idp.example:8443/jwks"),
                jwksAt("a private address", "https://10.0.0.1/jwks"),
                jwksAt("no URL", "::"),
                jwksAt("a relative URL", "/jwks"),
                jwksAt("a URL with a user", "https://a@idp.example/jwks"),
                jwks("keys that are down", TestWeb.status(500)),
                jwks("keys that are somewhere else", TestWeb.redirect("https://idp.example/other")),
                jwks("keys that are no JSON", TestWeb.json("")),
                jwks("keys that are no list", TestWeb.json("{\"keys\":{}}")),
                jwks("5,000 keys", TestWeb.json(many.toString())),
                jwks("101 keys", TestWeb.json(hundredAndOne)),
                otherIssuer("discovery for another issuer", "https://m.example/"),
                otherIssuer("discovery for the issuer without its slash", "https://idp.example"));
    }

    static Stream<Arguments> noKeys() {
        return Stream.of(
                Refusal.token("no keys", UNVERIFIED, 2, pod -> {
                    pod.web.put(Pod.JWKS, TestWeb.json("{\"keys\":[]}"));
                    return pod.enter();
                }),
                Refusal.token("keys that are none", UNVERIFIED, 2, pod -> {
                    pod.web.put(
                            Pod.JWKS,
                            TestWeb.json("{\"keys\":[1,{},{\"kty\":\"oct\",\"k\":\"a\",\"kid\":\"k1\"},"
                                    + "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\",\"kid\":\"k1\"}]}"));
                    return pod.enter();
                }));
    }

    @ParameterizedTest
    @MethodSource({"failures", "noKeys"})
    void isRefused(Refusal refusal) {
        refusal.check(pod);
    }

    @ParameterizedTest
    @MethodSource("failures")
    void isNotAskedAgainForAMinute(Refusal refusal) {
        refusal.check(pod);
        pod.scheduler.advance(Duration.ofSeconds(59));
        refusal.withLookups(0).check(pod);
        pod.scheduler.advance(Duration.ofSeconds(1));
        refusal.check(pod);
    }

    @Test
    void theSecondSlashOfAnIssuerStays() {
        String issuer = "https://idp.example/realm//";
        pod.web.put(
                "https://idp.example/realm//.well-known/openid-configuration",
                TestWeb.json(Pod.discovery(issuer, Pod.JWKS)));
        pod.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, issuer)));
        assertThat(pod.enter(pod.token(claims -> claims.put("iss", issuer)), pod.proof())
                        .status())
                .isEqualTo(101);
    }

    @Test
    void keysAreKeptForAsLongAsTheySay() {
        pod.web.put(
                Pod.JWKS,
                TestWeb.text(
                        "application/json",
                        Pod.jwks(Map.of("kid", "k1"), Pod.ISSUER_KEY),
                        Map.of("cache-control", "public, max-age=600")));
        assertLife(Duration.ofMinutes(10));
    }

    @Test
    void keysAreKeptForAnHourIfTheySayNothing() {
        assertLife(Duration.ofHours(1));
    }

    @Test
    void keysAreKeptForFiveMinutesAtLeast() {
        pod.web.put(
                Pod.DISCOVERY,
                TestWeb.text(
                        "application/json",
                        Pod.discovery(Pod.ISSUER, Pod.JWKS),
                        Map.of("cache-control", "max-age=1, s-maxage=9999")));
        assertLife(Duration.ofMinutes(5));
    }

    @Test
    void keysAreKeptForADayAtMost() {
        for (String url : List.of(Pod.DISCOVERY, Pod.JWKS)) {
            String body = url.equals(Pod.JWKS)
                    ? Pod.jwks(Map.of("kid", "k1"), Pod.ISSUER_KEY)
                    : Pod.discovery(Pod.ISSUER, Pod.JWKS);
            pod.web.put(url, TestWeb.text("application/json", body, Map.of("cache-control", "Max-Age=\"999999999\"")));
        }
        assertLife(Duration.ofDays(1));
    }

    private void assertLife(Duration life) {
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.scheduler.advance(life.minusSeconds(1));
        pod.web.asked();
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(pod.web.asked()).doesNotContain(Pod.DISCOVERY, Pod.JWKS);
        pod.scheduler.advance(Duration.ofSeconds(1));
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(pod.web.asked()).contains(Pod.DISCOVERY, Pod.JWKS);
    }

    @Test
    void oldKeysServeForAnotherHourWhenTheIssuerIsDown() {
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.web.put(Pod.DISCOVERY, TestWeb.status(500));
        pod.scheduler.advance(Duration.ofHours(1));
        pod.web.asked();
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(pod.web.asked()).contains(Pod.DISCOVERY);
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(pod.web.asked()).as("asked a moment later").isEmpty();
        pod.scheduler.advance(Duration.ofMinutes(59));
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.scheduler.advance(Duration.ofMinutes(1));
        assertThat(pod.enter().detail()).isEqualTo(DOWN);
    }

    @Test
    void aNewKeyIsFoundOnceEveryHalfMinute() {
        assertThat(pod.enter().status()).isEqualTo(101);
        Signer next = Signer.of("ES256");
        pod.web.put(Pod.JWKS, TestWeb.json(Pod.jwks(Map.of("kid", "k2"), next)));
        String token = next.compact("{\"alg\":\"ES256\",\"kid\":\"k2\"}", Pod.json(pod.tokenClaims()));
        pod.web.asked();
        pod.scheduler.advance(Duration.ofSeconds(29));
        new Refusal("too early", 401, "invalid_token", UNVERIFIED, 0, p -> p.enter(token, p.proof())).check(pod);
        pod.scheduler.advance(Duration.ofSeconds(1));
        assertThat(pod.enter(token, pod.proof()).status()).isEqualTo(101);
        assertThat(pod.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS);
    }

    @Test
    void manyUnknownKeysAreOneLookup() {
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.scheduler.advance(Duration.ofSeconds(30));
        pod.web.asked();
        for (int i = 0; i < 300; i++) {
            String kid = "unknown-" + i;
            pod.scheduler.advance(Duration.ofMillis(10));
            assertThat(pod.enter(pod.token(header -> header.put("kid", kid), claims -> {}), pod.proof())
                            .detail())
                    .isEqualTo(UNVERIFIED);
        }
        assertThat(pod.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS);
    }

    @Test
    void aFailedLookForANewKeyIsNoRefusalOfTheToken() {
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.web.put(Pod.JWKS, TestWeb.status(500));
        pod.scheduler.advance(Duration.ofSeconds(30));
        String token = pod.token(header -> header.put("kid", "k2"), claims -> {});
        assertThat(pod.enter(token, pod.proof()).detail()).isEqualTo(DOWN);
        pod.web.asked();
        assertThat(pod.enter(token, pod.proof()).detail()).as("soon again").isEqualTo(DOWN);
        assertThat(pod.enter().status()).as("with a known key").isEqualTo(101);
        assertThat(pod.web.asked()).isEmpty();
    }

    @Test
    void aKeyThatIsWithdrawnStaysGoodUntilTheNextLook() {
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.web.put(Pod.JWKS, TestWeb.json(Pod.jwks(Map.of("kid", "k2"), Signer.of("ES256"))));
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.scheduler.advance(Duration.ofHours(1));
        assertThat(pod.enter().detail()).isEqualTo(UNVERIFIED);
    }

    @Test
    void aRememberedTokenNeedsNoKey() {
        try (Pod quick = new Pod(builder -> builder.cacheVerifiedTokens(true))) {
            String token = quick.token();
            assertThat(quick.enter(token, quick.proof()).status()).isEqualTo(101);
            quick.scheduler.advance(Duration.ofSeconds(59));
            String spoilt = token.substring(0, token.length() - 4) + "AAAA";
            assertThat(quick.enter(spoilt, quick.proof()).detail())
                    .as("another token")
                    .isEqualTo("The access token signature is invalid");
            assertThat(quick.enter(token, quick.proof(claims -> claims.put("htm", "PUT")))
                            .status())
                    .as("a bad proof")
                    .isEqualTo(401);
            assertThat(quick.enter(token, quick.proof()).status()).isEqualTo(101);
        }
    }

    @Test
    void severalAtATimeShareOneLookup() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (Pod many = new Pod(threads, builder -> builder)) {
            String keys = Pod.jwks(Map.of("kid", "k1"), Pod.ISSUER_KEY);
            many.web.put(Pod.JWKS, exchange -> {
                asked.countDown();
                await(answer);
                TestWeb.json(keys).answer(exchange);
            });
            List<CompletableFuture<Pod.Answer>> answers = new ArrayList<>();
            answers.add(many.begin());
            await(asked);
            for (int i = 0; i < 50; i++) {
                answers.add(many.begin());
            }
            answer.countDown();
            for (CompletableFuture<Pod.Answer> one : answers) {
                assertThat(one.get(30, TimeUnit.SECONDS).status()).isEqualTo(101);
            }
            assertThat(many.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS, Pod.CARD);
        }
    }

    static void await(CountDownLatch latch) {
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("nothing happened");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
