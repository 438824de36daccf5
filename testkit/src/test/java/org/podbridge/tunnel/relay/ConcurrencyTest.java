package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;

/**
 * Answers, time limits, departures and takeovers on threads of their own. Each client's events come on its own thread,
 * as adapters bring them.
 */
class ConcurrencyTest {

    private static final int VISITORS = 4;
    private static final int VISITS = 2_000;

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay()
            .limits(limits -> limits.exchangeTimeout(Duration.ofMillis(2)).maxExchangesPerTunnel(16));

    private final AtomicInteger visiting = new AtomicInteger(VISITORS);
    private final Queue<InMemoryExchange> leaving = new ConcurrentLinkedQueue<>();
    private final Set<InMemoryExchange> left = ConcurrentHashMap.newKeySet();
    private final Queue<InMemoryExchange> visits = new ConcurrentLinkedQueue<>();

    @Test
    void givesEveryVisitorOneOutcome() throws Exception {
        relay.podbridge();
        List<Callable<Integer>> roles = new ArrayList<>();
        for (int i = 0; i < VISITORS; i++) {
            int seed = i;
            roles.add(() -> visit(new Random(seed)));
        }
        roles.add(() -> serve(false));
        roles.add(() -> serve(false));
        roles.add(() -> serve(true));
        roles.add(this::leave);
        roles.add(this::passTime);
        ExecutorService threads = Executors.newFixedThreadPool(roles.size());
        try {
            for (Future<Integer> role : threads.invokeAll(roles, 2, TimeUnit.MINUTES)) {
                role.get();
            }
        } finally {
            threads.shutdownNow();
        }
        relay.advance(Duration.ofMillis(2));
        assertThat(visits).hasSize(VISITORS * VISITS).allSatisfy(this::hasOneOutcome);
        assertThat(visits).extracting(InMemoryExchange::isComplete).contains(true);
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    private void hasOneOutcome(InMemoryExchange exchange) {
        if (exchange.isComplete() && exchange.status() == 200) {
            assertThat("/tunnel/app" + exchange.responseText())
                    .isEqualTo(exchange.request().target());
        }
        assertThat(exchange.isComplete() || left.contains(exchange)).isTrue();
        exchange.abortCause().ifPresent(cause -> assertThat(cause).isInstanceOf(IOException.class));
    }

    private int visit(Random random) {
        List<InMemoryExchange> exchanges = new ArrayList<>();
        for (int i = 0; i < VISITS; i++) {
            InMemoryExchange exchange = InMemoryExchange.of(
                    TunnelRelay.head("GET", "/tunnel/app/" + i).build());
            exchanges.add(exchange);
            if (random.nextInt(4) == 0) {
                left.add(exchange);
                leaving.add(exchange);
            }
            relay.handle(exchange);
            while (relay.diagnostics().exchangesInFlight() > 20) {
                rest();
            }
        }
        visits.addAll(exchanges);
        visiting.decrementAndGet();
        return 0;
    }

    /** Lets the other threads have the processors. */
    private static void rest() {
        LockSupport.parkNanos(20_000);
    }

    private int serve(boolean share) {
        TunnelClient client = relay.connectUntracked("alice");
        client.connection().ignoreClose();
        client.register("app", "\"share\":" + share);
        while (visiting.get() > 0) {
            if (client.connection().closeStatus().isPresent()) {
                client.connection().peerCloses(client.connection().closeStatus().get());
                client = relay.connectUntracked("alice");
                client.connection().ignoreClose();
                client.register("app", "\"share\":" + share);
            }
            while (!client.connection().messages().isEmpty()) {
                if (client.connection().messages().get(0).text().startsWith("{\"type\":\"request\"")) {
                    RelayMessage.Request request = client.asked();
                    client.answer(request, 200, request.path());
                } else {
                    client.heard();
                }
            }
            rest();
        }
        client.connection().cut();
        return 0;
    }

    private int leave() {
        while (visiting.get() > 0 || !leaving.isEmpty()) {
            InMemoryExchange exchange = leaving.poll();
            if (exchange != null) {
                exchange.leave();
            }
            rest();
        }
        return 0;
    }

    private int passTime() {
        while (visiting.get() > 0) {
            relay.advance(Duration.ofNanos(20_000));
            rest();
        }
        return 0;
    }
}
