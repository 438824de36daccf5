package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AfterwardsTest {

    private final Afterwards afterwards = new Afterwards();
    private final List<String> done = new ArrayList<>();

    private void fail() {
        throw new IllegalStateException("a fault");
    }

    @Test
    void doesWhatWasAddedOnceAndInOrder() {
        afterwards.add(() -> done.add("one"));
        afterwards.add(() -> done.add("two"));
        afterwards.run();
        afterwards.run();
        assertThat(done).containsExactly("one", "two");
    }

    @Test
    void doesAtOnceWhatComesTooLate() {
        afterwards.run();
        afterwards.add(() -> done.add("late"));
        assertThat(done).containsExactly("late");
    }

    @Test
    void doesTheRestAlthoughOneStepFails() {
        afterwards.add(() -> done.add("one"));
        afterwards.add(this::fail);
        afterwards.add(() -> done.add("two"));
        afterwards.add(this::fail);
        afterwards.add(() -> done.add("three"));
        afterwards.run();
        afterwards.add(this::fail);
        assertThat(done).containsExactly("one", "two", "three");
    }
}
