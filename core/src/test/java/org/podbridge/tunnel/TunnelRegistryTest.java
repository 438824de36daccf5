package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.CloseStatus;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.TestScheduler;
import org.podbridge.tunnel.v1.ClientMessage;

class TunnelRegistryTest {

    private static final WebId ALICE = WebId.of("https://alice.example/#me");
    private static final TunnelName APP = TunnelName.of("app");

    private final TestScheduler time = new TestScheduler();
    private final TunnelEndpoint endpoint = TestEndpoint.create(Limits.defaults(), time);
    private final TunnelRegistry registry = endpoint.registry();

    private static Tunnel tunnel(WebId owner, TunnelConnection connection) {
        return tunnel(APP, owner, connection);
    }

    private static Tunnel tunnel(TunnelName name, WebId owner, TunnelConnection connection) {
        return new Tunnel(name, owner, false, false, ClientMessage.Access.PUBLIC, List.of(connection));
    }

    private TunnelConnection connect() {
        return TestEndpoint.connect(endpoint, ALICE);
    }

    @Test
    void isNotMisledByTheEndOfALeaseThatCameTooLateToBeCancelled() {
        TunnelConnection first = connect();
        registry.claim(tunnel(ALICE, first));
        List<TestScheduler.Entry> before = time.entries();
        registry.releaseAll(first);
        Runnable endOfTheFirstLease = time.entries().stream()
                .filter(entry -> !before.contains(entry))
                .findFirst()
                .orElseThrow()
                .task();
        TunnelConnection second = connect();
        registry.claim(tunnel(ALICE, second));
        endOfTheFirstLease.run(); // had begun when it was cancelled
        assertThat(registry.find(APP)).isPresent();
        registry.releaseAll(second);
        endOfTheFirstLease.run();
        assertThat(registry.find(APP)).isPresent();
        time.advance(Limits.defaults().nameLease());
        assertThat(registry.size()).isZero();
    }

    @Test
    void takesANameOffAReplacedConnection() {
        TunnelConnection old = connect();
        registry.claim(tunnel(ALICE, old));
        TunnelConnection young = connect();
        assertThat(registry.claim(tunnel(ALICE, young))).isEqualTo(new TunnelRegistry.Claim.Granted(List.of(old)));
        registry.release(APP, young);
        assertThat(registry.size()).isZero();
        registry.releaseAll(old);
        assertThat(registry.size()).isZero();
    }

    @Test
    void givesNothingToAConnectionThatIsOver() {
        TunnelConnection serving = connect();
        registry.claim(tunnel(ALICE, serving));
        TunnelConnection over = connect();
        over.onClosed(CloseStatus.abnormal());
        assertThat(registry.claim(tunnel(ALICE, over))).isInstanceOf(TunnelRegistry.Claim.TooLate.class);
        assertThat(registry.find(APP).orElseThrow().connections()).containsExactly(serving);
        assertThat(over.names()).isEmpty();
    }

    @Test
    void givesEachOfManyNamesToOneAgentOnlyThough64ClaimThemAtOnce() throws Exception {
        int agents = 64;
        List<TunnelName> names = IntStream.range(0, Integer.getInteger("podbridge.names", 20_000))
                .mapToObj(i -> TunnelName.of("n" + i))
                .toList();
        TunnelRegistry contested = TestEndpoint.create(
                        Limits.builder()
                                .nameLease(Duration.ZERO)
                                .nameQuarantine(Duration.ZERO)
                                .maxNames(names.size())
                                .maxNamesPerWebId(names.size())
                                .maxNamesPerConnection(names.size())
                                .build(),
                        time)
                .registry();
        List<TunnelConnection> connections = IntStream.range(0, agents)
                .mapToObj(i -> TestEndpoint.connect(endpoint, agent(i)))
                .toList();
        ExecutorService threads = Executors.newFixedThreadPool(agents);
        try {
            for (int round = 0; round < 2; round++) {
                List<Set<TunnelName>> granted = inParallel(
                        threads,
                        agents,
                        i -> names.stream()
                                .filter(name -> contested.claim(tunnel(name, agent(i), connections.get(i)))
                                        instanceof TunnelRegistry.Claim.Granted)
                                .collect(Collectors.toSet()));
                assertThat(granted.stream().mapToInt(Set::size).sum()).isEqualTo(names.size());
                assertThat(contested.size()).isEqualTo(names.size());
                for (int i = 0; i < agents; i++) {
                    WebId owner = agent(i);
                    assertThat(granted.get(i))
                            .allMatch(name ->
                                    contested.find(name).orElseThrow().owner().equals(owner));
                }
                // All of them let go of all names, of which others may be the owners' alone.
                inParallel(threads, agents, i -> {
                    names.forEach(name -> contested.release(name, connections.get(i)));
                    return true;
                });
                assertThat(contested.size()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** Does something for each agent, all of them from the same moment on. */
    private static <T> List<T> inParallel(ExecutorService threads, int agents, IntFunction<T> action) throws Exception {
        CountDownLatch ready = new CountDownLatch(agents);
        List<Callable<T>> actions = IntStream.range(0, agents)
                .<Callable<T>>mapToObj(i -> () -> {
                    ready.countDown();
                    ready.await();
                    return action.apply(i);
                })
                .toList();
        List<T> results = new ArrayList<>();
        for (Future<T> result : threads.invokeAll(actions)) {
            results.add(result.get());
        }
        return results;
    }

    private static WebId agent(int i) {
        return WebId.of("https://agent" + i + ".example/");
    }
}
