package org.podbridge.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ContainerAccessTest {

    private final ContainerAccess access = new ContainerAccess();
    private final List<String> events = new CopyOnWriteArrayList<>();

    /** Lets another thread enter, and exit once it is told to. */
    private CountDownLatch enterElsewhere() throws InterruptedException {
        CountDownLatch entered = new CountDownLatch(1);
        CountDownLatch mayExit = new CountDownLatch(1);
        Thread other = new Thread(() -> {
            access.enter();
            entered.countDown();
            try {
                mayExit.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            events.add("exit");
            access.exit();
        });
        other.setDaemon(true);
        other.start();
        assertThat(entered.await(10, TimeUnit.SECONDS)).isTrue();
        return mayExit;
    }

    @Test
    void givesTheObjectsBackWithTheLastExit() {
        assertThat(access.enter()).isTrue();
        assertThat(access.enter()).isTrue();
        access.end(() -> events.add("given back"));
        assertThat(access.enter()).isFalse();
        access.exit();
        assertThat(events).isEmpty();
        access.exit();
        assertThat(events).containsExactly("given back");
    }

    @Test
    void doesNothingWithObjectsThatTheContainerHasTakenBack() {
        access.enter();
        access.end(() -> events.add("given back"));
        access.takenBack();
        access.exit();
        assertThat(events).isEmpty();
        assertThat(access.enter()).isFalse();
    }

    @Test
    void letsTheContainerTakeTheObjectsBackWhenTheOthersAreOut() throws Exception {
        CountDownLatch mayExit = enterElsewhere();
        access.enter(); // oneself isn't waited for
        new Thread(mayExit::countDown).start();
        access.takenBack();
        events.add("taken back");
        assertThat(events).containsExactly("exit", "taken back");
    }

    @Test
    void waitsForWhoGivesTheObjectsBackWithNobodyInside() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch mayGoOn = new CountDownLatch(1);
        Thread other = new Thread(() -> access.end(() -> {
            begun.countDown();
            try {
                mayGoOn.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
            events.add("given back");
        }));
        other.setDaemon(true);
        other.start();
        assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
        new Thread(mayGoOn::countDown).start();
        access.takenBack();
        events.add("taken back");
        assertThat(events).containsExactly("given back", "taken back");
    }

    @Test
    void waitsAlsoForWhatTheLastOneOutDoes() throws Exception {
        CountDownLatch mayExit = enterElsewhere();
        access.end(() -> events.add("given back"));
        mayExit.countDown();
        access.awaitOthers();
        assertThat(events).containsExactly("exit", "given back");
    }
}
