package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
        return new Tunnel(APP, owner, false, false, ClientMessage.Access.PUBLIC, List.of(connection));
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
    void givesANameToOneAgentOnlyHoweverManyAskAtOnce() throws Exception {
        TunnelEndpoint leaseless =
                TestEndpoint.create(Limits.builder().nameLease(Duration.ZERO).build(), time);
        List<TunnelConnection> connections = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            connections.add(TestEndpoint.connect(leaseless, agent(i)));
        }
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 2_000; round++) {
                List<Callable<Boolean>> claims = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    Tunnel wanted = tunnel(agent(i), connections.get(i));
                    claims.add(() -> leaseless.registry().claim(wanted) instanceof TunnelRegistry.Claim.Granted);
                }
                int granted = 0;
                for (Future<Boolean> claim : threads.invokeAll(claims)) {
                    granted += claim.get() ? 1 : 0;
                }
                assertThat(granted).isEqualTo(1);
                connections.forEach(connection -> leaseless.registry().release(APP, connection));
                assertThat(leaseless.registry().size()).isZero();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private static WebId agent(int i) {
        return WebId.of("https://agent" + i + ".example/");
    }
}
