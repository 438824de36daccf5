package org.podbridge.presence;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.podbridge.identity.WebId;
import org.podbridge.presence.Crowd.Member;
import org.podbridge.time.HandClock;

class PresenceRegistryTest {

    private final HandClock clock = new HandClock();
    private final Deque<Runnable> answers = new ArrayDeque<>();
    private boolean thinking;

    private final Crowd crowd = new Crowd(clock, (viewer, online) -> {
        if (!thinking) {
            return CompletableFuture.completedStage(online);
        }
        CompletableFuture<Set<WebId>> answer = new CompletableFuture<>();
        answers.add(() -> answer.complete(online));
        return answer;
    });

    private void answerAll() {
        thinking = false;
        while (!answers.isEmpty()) {
            answers.remove().run();
        }
    }

    private List<Integer> slots() {
        return crowd.registry.snapshot().stream()
                .map(PresenceRegistry.Agent::slot)
                .sorted()
                .toList();
    }

    @Test
    void knowsTheNewestConnectionOfAnAgent() {
        Member old = crowd.join("alice");
        Member alice = crowd.join("alice");
        assertThat(old.replaced).isTrue();
        assertThat(alice.replaced).isFalse();
        assertThat(crowd.registry.find(Crowd.webId("alice"))).containsSame(alice);
        assertThat(crowd.registry.size()).isEqualTo(1);

        old.leave();
        assertThat(crowd.registry.find(Crowd.webId("alice"))).containsSame(alice);
        alice.leave();
        alice.leave();
        assertThat(crowd.registry.find(Crowd.webId("alice"))).isEmpty();
        assertThat(crowd.registry.slotsInUse()).isZero();
    }

    @Test
    void givesEachAgentASlotAndUsesItAgainAfterwards() {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            members.add(crowd.join("a" + i));
        }
        assertThat(slots()).containsExactly(0, 1, 2, 3, 4);
        members.get(1).leave();
        members.get(3).leave();
        crowd.join("b");
        assertThat(slots()).containsExactly(0, 1, 2, 4);
        crowd.join("c");
        crowd.join("d");
        assertThat(slots()).containsExactly(0, 1, 2, 3, 4, 5);
    }

    @Test
    void keepsASlotUntilEveryViewHasDealtWithTheChange() {
        Member alice = crowd.join("alice");
        Member bob = crowd.join("bob");
        thinking = true;
        crowd.join("carol"); // from now on the views of alice, bob and carol are busy
        bob.leave();
        Member dave = crowd.join("dave");
        assertThat(crowd.registry.slotsInUse()).isEqualTo(4);
        answerAll();
        assertThat(crowd.registry.slotsInUse()).isEqualTo(3);
        assertThat(alice.knows()).containsExactlyInAnyOrder("https://carol.example/#me", "https://dave.example/#me");
        assertThat(dave.knows()).containsExactlyInAnyOrder("https://carol.example/#me", "https://alice.example/#me");
        assertThat(alice.fault + dave.fault).isEmpty();
    }

    @Test
    void givesTheSlotsBackOfViewsThatCloseWhileTheyAreBusy() {
        Member alice = crowd.join("alice");
        thinking = true;
        crowd.join("carol").leave();
        Member bob = crowd.join("bob");
        bob.leave();
        alice.leave();
        answerAll();
        assertThat(crowd.registry.slotsInUse()).isZero();
    }

    @Test
    void givesTheSlotsBackEvenIfThePolicyNeverAnswers() {
        Member alice = crowd.join("alice");
        thinking = true;
        crowd.join("carol").leave();
        crowd.join("bob").leave();
        alice.leave();
        clock.advance(java.time.Duration.ofSeconds(10));
        assertThat(crowd.registry.slotsInUse()).isZero();
        assertThat(clock.pending()).isZero();
    }

    @Test
    void keepsNoMoreThanOneChangeOfAnAgentForABusyView() {
        Member alice = crowd.join("alice");
        thinking = true;
        crowd.join("carol");
        for (int i = 0; i < 1_000; i++) {
            crowd.join("bob").leave();
        }
        assertThat(alice.view().changesWaiting()).isEqualTo(1);
        answerAll();
        assertThat(alice.messages).isEqualTo(1);
        assertThat(crowd.registry.slotsInUse()).isEqualTo(2);
    }

    /** As when one consumer that is too slow is closed, of which the others hear, which are too slow as well. */
    @Test
    void doesNotNestAnnouncements() {
        List<Integer> depths = new ArrayList<>();
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            Member member = crowd.new Member(Crowd.webId("a" + i)) {
                @Override
                public synchronized void changed(ByteBuffer message) {
                    super.changed(message);
                    if (members.size() == 100) {
                        depths.add(Thread.currentThread().getStackTrace().length);
                        leave();
                    }
                }
            };
            member.join();
            members.add(member);
        }
        crowd.join("x");
        assertThat(depths).hasSize(100);
        assertThat(depths.stream().mapToInt(Integer::intValue).max().orElseThrow())
                .isLessThan(depths.get(0) + 50);
        assertThat(crowd.registry.size()).isEqualTo(1);
        assertThat(crowd.registry.slotsInUse()).isEqualTo(1);
    }
}
