package org.podbridge.servlet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PausingTest {

    private final AtomicBoolean wanted = new AtomicBoolean();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final CountDownLatch resuming = new CountDownLatch(1);
    private final CountDownLatch mayResume = new CountDownLatch(1);

    private void tell(Pausing pausing, boolean paused) {
        wanted.set(paused);
        pausing.tell();
    }

    @Test
    void theContainerIsToldOfChangesAlone() {
        Pausing pausing = new Pausing(wanted::get, this::note);
        tell(pausing, false);
        tell(pausing, true);
        tell(pausing, true);
        tell(pausing, false);
        assertThat(told).containsExactly("paused", "resumed");
    }

    @Test
    void aPauseHoldsWhenItReturnsWhileAnotherThreadIsLiftingTheLastOne() throws Exception {
        Pausing pausing = new Pausing(wanted::get, this::switchSlowly);
        tell(pausing, true);
        Thread lifting = new Thread(() -> tell(pausing, false));
        lifting.start();
        assertThat(resuming.await(30, TimeUnit.SECONDS)).isTrue();

        Thread reading = new Thread(() -> {
            tell(pausing, true);
            told.add("read on");
        });
        reading.start();
        await().until(() -> reading.getState() == Thread.State.WAITING || !reading.isAlive());
        mayResume.countDown();
        lifting.join();
        reading.join();

        assertThat(told).containsExactly("paused", "resumed", "paused", "read on");
    }

    private void switchSlowly(boolean paused) {
        if (!paused) {
            resuming.countDown();
            try {
                mayResume.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        note(paused);
    }

    private void note(boolean paused) {
        told.add(paused ? "paused" : "resumed");
    }
}
