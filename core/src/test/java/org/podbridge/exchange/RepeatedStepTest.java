package org.podbridge.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RepeatedStepTest {

    @Test
    void loopsRatherThanRecursingWhenStepsCompleteAtOnce() {
        AtomicInteger depth = new AtomicInteger();
        AtomicInteger deepest = new AtomicInteger();
        AtomicInteger steps = new AtomicInteger();
        new RepeatedStep() {
            @Override
            protected void step() {
                deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
                if (steps.incrementAndGet() < 1_000_000) {
                    next();
                }
                depth.decrementAndGet();
            }
        }.next();
        assertThat(steps).hasValue(1_000_000);
        assertThat(deepest).hasValue(1);
    }

    @Test
    void goesOnBehindAStepThatFails() {
        AtomicInteger steps = new AtomicInteger();
        RepeatedStep failing = new RepeatedStep() {
            @Override
            protected void step() {
                if (steps.incrementAndGet() == 1) {
                    next(); // due while this one runs
                    throw new IllegalStateException("for a test");
                }
            }
        };
        assertThatIllegalStateException().isThrownBy(failing::next).withMessage("for a test");
        assertThat(steps).hasValue(2);
        failing.next();
        assertThat(steps).hasValue(3);
    }

    @Test
    void leavesWhatIsDueToWhoeverComesNextWhenItHasDoneEnough() {
        class Turns extends RepeatedStep {
            private int steps;
            private int handedOver;

            @Override
            protected void step() {
                if (++steps < 10) {
                    next();
                }
            }

            @Override
            protected boolean hasDoneEnough(int inARow) {
                return inARow == 4;
            }

            @Override
            protected void handOver() {
                handedOver++;
            }
        }
        Turns turns = new Turns();
        assertThat(turns.next()).isTrue();
        assertThat(turns.steps).isEqualTo(4);
        assertThat(turns.handedOver).isEqualTo(1);
        assertThat(turns.next()).isTrue();
        assertThat(turns.steps).isEqualTo(8);
        assertThat(turns.handedOver).isEqualTo(2);
        assertThat(turns.next()).isTrue();
        assertThat(turns.steps).isEqualTo(10);
        assertThat(turns.next()).isTrue();
        assertThat(turns.steps).isEqualTo(11);
        assertThat(turns.handedOver).isEqualTo(2);
    }

    @Test
    void neverTakesTwoStepsAtATimeHoweverStepsComplete() throws InterruptedException {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        AtomicInteger running = new AtomicInteger();
        AtomicInteger overlaps = new AtomicInteger();
        AtomicInteger steps = new AtomicInteger();
        new RepeatedStep() {
            @Override
            protected void step() {
                if (running.incrementAndGet() > 1) {
                    overlaps.incrementAndGet();
                }
                int done = steps.incrementAndGet();
                if (done == 100_000) {
                    threads.shutdown();
                } else if (done % 3 == 0) {
                    next();
                } else {
                    threads.execute(this::next);
                }
                running.decrementAndGet();
            }
        }.next();
        assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
        assertThat(steps).hasValue(100_000);
        assertThat(overlaps).hasValue(0);
    }
}
