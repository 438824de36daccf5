package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.limits.Rate;

/** How much is fetched, and for how long. */
class LimitsTest {

    private static final String DOWN = "The identity provider cannot be reached";
    private static final String UNREADABLE = "The WebID cannot be read";
    private static final Rate PLENTY = Rate.perSecond(10_000, 10_000);

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void close() {
        threads.shutdownNow();
    }

    private static LookupLimits limits(int concurrent, Rate overall, Rate perIssuer, Rate perHost, Rate perAddress) {
        return new LookupLimits(
                Duration.ofSeconds(3), Duration.ofSeconds(5), concurrent, overall, perIssuer, perHost, perAddress);
    }

    /** Limits with which nothing but the deadline of a fetch ends it: reading alone would wait for an hour. */
    private static LookupLimits patient() {
        return new LookupLimits(Duration.ofSeconds(3), Duration.ofHours(1), 16, PLENTY, PLENTY, PLENTY, PLENTY);
    }

    /** A WebID whose document nobody has read yet. */
    private static Pod.Answer enterAs(Pod pod, String webId) {
        int fragment = webId.indexOf('#');
        pod.web.put(
                fragment < 0 ? webId : webId.substring(0, fragment),
                TestWeb.text("text/turtle", Pod.turtle(webId, Pod.ISSUER)));
        return pod.enter(pod.token(claims -> claims.put("webid", webId)), pod.proof());
    }

    @Test
    void anAddressMayHaveTenTokensAMinuteLookedUp() {
        try (Pod pod = new Pod(builder -> builder.lookupLimits(
                limits(16, PLENTY, PLENTY, PLENTY, LookupLimits.defaults().perAddress())))) {
            pod.comesFrom("192.0.2.1");
            for (int i = 0; i < 10; i++) {
                assertThat(enterAs(pod, "https://alice" + i + ".example/#me").status())
                        .isEqualTo(101);
            }
            pod.web.asked();
            Refusal refusal = new Refusal(
                    "an eleventh", 429, "", "Too many attempts", 0, p -> enterAs(p, "https://alice10.example/#me"));
            refusal.check(pod);
            assertThat(refusal.attempt().apply(pod).fields().first("retry-after"))
                    .contains("6");
            assertThat(enterAs(pod, "https://alice9.example/#me").status())
                    .as("one that is known")
                    .isEqualTo(101);
            pod.comesFrom("192.0.2.2");
            assertThat(enterAs(pod, "https://alice11.example/#me").status())
                    .as("from another address")
                    .isEqualTo(101);
            pod.comesFrom("192.0.2.1");
            pod.scheduler.advance(Duration.ofSeconds(6));
            assertThat(refusal.attempt().apply(pod).status()).isEqualTo(101);
        }
    }

    @Test
    void halfOfAnIpv6AddressCounts() {
        Rate once = Rate.perMinute(1, 1);
        try (Pod pod = new Pod(builder -> builder.lookupLimits(limits(16, PLENTY, PLENTY, PLENTY, once)))) {
            pod.comesFrom("2001:db8:0:1::1");
            assertThat(pod.enter().status()).isEqualTo(101);
            pod.comesFrom("2001:db8:0:1:ffff::2");
            assertThat(enterAs(pod, "https://b.example/").status()).isEqualTo(429);
            pod.comesFrom("2001:db8:0:2::1");
            assertThat(enterAs(pod, "https://b.example/").status()).isEqualTo(101);
        }
    }

    @Test
    void aProxyOnThisMachineIsNotOneCaller() {
        Rate once = Rate.perMinute(1, 1);
        try (Pod pod = new Pod(builder -> builder.lookupLimits(limits(16, PLENTY, PLENTY, PLENTY, once)))) {
            for (int i = 0; i < 5; i++) {
                assertThat(enterAs(pod, "https://alice" + i + ".example/#me").status())
                        .isEqualTo(101);
            }
        }
    }

    @Test
    void aCallerWithoutPermitsSpoilsNothingForOthers() {
        Rate once = Rate.perMinute(1, 1);
        try (Pod pod = new Pod(builder -> builder.lookupLimits(limits(16, PLENTY, PLENTY, PLENTY, once)))) {
            pod.comesFrom("192.0.2.1");
            assertThat(pod.enter().status()).isEqualTo(101);
            String webId = "https://b.example/";
            assertThat(enterAs(pod, webId).status()).isEqualTo(429);
            pod.comesFrom("192.0.2.2");
            assertThat(enterAs(pod, webId).status()).isEqualTo(101);
        }
    }

    @Test
    void anIssuerMayCauseTwentyLookupsAMinute() {
        try (Pod pod = new Pod(builder ->
                builder.lookupLimits(limits(16, PLENTY, LookupLimits.defaults().perIssuer(), PLENTY, PLENTY)))) {
            for (int i = 0; i < 18; i++) { // besides discovery and keys
                assertThat(enterAs(pod, "https://alice" + i + ".example/#me").status())
                        .isEqualTo(101);
            }
            pod.web.asked();
            new Refusal("another", 503, "", UNREADABLE, 0, p -> enterAs(p, "https://b.example/")).check(pod);
            pod.scheduler.advance(Duration.ofSeconds(3));
            assertThat(enterAs(pod, "https://b.example/").status()).isEqualTo(101);
        }
    }

    @Test
    void aHostIsAskedFiveTimesASecond() {
        try (Pod pod = new Pod(builder -> builder.lookupLimits(
                limits(16, PLENTY, PLENTY, LookupLimits.defaults().perHost(), PLENTY)))) {
            for (int i = 0; i < 5; i++) {
                assertThat(enterAs(pod, "https://victim.example/?" + i).status())
                        .isEqualTo(101);
            }
            pod.web.asked();
            Refusal refusal =
                    new Refusal("another", 503, "", UNREADABLE, 0, p -> enterAs(p, "https://VICTIM.example/?5"));
            refusal.check(pod);
            assertThat(refusal.attempt().apply(pod).fields().first("retry-after"))
                    .contains("1");
            pod.web.put("https://other.example/", TestWeb.redirect("https://victim.example/?6"));
            new Refusal(
                            "by a redirect",
                            503,
                            "",
                            UNREADABLE,
                            1,
                            p -> p.enter(p.token(claims -> claims.put("webid", "https://other.example/")), p.proof()))
                    .check(pod);
            pod.scheduler.advance(Duration.ofSeconds(1));
            assertThat(refusal.attempt().apply(pod).status()).isEqualTo(101);
        }
    }

    @Test
    void allTogetherMayHaveFiftyLookupsASecond() {
        try (Pod pod = new Pod(builder ->
                builder.lookupLimits(limits(16, LookupLimits.defaults().overall(), PLENTY, PLENTY, PLENTY)))) {
            for (int i = 0; i < 48; i++) {
                assertThat(enterAs(pod, "https://alice" + i + ".example/#me").status())
                        .isEqualTo(101);
            }
            pod.web.asked();
            new Refusal("another", 503, "", UNREADABLE, 0, p -> enterAs(p, "https://b.example/")).check(pod);
            pod.scheduler.advance(Duration.ofSeconds(1));
            assertThat(enterAs(pod, "https://b.example/").status()).isEqualTo(101);
        }
    }

    @Test
    void aLimitedIssuerTakesNothingFromTheOthers() {
        Rate once = Rate.perMinute(2, 2);
        Rate three = Rate.perMinute(4, 4);
        try (Pod pod = new Pod(builder -> builder.lookupLimits(limits(16, three, once, PLENTY, PLENTY)))) {
            for (int i = 0; i < 10; i++) {
                assertThat(pod.enter().detail()).isEqualTo(UNREADABLE);
            }
            String other = "https://other.example/";
            pod.web.put(other + ".well-known/openid-configuration", TestWeb.json(Pod.discovery(other, Pod.JWKS)));
            pod.enter(pod.token(claims -> claims.put("iss", other)), pod.proof());
            assertThat(pod.web.asked())
                    .containsExactly(Pod.DISCOVERY, Pod.JWKS, other + ".well-known/openid-configuration", Pod.JWKS);
        }
    }

    @Test
    void aBoundedNumberRunsAtATime() throws Exception {
        CountDownLatch busy = new CountDownLatch(2);
        CountDownLatch answer = new CountDownLatch(1);
        try (Pod pod = new Pod(threads, builder -> builder.lookupLimits(limits(2, PLENTY, PLENTY, PLENTY, PLENTY)))) {
            List<CompletableFuture<Pod.Answer>> waiting = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                String issuer = "https://idp" + i + ".example/";
                pod.web.put(issuer + ".well-known/openid-configuration", exchange -> {
                    busy.countDown();
                    IssuerTest.await(answer);
                    TestWeb.status(404).answer(exchange);
                });
                waiting.add(pod.begin(
                        "GET",
                        "pod.example",
                        "authorization",
                        "DPoP " + pod.token(claims -> claims.put("iss", issuer)),
                        "dpop",
                        pod.proof()));
            }
            IssuerTest.await(busy);
            pod.web.asked();
            new Refusal("a third", 503, "", DOWN, 0, Pod::enter).check(pod);
            answer.countDown();
            for (CompletableFuture<Pod.Answer> one : waiting) {
                assertThat(one.get(30, TimeUnit.SECONDS).detail()).isEqualTo(DOWN);
            }
        }
    }

    @Test
    void anExecutorThatIsFullIsAReasonToTryLater() {
        CountDownLatch once = new CountDownLatch(1);
        try (Pod pod = new Pod(
                task -> {
                    if (once.getCount() > 0) {
                        once.countDown();
                        throw new RejectedExecutionException("full");
                    }
                    task.run();
                },
                builder -> builder.lookupLimits(limits(1, PLENTY, PLENTY, PLENTY, PLENTY)))) {
            new Refusal("full", 503, "", DOWN, 0, Pod::enter).check(pod);
            assertThat(pod.enter().status()).isEqualTo(101);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {Pod.DISCOVERY, Pod.JWKS, Pod.CARD})
    void aDocumentThatDoesNotEndIsGivenUpAfterFiveSeconds(String url) throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        try (Pod pod = new Pod(threads, builder -> builder)) {
            pod.web.put(url, TestWeb.stall(begun::countDown));
            CompletableFuture<Pod.Answer> answer = pod.begin();
            IssuerTest.await(begun);
            pod.scheduler.advance(Duration.ofMillis(4999));
            assertThat(answer).isNotDone();
            pod.scheduler.advance(Duration.ofMillis(1));
            assertThat(answer.get(30, TimeUnit.SECONDS).detail()).isEqualTo(url.equals(Pod.CARD) ? UNREADABLE : DOWN);
        }
    }

    @Test
    void aDocumentThatDoesNotEndDoesNotKeepItsThread() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch fetches = new CountDownLatch(1);
        try (Pod pod = new Pod(counting(fetches), builder -> builder.lookupLimits(patient()))) {
            pod.web.put(Pod.DISCOVERY, TestWeb.stall(begun::countDown));
            CompletableFuture<Pod.Answer> answer = pod.begin();
            IssuerTest.await(begun);
            pod.scheduler.advance(Duration.ofHours(1));
            assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(503);
            IssuerTest.await(fetches); // though the other side says nothing more
            assertThat(pod.scheduler.pending()).isZero();
        }
    }

    @Test
    void aHeadThatNeverComesDoesNotKeepItsThread() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch fetches = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        try (Pod pod = new Pod(counting(fetches), builder -> builder.lookupLimits(patient()))) {
            pod.web.put(Pod.DISCOVERY, exchange -> {
                begun.countDown();
                IssuerTest.await(never);
            });
            CompletableFuture<Pod.Answer> answer = pod.begin();
            IssuerTest.await(begun);
            pod.scheduler.advance(Duration.ofHours(1));
            assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(503);
            IssuerTest.await(fetches);
            never.countDown();
        }
    }

    @Test
    void unencryptedHttpDoesNotKeepItsThreadEither() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch fetches = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(' ');
            exchange.getResponseBody().flush();
            begun.countDown();
            IssuerTest.await(never);
        });
        server.start();
        try (Pod pod = new Pod(
                counting(fetches), builder -> builder.allowHttpLoopback(true).lookupLimits(patient()))) {
            String issuer = "http://localhost:" + server.getAddress().getPort() + "/";
            CompletableFuture<Pod.Answer> answer = pod.begin(
                    "GET",
                    "pod.example",
                    "authorization",
                    "DPoP " + pod.token(claims -> claims.put("iss", issuer)),
                    "dpop",
                    pod.proof());
            IssuerTest.await(begun);
            pod.scheduler.advance(Duration.ofHours(1));
            assertThat(answer.get(30, TimeUnit.SECONDS).status()).isEqualTo(503);
            IssuerTest.await(fetches);
        } finally {
            never.countDown();
            server.stop(0);
        }
    }

    /** Runs tasks on threads of their own, and counts those that have ended. */
    private Executor counting(CountDownLatch ended) {
        return task -> threads.execute(() -> {
            try {
                task.run();
            } finally {
                ended.countDown();
            }
        });
    }
}
