package org.podbridge.presence;

import static java.util.stream.Collectors.toSet;
import static java.util.stream.Collectors.toUnmodifiableSet;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.identity.WebId;
import org.podbridge.presence.Crowd.Member;
import org.podbridge.time.HandClock;
import org.podbridge.time.Scheduler;

/**
 * Whatever order joins, leaves, replacements and answers of the policy come in, in the end everybody knows exactly who
 * is there and may be seen, and was told nothing twice.
 */
class PresenceInterleavingTest {

    private static final int AGENTS = 8;

    static IntStream seeds() {
        return IntStream.range(0, 200);
    }

    static IntStream fewSeeds() {
        return IntStream.range(0, 10);
    }

    /** A visibility that isn't symmetric. */
    private static boolean mayBeSeen(WebId viewer, WebId other) {
        return (viewer.hashCode() * 31 + other.hashCode()) % 4 != 0;
    }

    private static Set<WebId> visible(WebId viewer, Set<WebId> online) {
        return online.stream().filter(other -> mayBeSeen(viewer, other)).collect(toUnmodifiableSet());
    }

    private static void check(Crowd crowd, Map<WebId, Member> online) {
        online.values().forEach(member -> {
            assertThat(member.fault).as(member.webId().value()).isEmpty();
            assertThat(member.knows())
                    .as("what %s knows", member.webId())
                    .isEqualTo(online.keySet().stream()
                            .filter(other -> !other.equals(member.webId()) && mayBeSeen(member.webId(), other))
                            .map(WebId::value)
                            .collect(toSet()));
        });
        assertThat(crowd.registry.size()).isEqualTo(online.size());
        assertThat(crowd.registry.slotsInUse()).isEqualTo(online.size());
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void endsRightWhenThePolicyAnswersInAnyOrder(int seed) {
        Random random = new Random(seed);
        List<Runnable> answers = new ArrayList<>();
        Crowd crowd = new Crowd(new HandClock(), (viewer, webIds) -> {
            if (random.nextInt(4) == 0) {
                return CompletableFuture.completedStage(visible(viewer.webId(), webIds));
            }
            CompletableFuture<Set<WebId>> answer = new CompletableFuture<>();
            answers.add(() -> answer.complete(visible(viewer.webId(), webIds)));
            return answer;
        });
        Map<WebId, Member> online = new HashMap<>();
        for (int step = 0; step < 400; step++) {
            if (!answers.isEmpty() && random.nextInt(3) > 0) {
                answers.remove(random.nextInt(answers.size())).run();
                continue;
            }
            String name = "a" + random.nextInt(AGENTS);
            Member known = online.get(Crowd.webId(name));
            if (known != null && random.nextInt(3) > 0) {
                known.leave();
                online.remove(known.webId());
            } else {
                Member member = crowd.join(name); // anew, or in place of an older one
                online.put(member.webId(), member);
            }
        }
        while (!answers.isEmpty()) {
            answers.remove(random.nextInt(answers.size())).run();
        }
        check(crowd, online);
    }

    @ParameterizedTest
    @MethodSource("fewSeeds")
    void endsRightOnManyThreads(int seed) throws Exception {
        ExecutorService policyThreads = Executors.newFixedThreadPool(2);
        ExecutorService agentThreads = Executors.newFixedThreadPool(AGENTS);
        Phaser underWay = new Phaser(1); // this thread, and every question of which the policy still thinks
        Crowd crowd = new Crowd(new StoppedClock(), (viewer, webIds) -> {
            CompletableFuture<Set<WebId>> answer = new CompletableFuture<>();
            if (ThreadLocalRandom.current().nextInt(3) == 0) {
                answer.complete(visible(viewer.webId(), webIds));
            } else {
                underWay.register();
                policyThreads.execute(() -> {
                    answer.complete(visible(viewer.webId(), webIds));
                    underWay.arriveAndDeregister();
                });
            }
            return answer;
        });
        List<Future<List<Member>>> all = new ArrayList<>();
        for (int i = 0; i < AGENTS; i++) {
            String name = "a" + i;
            Random random = new Random(seed * 100L + i);
            all.add(agentThreads.submit(() -> {
                List<Member> members = new ArrayList<>();
                for (int step = 0; step < 300; step++) {
                    members.add(crowd.join(name));
                    if (random.nextBoolean()) {
                        members.get(members.size() - 1).leave();
                    }
                    if (random.nextBoolean()) {
                        members.get(random.nextInt(members.size())).leave(); // often one that was replaced long ago
                    }
                }
                return members;
            }));
        }
        Map<WebId, Member> online = new HashMap<>();
        for (Future<List<Member>> one : all) {
            for (Member member : one.get()) {
                assertThat(member.fault).isEmpty();
                crowd.registry.find(member.webId()).filter(member::equals).ifPresent(m -> online.put(m.webId(), m));
            }
        }
        underWay.awaitAdvanceInterruptibly(underWay.arrive(), 60, TimeUnit.SECONDS);
        agentThreads.shutdown();
        policyThreads.shutdown();
        check(crowd, online);

        online.values().forEach(Member::leave);
        assertThat(crowd.registry.slotsInUse()).isZero();
    }

    /** Time that never passes, for any number of threads. */
    private static final class StoppedClock implements Scheduler {
        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public Task schedule(Duration delay, Runnable task) {
            return () -> {};
        }
    }
}
