package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v2.ResetCode;

/**
 * Streams on real threads: visitors come on several, their bodies and the ends of their writes on another, each client
 * has its own, and departures and time limits come on yet others.
 */
class StreamedConcurrencyTest {

    private static final int VISITORS = 3;
    private static final int VISITS = 1_000;
    private static final int WINDOW = 16 * 1024;
    private static final int PLACES = 8;

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay()
            .limits(limits -> limits.exchangeTimeout(Duration.ofMillis(20))
                    .streamIdleTimeout(Duration.ofMillis(20))
                    .streamWait(Duration.ofMillis(4))
                    .leaveTimeout(Duration.ofMillis(2))
                    .streamWindowBytes(WINDOW)
                    .maxStreamWindowBytes(4 * WINDOW)
                    .maxExchangesPerTunnel(PLACES));

    private final AtomicInteger visiting = new AtomicInteger(VISITORS);
    private final Queue<Visit> feeding = new ConcurrentLinkedQueue<>();
    private final Queue<InMemoryExchange> reading = new ConcurrentLinkedQueue<>();
    private final Queue<InMemoryExchange> leaving = new ConcurrentLinkedQueue<>();
    private final Set<InMemoryExchange> left = ConcurrentHashMap.newKeySet();
    private final Queue<InMemoryExchange> visits = new ConcurrentLinkedQueue<>();

    @SuppressWarnings("ArrayRecordComponent") // nobody compares
    private record Visit(InMemoryExchange exchange, byte[] body) {}

    /** What clients do beside answering. */
    private enum Manners {
        GOOD,
        SOMETIMES_LEAVES,
        TAKES_OVER
    }

    private void run(List<Callable<Integer>> roles) throws Exception {
        relay.podbridge();
        ExecutorService threads = Executors.newFixedThreadPool(roles.size());
        try {
            for (Future<Integer> role : threads.invokeAll(roles, 2, TimeUnit.MINUTES)) {
                role.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    private List<Callable<Integer>> visitors(boolean mayLeave) {
        List<Callable<Integer>> roles = new ArrayList<>();
        for (int i = 0; i < VISITORS; i++) {
            int seed = i;
            roles.add(() -> visit(new Random(seed), mayLeave));
        }
        roles.add(() -> feed(new Random(VISITORS)));
        roles.add(this::read);
        return roles;
    }

    @Test
    void givesEveryVisitorOneOutcome() throws Exception {
        List<Callable<Integer>> roles = visitors(true);
        roles.add(() -> serve(new Random(10), Manners.SOMETIMES_LEAVES));
        roles.add(() -> serve(new Random(11), Manners.SOMETIMES_LEAVES));
        roles.add(() -> serve(new Random(12), Manners.TAKES_OVER));
        roles.add(this::leave);
        roles.add(this::passTime);
        run(roles);
        visits.forEach(InMemoryExchange::releaseWrites); // answers of the relay itself count for nothing under way
        relay.advance(Duration.ofSeconds(1));
        assertThat(visits).hasSize(VISITORS * VISITS);
        visits.forEach(this::hasOneOutcome);
        assertThat(visits.stream()
                        .filter(InMemoryExchange::isComplete)
                        .map(InMemoryExchange::status)
                        .distinct())
                .contains(200);
        nothingIsLeft();
    }

    @Test
    void letsNobodyWaitForever() throws Exception {
        relay.limits(limits -> limits.maxExchangesPerTunnel(2 * 20 * VISITORS));
        List<Callable<Integer>> roles = visitors(false);
        roles.add(() -> serve(new Random(10), Manners.GOOD));
        roles.add(() -> serve(new Random(11), Manners.GOOD));
        run(roles);
        assertThat(visits).hasSize(VISITORS * VISITS).allSatisfy(exchange -> {
            assertThat(exchange.isComplete()).isTrue();
            assertThat(exchange.status()).isEqualTo(200);
            hasOneOutcome(exchange);
        });
        nothingIsLeft();
    }

    private void nothingIsLeft() {
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        assertThat(visits)
                .allSatisfy(exchange -> assertThat(exchange.retainedChunks()).isZero());
    }

    private void hasOneOutcome(InMemoryExchange exchange) {
        if (exchange.isComplete() && exchange.status() == 200) {
            String path = exchange.request().target().substring("/tunnel/app".length());
            assertThat(exchange.responseBytes()).isEqualTo(ServedStream.content(path));
        }
        assertThat(exchange.isComplete()
                        || left.contains(exchange)
                        || exchange.abortCause().isPresent())
                .isTrue();
        exchange.abortCause().ifPresent(cause -> assertThat(cause).isInstanceOf(IOException.class));
    }

    private int visit(Random random, boolean mayLeave) {
        // Until a client is there, so that all can be served.
        while (relay.diagnostics().tunnelNames() == 0) {
            rest();
        }
        for (int i = 0; i < VISITS; i++) {
            byte[] body = new byte[random.nextInt(3) == 0 ? 1 + random.nextInt(40_000) : 0];
            RequestHead head = TunnelRelay.head(
                            body.length == 0 ? "GET" : "POST",
                            "/tunnel/app/v" + i + "-" + (random.nextInt(4) == 0 ? random.nextInt(8_000) : 3))
                    .build();
            InMemoryExchange exchange = body.length == 0 ? InMemoryExchange.of(head) : InMemoryExchange.withBody(head);
            visits.add(exchange);
            if (random.nextInt(3) == 0) {
                exchange.holdWrites();
                reading.add(exchange);
            }
            if (mayLeave && random.nextInt(5) == 0) {
                left.add(exchange);
                leaving.add(exchange);
            }
            relay.handle(exchange);
            if (body.length > 0) {
                feeding.add(new Visit(exchange, body));
            }
            while (relay.diagnostics().exchangesInFlight() > 20) {
                rest();
            }
        }
        visiting.decrementAndGet();
        return 0;
    }

    private boolean isGoingOn() {
        return visiting.get() > 0 || relay.diagnostics().exchangesInFlight() > 0 || !feeding.isEmpty();
    }

    /** Lets the other threads have the processors. */
    private static void rest() {
        LockSupport.parkNanos(20_000);
    }

    private int feed(Random random) {
        while (isGoingOn()) {
            Visit visit = feeding.poll();
            if (visit != null) {
                for (int fed = 0; fed < visit.body().length; ) {
                    int size = Math.min(visit.body().length - fed, 1 + random.nextInt(20_000));
                    visit.exchange().feed(Arrays.copyOfRange(visit.body(), fed, fed + size));
                    fed += size;
                }
                visit.exchange().endBody();
            } else {
                rest();
            }
        }
        return 0;
    }

    /** Completes writes, one after the other, far from the threads that began them. */
    private int read() {
        List<InMemoryExchange> slow = new ArrayList<>();
        while (isGoingOn()) {
            for (InMemoryExchange more = reading.poll(); more != null; more = reading.poll()) {
                slow.add(more);
            }
            slow.forEach(InMemoryExchange::completeWrite);
            slow.removeIf(
                    exchange -> exchange.isComplete() || exchange.abortCause().isPresent());
            rest();
        }
        return 0;
    }

    private StreamingClient connect(Random random, Manners manners) {
        StreamingClient client =
                new StreamingClient(relay.connectUntracked("alice"), relay.time, random, WINDOW, 2 * 20 * VISITORS);
        client.tunnel()
                .register(
                        "app",
                        "\"share\":" + (manners != Manners.TAKES_OVER),
                        "\"protocol\":2",
                        "\"window\":" + WINDOW);
        return client;
    }

    private int serve(Random random, Manners manners) {
        StreamingClient client = connect(random, manners);
        while (isGoingOn()) {
            boolean leaves = manners != Manners.GOOD && random.nextInt(3_000) == 0;
            if (leaves) {
                client.tunnel().connection().cut();
            }
            if (client.tunnel().connection().isClosed()) {
                end(client);
                client = connect(random, manners);
            }
            client.moveAll();
            boolean idle = true;
            for (ServedStream stream : List.copyOf(client.served())) {
                stream.release();
                if (stream.canSend()) {
                    idle = false;
                    if (manners != Manners.GOOD && random.nextInt(200) == 0) {
                        stream.reset(ResetCode.of(random.nextInt(7)).orElseThrow());
                    } else {
                        stream.send(random.nextInt(10) == 0);
                    }
                }
            }
            client.forgetWhatIsOver();
            if (idle) {
                rest();
            }
        }
        client.tunnel().connection().cut();
        end(client);
        return 0;
    }

    private static void end(StreamingClient client) {
        client.end();
        assertThat(client.tunnel().connection().closeStatus().filter(status -> status.code() != 4409))
                .isEmpty();
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
        while (isGoingOn()) {
            relay.advance(Duration.ofNanos(20_000));
            rest();
        }
        return 0;
    }
}
