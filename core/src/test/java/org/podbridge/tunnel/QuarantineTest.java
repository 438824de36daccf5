package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.TestScheduler;

/** Names that were freed, and are kept from others for a while. */
class QuarantineTest {

    private static final Duration DAY = Duration.ofDays(1);
    private static final WebId ALICE = WebId.of("https://alice.example/#me");
    private static final WebId BOB = WebId.of("https://bob.example/#me");

    private final TestScheduler time = new TestScheduler();
    private final List<String> released = new ArrayList<>();

    private Quarantine quarantine(int maxNames, int maxNamesPerOwner) {
        Limits limits = Limits.builder()
                .nameQuarantine(DAY)
                .maxNames(maxNames)
                .maxNamesPerWebId(maxNamesPerOwner)
                .build();
        return new Quarantine(limits, time, name -> released.add(name.value()));
    }

    private static TunnelName name(String text) {
        return TunnelName.of(text);
    }

    private static WebId agent(int i) {
        return WebId.of("https://agent" + i + ".example/");
    }

    @Test
    void keepsANameForItsOwnerUntilItsTimeIsOver() {
        Quarantine quarantine = quarantine(1_000, 64);
        quarantine.add(name("app"), ALICE);
        time.advance(DAY.minusNanos(1));
        quarantine.releaseThoseOver();
        assertThat(quarantine.ownerOf(name("app"))).contains(ALICE);
        assertThat(quarantine.ownerOf(name("other"))).isEmpty();
        assertThat(released).isEmpty();
        time.advance(Duration.ofNanos(1));
        quarantine.releaseThoseOver();
        assertThat(quarantine.ownerOf(name("app"))).isEmpty();
        assertThat(released).containsExactly("app");
        assertThat(quarantine.size()).isZero();
    }

    @Test
    void releasesEachNameInItsTime() {
        Quarantine quarantine = quarantine(1_000, 64);
        for (String name : List.of("a", "b", "c")) {
            quarantine.add(name(name), name.equals("b") ? BOB : ALICE);
            time.advance(Duration.ofHours(1));
        }
        time.advance(Duration.ofHours(22));
        quarantine.releaseThoseOver();
        assertThat(released).containsExactly("a", "b");
        time.advance(Duration.ofHours(1));
        quarantine.add(name("d"), BOB); // also asks for the time
        assertThat(released).containsExactly("a", "b", "c");
        assertThat(quarantine.size()).isEqualTo(1);
    }

    @Test
    void countsTheTimeAnewWhenTheOwnerHadTheNameAgain() {
        Quarantine quarantine = quarantine(1_000, 64);
        quarantine.add(name("app"), ALICE);
        quarantine.add(name("other"), ALICE);
        time.advance(DAY.dividedBy(2));
        assertThat(quarantine.takeOut(name("app"))).isTrue();
        assertThat(quarantine.takeOut(name("app"))).isFalse();
        assertThat(quarantine.ownerOf(name("app"))).isEmpty();
        quarantine.add(name("app"), ALICE);
        time.advance(DAY.dividedBy(2));
        quarantine.releaseThoseOver();
        assertThat(released).containsExactly("other");
        time.advance(DAY.dividedBy(2));
        quarantine.releaseThoseOver();
        assertThat(released).containsExactly("other", "app");
    }

    @Test
    void keepsNothingIfItIsOff() {
        Limits limits = Limits.builder().nameQuarantine(Duration.ZERO).build();
        Quarantine off = new Quarantine(limits, time, name -> released.add(name.value()));
        off.add(name("app"), ALICE);
        assertThat(released).containsExactly("app");
        assertThat(off.size()).isZero();
    }

    @Test
    void releasesTheOldestOfWhoFreesNamesByTheThousandAndNobodyElses() {
        Quarantine quarantine = quarantine(10_000, 64);
        quarantine.add(name("mine"), ALICE);
        for (int i = 0; i < 5_000; i++) {
            quarantine.add(name("n" + i), BOB);
        }
        assertThat(quarantine.size()).isEqualTo(65);
        assertThat(quarantine.ownerOf(name("mine"))).contains(ALICE);
        assertThat(quarantine.ownerOf(name("n4999"))).contains(BOB);
        assertThat(quarantine.ownerOf(name("n4936"))).contains(BOB);
        assertThat(released)
                .isEqualTo(IntStream.range(0, 4_936).mapToObj(i -> "n" + i).toList());
    }

    @Test
    void leavesRoomForThoseWhoHaveNothingInItHoweverManyFillIt() {
        Quarantine quarantine = quarantine(10_000, 64);
        for (int round = 0; round < 100; round++) {
            for (int i = 0; i < 1_000; i++) {
                quarantine.add(name("n" + i + "-" + round), agent(i));
            }
        }
        assertThat(quarantine.size()).isBetween(9_000, 9_900);
        released.clear();
        for (int i = 0; i < 5; i++) {
            quarantine.add(name("mine" + i), ALICE);
        }
        assertThat(released).isEmpty();
    }

    @Test
    void keepsWhatItHasWhenItIsFull() {
        Quarantine quarantine = quarantine(100, 64);
        for (int i = 0; i < 100; i++) {
            quarantine.add(name("n" + i), agent(i));
        }
        quarantine.add(name("late"), ALICE);
        quarantine.add(name("later"), ALICE);
        assertThat(released).containsExactly("late", "later");
        quarantine.add(name("second"), agent(7)); // in place of its first
        assertThat(released).containsExactly("late", "later", "n7");
        assertThat(quarantine.size()).isEqualTo(100);
        quarantine.takeOut(name("n8"));
        quarantine.add(name("late"), ALICE);
        assertThat(quarantine.ownerOf(name("late"))).contains(ALICE);
    }

    /** Against a model that knows nothing but what went in and what was released. */
    @Test
    void isNeverFullerThanItMayBeAndForgetsNothingThatItDoesNotRelease() {
        Random random = new Random(7);
        Map<TunnelName, WebId> inside = new HashMap<>();
        Limits limits = Limits.builder()
                .nameQuarantine(DAY)
                .maxNames(50)
                .maxNamesPerWebId(3)
                .build();
        Set<WebId> freeing = new HashSet<>();
        Quarantine quarantine = new Quarantine(limits, time, name -> {
            WebId owner = inside.remove(name);
            assertThat(owner).isNotNull();
            assertThat(freeing.isEmpty() || freeing.contains(owner)).isTrue();
        });
        for (int step = 0; step < 20_000; step++) {
            TunnelName name = name("n" + random.nextInt(200));
            WebId owner = inside.get(name);
            if (owner != null) {
                assertThat(quarantine.ownerOf(name)).contains(owner);
                assertThat(quarantine.takeOut(name)).isTrue();
                inside.remove(name);
            } else {
                owner = agent(random.nextInt(40));
                inside.put(name, owner);
                quarantine.releaseThoseOver();
                freeing.add(owner);
                quarantine.add(name, owner);
                freeing.clear();
            }
            if (random.nextInt(10) == 0) {
                time.advance(DAY.dividedBy(40));
                quarantine.releaseThoseOver();
            }
            assertThat(quarantine.size()).isEqualTo(inside.size()).isLessThanOrEqualTo(50);
        }
        time.advance(DAY);
        quarantine.releaseThoseOver();
        assertThat(quarantine.size()).isZero();
        assertThat(inside).isEmpty();
    }
}
