package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.TestScheduler;
import org.podbridge.tunnel.v1.ClientMessage;

class PendingExchangesTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final TestScheduler time = new TestScheduler();
    private final SecureRandom random = new SecureRandom();
    private final PendingExchanges pending = new PendingExchanges(2, time, random);
    private final List<WholeBodyExchange> late = new ArrayList<>();

    private WholeBodyExchange exchange() {
        HttpVisit visit = new HttpVisit(
                TestEndpoint.create(Limits.defaults(), time),
                new TestExchange(RequestHead.builder("GET", "/tunnel/app/").build()),
                new TunnelTarget.Service(TunnelName.of("app"), "/tunnel/app", "/"));
        WebId owner = WebId.of("https://alice.example/#me");
        Tunnel tunnel = new Tunnel(TunnelName.of("app"), owner, false, false, ClientMessage.Access.PUBLIC, List.of());
        return new WholeBodyExchange(visit, new VisitAdmission.Decision.Admitted(tunnel, new Entry.Open()));
    }

    @Test
    void givesAnEntryToTheFirstWhoAsks() {
        WholeBodyExchange exchange = exchange();
        String id = pending.add(exchange, LIMIT, late::add).orElseThrow();
        assertThat(pending.take("x")).isEmpty();
        assertThat(pending.take(id)).containsSame(exchange);
        assertThat(pending.take(id)).isEmpty();
        assertThat(pending.size()).isZero();
        assertThat(time.entries()).isEmpty();
        time.advance(LIMIT);
        assertThat(late).isEmpty();
    }

    @Test
    void givesAnEntryToItsDeadlineIfNobodyAsks() {
        WholeBodyExchange exchange = exchange();
        String id = pending.add(exchange, LIMIT, late::add).orElseThrow();
        time.advance(LIMIT);
        assertThat(late).containsExactly(exchange);
        assertThat(pending.take(id)).isEmpty();
        assertThat(pending.takeAll()).isEmpty();
        assertThat(pending.size()).isZero();
    }

    @Test
    void takesNoMoreThanItsLimitAndCountsRight() {
        String first = pending.add(exchange(), LIMIT, late::add).orElseThrow();
        assertThat(pending.add(exchange(), LIMIT, late::add)).isPresent();
        assertThat(pending.add(exchange(), LIMIT, late::add)).isEmpty();
        assertThat(pending.size()).isEqualTo(2);
        pending.take(first);
        assertThat(pending.add(exchange(), LIMIT, late::add)).isPresent();
        assertThat(pending.takeAll()).hasSize(2);
        assertThat(pending.size()).isZero();
        assertThat(time.entries()).isEmpty();
    }

    @Test
    void losesNobodyWhoseDeadlineComesAtOnce() {
        TestScheduler.Hook hasty = new TestScheduler.Hook(time);
        hasty.beforeReturn = () -> time.advance(LIMIT);
        PendingExchanges hurried = new PendingExchanges(2, hasty, random);
        assertThat(hurried.add(exchange(), LIMIT, late::add)).isPresent();
        assertThat(late).hasSize(1);
        assertThat(hurried.size()).isZero();
    }

    @Test
    void leavesNoTimerOfAnEntryThatWasTakenBeforeItHadOne() {
        TestScheduler.Hook hook = new TestScheduler.Hook(time);
        PendingExchanges interrupted = new PendingExchanges(2, hook, random);
        hook.beforeReturn = () -> assertThat(interrupted.takeAll()).hasSize(1);
        assertThat(interrupted.add(exchange(), LIMIT, late::add)).isPresent();
        assertThat(time.entries()).isEmpty();
        assertThat(interrupted.size()).isZero();
    }

    @Test
    void givesEachEntryOnceUnderConcurrency() throws Exception {
        PendingExchanges wide = new PendingExchanges(10_000, time, random);
        List<String> ids = new ArrayList<>();
        WholeBodyExchange exchange = exchange();
        for (int i = 0; i < 10_000; i++) {
            ids.add(wide.add(exchange, LIMIT, late::add).orElseThrow());
        }
        ExecutorService threads = Executors.newFixedThreadPool(3);
        int taken = 0;
        try {
            Callable<Integer> answers = () -> (int)
                    ids.stream().map(wide::take).filter(Optional::isPresent).count();
            for (Future<Integer> taker : threads.invokeAll(
                    List.of(answers, answers, () -> wide.takeAll().size()))) {
                taken += taker.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(taken).isEqualTo(10_000);
        assertThat(wide.size()).isZero();
    }
}
