package org.podbridge.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ByteBudgetTest {

    @Test
    void reservesAllOrNothing() {
        ByteBudget budget = new ByteBudget(10);
        assertThat(budget.tryReserve(6)).isTrue();
        assertThat(budget.tryReserve(5)).isFalse();
        assertThat(budget.used()).isEqualTo(6);
        assertThat(budget.tryReserve(4)).isTrue();
        assertThat(budget.tryReserve(0)).isTrue();
        assertThat(budget.tryReserve(1)).isFalse();
        budget.release(10);
        assertThat(budget.used()).isZero();
        assertThat(budget.tryReserve(Integer.MAX_VALUE)).isFalse();
    }

    @Test
    void neverGoesBeyondItsBoundAndEndsAtZeroUnderConcurrency() throws Exception {
        ByteBudget budget = new ByteBudget(1_000);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Callable<Integer>> holders = new ArrayList<>();
            for (int seed = 0; seed < 4; seed++) {
                Random random = new Random(seed);
                holders.add(() -> reserveAndRelease(budget, random));
            }
            int reserved = 0;
            for (Future<Integer> holder : threads.invokeAll(holders)) {
                reserved += holder.get();
            }
            assertThat(reserved).isPositive();
        } finally {
            threads.shutdownNow();
        }
        assertThat(budget.used()).isZero();
    }

    private static int reserveAndRelease(ByteBudget budget, Random random) {
        int reserved = 0;
        for (int i = 0; i < 100_000; i++) {
            int bytes = random.nextInt(600);
            if (budget.tryReserve(bytes)) {
                reserved++;
                if (budget.used() > 1_000) {
                    throw new AssertionError(budget.used());
                }
                budget.release(bytes);
            }
        }
        return reserved;
    }
}
