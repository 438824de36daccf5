package org.podbridge.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.limits.RateLimits.Counted;
import org.podbridge.limits.RateLimits.Scope;

class RateLimiterTest {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1_000); // overflows soon, as System.nanoTime() may

    private RateLimiter limiter(Scope scope, Rate rate) {
        return limiter(scope, rate, 100_000);
    }

    private RateLimiter limiter(Scope scope, Rate rate, int maxBuckets) {
        RateLimits.Builder limits = RateLimits.builder();
        for (Scope other : Scope.values()) {
            limits.unlimited(Counted.MESSAGES, other);
        }
        return new RateLimiter(limits.limit(Counted.MESSAGES, scope, rate).build(), clock::get, maxBuckets);
    }

    private void advance(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    private static boolean takes(RateLimiter.Caller caller, int times) {
        return caller.take(Counted.MESSAGES, times).isEmpty();
    }

    private static int takesOfThousand(RateLimiter.Caller caller) {
        int taken = 0;
        for (int i = 0; i < 1_000; i++) {
            taken += takes(caller, 1) ? 1 : 0;
        }
        return taken;
    }

    private static InetAddress address(String text) {
        try {
            return InetAddress.getByName(text);
        } catch (UnknownHostException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void allowsABurstAndThenTheRate() {
        RateLimiter.Caller caller =
                limiter(Scope.CONNECTION, Rate.perSecond(10, 25)).caller(null, null);
        assertThat(takesOfThousand(caller)).isEqualTo(25);
        advance(Duration.ofMillis(99));
        assertThat(takes(caller, 1)).isFalse();
        advance(Duration.ofMillis(1));
        assertThat(takesOfThousand(caller)).isEqualTo(1);
        advance(Duration.ofSeconds(1));
        assertThat(takesOfThousand(caller)).isEqualTo(10);
        advance(Duration.ofDays(1));
        assertThat(takesOfThousand(caller)).isEqualTo(25);
    }

    @Test
    void takesAllOrNone() {
        RateLimiter.Caller caller =
                limiter(Scope.CONNECTION, Rate.perSecond(1, 10)).caller(null, null);
        assertThat(takes(caller, 6)).isTrue();
        assertThat(takes(caller, 5)).isFalse();
        assertThat(takes(caller, 4)).isTrue();
        assertThat(takes(caller, 0)).isTrue();
        advance(Duration.ofSeconds(10));
        assertThat(takes(caller, 1_000_000)).isTrue(); // as many as there are
        assertThat(takes(caller, 1)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.1, 192.0.2.1, true",
        "192.0.2.1, 192.0.2.2, false",
        "2001:db8:1:2::1, 2001:db8:1:2:ffff::2, true",
        "2001:db8:1:2::1, 2001:db8:1:3::1, false",
        "::ffff:192.0.2.1, 192.0.2.1, true",
        "2001:db8::, 32.1.13.184, false"
    })
    void countsAnIpv6NetworkAsOneAddress(String first, String second, boolean same) {
        RateLimiter limiter = limiter(Scope.ADDRESS, Rate.perSecond(1, 1));
        assertThat(takes(limiter.caller("a", address(first)), 1)).isTrue();
        assertThat(takes(limiter.caller("b", address(second)), 1)).isEqualTo(!same);
    }

    @Test
    void remembersWhatAnAgentUsedUpOnAnotherConnection() {
        RateLimiter limiter = limiter(Scope.IDENTITY, Rate.perSecond(1, 5));
        assertThat(takesOfThousand(limiter.caller("alice", null))).isEqualTo(5);
        assertThat(takesOfThousand(limiter.caller("alice", address("192.0.2.1"))))
                .isZero();
        assertThat(takesOfThousand(limiter.caller("bob", null))).isEqualTo(5);
        assertThat(takesOfThousand(limiter.caller(null, null))).isEqualTo(1_000);
    }

    @Test
    void exemptsTheMachineItselfUnlessToldOtherwise() {
        Rate rate = Rate.perSecond(1, 5);
        RateLimits.Builder limits = RateLimits.builder().limit(Counted.CONNECTIONS, Scope.ADDRESS, rate);
        for (String loopback : List.of("127.0.0.1", "::1")) {
            assertThat(connects(limits.exemptLoopback(true).build(), loopback)).isEqualTo(1_000);
            assertThat(connects(limits.exemptLoopback(false).build(), loopback)).isEqualTo(5);
        }
    }

    private int connects(RateLimits limits, String address) {
        RateLimiter.Caller caller = new RateLimiter(limits, clock::get).caller(null, address(address));
        int connected = 0;
        for (int i = 0; i < 1_000; i++) {
            connected += caller.take(Counted.CONNECTIONS, 1).isEmpty() ? 1 : 0;
        }
        return connected;
    }

    @Test
    void saysWhichLimitWasHit() {
        for (Scope scope : List.of(Scope.CONNECTION, Scope.IDENTITY, Scope.ADDRESS)) {
            RateLimiter.Caller caller = limiter(scope, Rate.perMinute(6, 1)).caller("alice", address("192.0.2.1"));
            assertThat(takes(caller, 1)).isTrue();
            assertThat(caller.take(Counted.MESSAGES, 1)).hasValueSatisfying(exceeded -> {
                assertThat(exceeded.scope()).isEqualTo(scope);
                assertThat(exceeded.message())
                        .isEqualTo("Rate limit: messages per "
                                + new String[] {"connection", "identity", "address"}
                                        [List.of(Scope.values()).indexOf(scope)]);
                assertThat(exceeded.rate().interval()).isEqualTo(Duration.ofSeconds(10));
            });
        }
    }

    @Test
    void countsForOneScopeWithoutACaller() {
        RateLimits limits = RateLimits.builder()
                .limit(Counted.VISITS, Scope.ADDRESS, Rate.perSecond(1, 2))
                .limit(Counted.VISITS, Scope.TUNNEL, Rate.perSecond(1, 1))
                .build();
        RateLimiter limiter = new RateLimiter(limits, clock::get);
        InetAddress visitor = address("2001:db8::1");
        InetAddress sameNetwork = address("2001:db8::2");
        assertThat(limiter.look(Counted.VISITS, Scope.ADDRESS, visitor)).isEmpty();
        assertThat(limiter.take(Counted.VISITS, Scope.ADDRESS, visitor)).isEmpty();
        assertThat(limiter.take(Counted.VISITS, Scope.ADDRESS, sameNetwork)).isEmpty();
        assertThat(limiter.look(Counted.VISITS, Scope.ADDRESS, visitor))
                .hasValueSatisfying(limit -> assertThat(limit.message()).isEqualTo("Rate limit: visits per address"));
        assertThat(limiter.take(Counted.VISITS, Scope.ADDRESS, visitor)).isPresent();
        assertThat(limiter.take(Counted.VISITS, Scope.ADDRESS, address("2001:db8:0:1::1")))
                .isEmpty();
        assertThat(limiter.take(Counted.VISITS, Scope.ADDRESS, address("127.0.0.1")))
                .isEmpty();
        assertThat(limiter.take(Counted.VISITS, Scope.ADDRESS, null)).isEmpty();
        assertThat(limiter.take(Counted.VISITS, Scope.TUNNEL, "app")).isEmpty();
        assertThat(limiter.take(Counted.VISITS, Scope.TUNNEL, "app"))
                .hasValueSatisfying(limit -> assertThat(limit.message()).isEqualTo("Rate limit: visits per tunnel"));
        advance(Duration.ofSeconds(1));
        assertThat(limiter.look(Counted.VISITS, Scope.ADDRESS, visitor)).isEmpty();
    }

    @Test
    void forgetsFullBucketsAndNoOthers() {
        RateLimiter limiter = limiter(Scope.IDENTITY, Rate.perSecond(1, 2));
        RateLimiter.Caller busy = limiter.caller("busy", null);
        for (int i = 0; i < 10_000; i++) {
            takes(limiter.caller(i, null), 1);
            advance(Duration.ofMillis(10));
            assertThat(takes(busy, 1) && takes(busy, 2)).isFalse();
        }
        assertThat(limiter.buckets()).isLessThan(2_100);
    }

    @Test
    void neverHoldsMoreBucketsThanItMay() {
        RateLimiter limiter = limiter(Scope.IDENTITY, Rate.perSecond(1, 1), 100);
        for (int i = 0; i < 10_000; i++) {
            assertThat(takes(limiter.caller(i, null), 1)).isTrue(); // nobody pays for the others
            assertThat(limiter.buckets()).isLessThanOrEqualTo(100);
        }
    }

    @Test
    void countsExactlyWhileManyTakeAndBucketsAreForgotten() throws Exception {
        RateLimiter limiter = limiter(Scope.IDENTITY, Rate.perMinute(1, 5_000));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        AtomicInteger taken = new AtomicInteger();
        List<Future<?>> running = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
            int self = thread;
            running.add(threads.submit(() -> {
                for (int i = 0; i < 5_000; i++) {
                    taken.addAndGet(takes(limiter.caller("shared", null), 1) ? 1 : 0);
                    takes(limiter.caller(self + "/" + i, null), 1);
                }
            }));
        }
        for (Future<?> run : running) {
            run.get(60, TimeUnit.SECONDS);
        }
        threads.shutdown();
        assertThat(taken).hasValue(5_000);
    }

    @Test
    void refusesRatesThatAreNone() {
        assertThatThrownBy(() -> Rate.perSecond(0, 1)).hasMessage("permits: 0 (expected: > 0)");
        assertThatThrownBy(() -> Rate.perSecond(1, 0)).hasMessage("burst: 0 (expected: > 0)");
        assertThatThrownBy(() -> new Rate(1, Duration.ZERO, 1)).hasMessage("period: PT0S (expected: > 0)");
        assertThatThrownBy(() -> new Rate(1, Duration.ofDays(2), 1))
                .hasMessage("period: PT48H (expected: at most PT24H)");
        assertThatThrownBy(() -> new Rate(1, Duration.ofDays(1), 366)).isInstanceOf(IllegalArgumentException.class);
        assertThat(Rate.perSecond(Integer.MAX_VALUE, Integer.MAX_VALUE).interval())
                .isEqualTo(Duration.ofNanos(1));
        assertThatThrownBy(
                        () -> RateLimits.builder().limit(Counted.CONNECTIONS, Scope.CONNECTION, Rate.perSecond(1, 1)))
                .hasMessage("CONNECTIONS per CONNECTION (expected: per one of [IDENTITY, ADDRESS])");
    }

    @Test
    void hasNoLimitIfThereIsNone() {
        RateLimiter.Caller caller = new RateLimiter(RateLimits.none(), clock::get).caller("a", address("192.0.2.1"));
        for (Counted what : Counted.values()) {
            assertThat(caller.take(what, Integer.MAX_VALUE)).isEmpty();
            assertThat(caller.take(what, Integer.MAX_VALUE)).isEmpty();
        }
    }

    @Test
    void keepsItsOwnCopy() {
        RateLimits.Builder builder = RateLimits.builder();
        RateLimits limits = builder.build();
        builder.unlimited(Counted.MESSAGES, Scope.CONNECTION);
        assertThat(limits.rate(Counted.MESSAGES, Scope.CONNECTION)).isPresent();
        assertThat(builder.build().rate(Counted.MESSAGES, Scope.CONNECTION)).isEmpty();
    }
}
