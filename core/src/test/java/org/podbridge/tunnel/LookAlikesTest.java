package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.TestScheduler;
import org.podbridge.tunnel.v1.ClientMessage;

/** A registry that gives no agent a name that looks like another's. */
class LookAlikesTest {

    private static final WebId ALICE = WebId.of("https://alice.example/#me");
    private static final WebId BOB = WebId.of("https://bob.example/#me");

    private final TestScheduler time = new TestScheduler();
    private final Limits limits = Limits.builder().nameQuarantine(Duration.ZERO).build();
    private final TunnelEndpoint endpoint = TestEndpoint.create(limits, time);
    private final LookAlikes lookAlikes = new LookAlikes(Set.of("admin", "www"));
    private final TunnelRegistry registry = new TunnelRegistry(limits, time, lookAlikes);
    private final TunnelConnection ofAlice = TestEndpoint.connect(endpoint, ALICE);
    private final TunnelConnection ofBob = TestEndpoint.connect(endpoint, BOB);

    private static Tunnel tunnel(String name, WebId owner, TunnelConnection connection) {
        return new Tunnel(TunnelName.of(name), owner, false, false, ClientMessage.Access.PUBLIC, List.of(connection));
    }

    private TunnelRegistry.Claim alice(String name) {
        return registry.claim(tunnel(name, ALICE, ofAlice));
    }

    private TunnelRegistry.Claim bob(String name) {
        return registry.claim(tunnel(name, BOB, ofBob));
    }

    private void releasedByAlice(String name) {
        registry.release(TunnelName.of(name), ofAlice);
    }

    @ParameterizedTest
    @CsvSource({"mail, rnail", "rnail, mail", "mn, rnn", "rnn, mn", "App, app", "my-app, myapp", "dose, c1ose"})
    void refusesWhoComesSecond(String first, String second) {
        assertThat(alice(first)).isInstanceOf(TunnelRegistry.Claim.Granted.class);
        assertThat(bob(second)).isInstanceOf(TunnelRegistry.Claim.Confusable.class);
        assertThat(registry.find(TunnelName.of(second))).isEmpty();
        assertThat(ofBob.names()).isEmpty();
        assertThat(registry.size()).isEqualTo(1);
        assertThat(lookAlikes.size()).isEqualTo(1);
    }

    @Test
    void saysThatTheVeryNameIsTakenRatherThanThatItLooksLikeOne() {
        alice("mail");
        assertThat(bob("mail")).isInstanceOf(TunnelRegistry.Claim.Taken.class);
    }

    @Test
    void givesAnAgentAsManyNamesAsItLikesThatLookLikeItsOwn() {
        for (String name : List.of("mail", "rnail", "ma1l", "m-ail")) {
            assertThat(alice(name)).isInstanceOf(TunnelRegistry.Claim.Granted.class);
        }
        assertThat(alice("mail")).isInstanceOf(TunnelRegistry.Claim.Granted.class); // once more
        assertThat(lookAlikes.size()).isEqualTo(1);
        for (String name : List.of("mail", "ma1l", "m-ail")) {
            releasedByAlice(name);
            assertThat(bob("mai1")).isInstanceOf(TunnelRegistry.Claim.Confusable.class);
        }
        releasedByAlice("rnail");
        assertThat(lookAlikes.size()).isZero();
        assertThat(bob("mai1")).isInstanceOf(TunnelRegistry.Claim.Granted.class);
    }

    @Test
    void keepsLookAlikesOfANameAsLongAsItIsKeptForItsOwner() {
        alice("mail");
        registry.releaseAll(ofAlice);
        assertThat(bob("rnail")).isInstanceOf(TunnelRegistry.Claim.Confusable.class);
        time.advance(Limits.defaults().nameLease().minusMillis(1));
        assertThat(bob("rnail")).isInstanceOf(TunnelRegistry.Claim.Confusable.class);
        time.advance(Duration.ofMillis(1));
        assertThat(lookAlikes.size()).isZero();
        assertThat(bob("rnail")).isInstanceOf(TunnelRegistry.Claim.Granted.class);
        assertThat(alice("mail")).isInstanceOf(TunnelRegistry.Claim.Confusable.class);
    }

    @Test
    void keepsLookAlikesOfANameFromOthersForAsLongAsTheName() {
        TunnelRegistry strict = new TunnelRegistry(Limits.defaults(), time, lookAlikes);
        strict.claim(tunnel("mail", ALICE, ofAlice));
        strict.claim(tunnel("ma1l", ALICE, ofAlice));
        strict.release(TunnelName.of("mail"), ofAlice);
        strict.claim(tunnel("mail", ALICE, ofAlice)); // has it back
        time.advance(Duration.ofHours(1));
        strict.release(TunnelName.of("mail"), ofAlice);
        strict.release(TunnelName.of("ma1l"), ofAlice);
        assertThat(strict.size()).isZero();
        assertThat(lookAlikes.size()).isEqualTo(1);
        time.advance(Limits.defaults().nameQuarantine().minusNanos(1));
        assertThat(strict.claim(tunnel("rnail", BOB, ofBob))).isInstanceOf(TunnelRegistry.Claim.Confusable.class);
        assertThat(strict.claim(tunnel("mail", BOB, ofBob))).isInstanceOf(TunnelRegistry.Claim.Reserved.class);
        time.advance(Duration.ofNanos(1));
        assertThat(strict.claim(tunnel("rnail", BOB, ofBob))).isInstanceOf(TunnelRegistry.Claim.Granted.class);
        assertThat(lookAlikes.size()).isEqualTo(1);
    }

    @Test
    void givesNobodyANameThatLooksReserved() {
        for (String name : List.of("adrnin", "adm1n", "aclmin", "ADMIN", "ad-min", "vvww", "wvvw")) {
            assertThat(alice(name)).isInstanceOf(TunnelRegistry.Claim.Confusable.class);
        }
        assertThat(alice("administrator")).isInstanceOf(TunnelRegistry.Claim.Granted.class);
        assertThat(lookAlikes.size()).isEqualTo(1);
    }

    @Test
    void remembersNothingOfAClaimThatFailsForAnotherReason() {
        TunnelRegistry small = new TunnelRegistry(Limits.builder().maxNames(1).build(), time, lookAlikes);
        small.claim(tunnel("one", ALICE, ofAlice));
        assertThat(small.claim(tunnel("other", ALICE, ofAlice))).isInstanceOf(TunnelRegistry.Claim.TooMany.class);
        assertThat(lookAlikes.size()).isEqualTo(1);
    }

    @Test
    void givesNamesThatAllLookAlikeToOneAgentThough64ClaimThemAtOnce() throws Exception {
        int agents = 64;
        int rounds = 300;
        TunnelRegistry contested = new TunnelRegistry(limits, time, lookAlikes);
        List<TunnelConnection> connections = IntStream.range(0, agents)
                .mapToObj(i -> TestEndpoint.connect(endpoint, agent(i)))
                .toList();
        AtomicIntegerArray granted = new AtomicIntegerArray(agents);
        CyclicBarrier claimed = new CyclicBarrier(agents, () -> {
            List<Integer> owners = IntStream.range(0, agents)
                    .filter(i -> granted.get(i) > 0)
                    .boxed()
                    .toList();
            assertThat(owners).hasSize(1);
            assertThat(contested.size()).isEqualTo(granted.get(owners.get(0)));
            assertThat(lookAlikes.size()).isEqualTo(1);
        });
        CyclicBarrier released = new CyclicBarrier(agents, () -> {
            assertThat(contested.size()).isZero();
            assertThat(lookAlikes.size()).isZero();
        });
        ExecutorService threads = Executors.newFixedThreadPool(agents);
        try {
            List<Callable<Boolean>> claimants = IntStream.range(0, agents)
                    .<Callable<Boolean>>mapToObj(i -> () -> {
                        // each has a name that nobody else claims, and one that the next one claims, too
                        List<String> names = List.of(spelling(i), spelling((i + 1) % agents));
                        for (int round = 0; round < rounds; round++) {
                            granted.set(i, 0);
                            released.await();
                            for (String name : names) {
                                if (contested.claim(tunnel(name, agent(i), connections.get(i)))
                                        instanceof TunnelRegistry.Claim.Granted) {
                                    granted.incrementAndGet(i);
                                }
                            }
                            claimed.await();
                            for (String name : names) {
                                contested.release(TunnelName.of(name), connections.get(i));
                            }
                        }
                        return released.await() >= 0;
                    })
                    .toList();
            for (Future<Boolean> claimant : threads.invokeAll(claimants)) {
                claimant.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Returns one of 64 ways to write six m. */
    private static String spelling(int i) {
        StringBuilder name = new StringBuilder();
        for (int bit = 0; bit < 6; bit++) {
            name.append((i >> bit & 1) == 0 ? "m" : "rn");
        }
        return name.toString();
    }

    private static WebId agent(int i) {
        return WebId.of("https://agent" + i + ".example/");
    }
}
