package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.time.HandClock;

class CallGateTest {

    private static final int MAX_BYTES = 1_000;
    private static final WebId BOB = webId("bob");

    private final HandClock clock = new HandClock();
    private final List<String> events = new ArrayList<>();
    private final List<CompletableFuture<AccessDecision>> questions = new ArrayList<>();
    private int asked;
    private boolean thinking;

    private final AccessPolicy policy = new AccessPolicy() {
        @Override
        public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
            throw new AssertionError();
        }

        @Override
        public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
            return CompletableFuture.completedStage(online);
        }

        @Override
        public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
            asked++;
            if (!thinking) {
                return CompletableFuture.completedStage(new AccessDecision.Allow());
            }
            CompletableFuture<AccessDecision> question = new CompletableFuture<>();
            questions.add(question);
            return question;
        }

        @Override
        public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
            throw new AssertionError();
        }
    };

    private final CallGate gate = new CallGate(
            Identity.of(webId("alice"), "test"),
            new GuardedPolicy(policy, Duration.ofSeconds(10), clock),
            clock,
            MAX_BYTES);

    private static WebId webId(String name) {
        return WebId.of("https://" + name + ".example/#me");
    }

    private final class Message implements CallGate.Passage {
        private final WebId to;
        private final String name;
        private final int bytes;

        Message(String name, int bytes) {
            this(BOB, name, bytes);
        }

        Message(WebId to, String name, int bytes) {
            this.to = to;
            this.name = name;
            this.bytes = bytes;
        }

        @Override
        public int bytes() {
            return bytes;
        }

        @Override
        public void allowed() {
            gate.reaches(to);
            events.add(name);
        }

        @Override
        public void denied() {
            events.add("not " + name);
        }
    }

    private void pass(WebId to, String name) {
        gate.pass(to, false, new Message(to, name, 10));
    }

    @Test
    void knowsThatTheAgentHasCalledWhenTheFirstMessageReachesTheOther() {
        thinking = true;
        gate.pass(BOB, false, new CallGate.Passage() {
            @Override
            public int bytes() {
                return 1;
            }

            @Override
            public void allowed() {
                events.add("called: " + gate.hasCalled(BOB));
                gate.reaches(BOB);
                events.add("called: " + gate.hasCalled(BOB));
            }

            @Override
            public void denied() {
                throw new AssertionError();
            }
        });
        assertThat(gate.hasCalled(BOB)).isFalse();
        questions.get(0).complete(new AccessDecision.Allow());
        assertThat(events).containsExactly("called: false", "called: true");
        assertThat(clock.pending())
                .as("no timer for a policy that has answered")
                .isZero();
    }

    @Test
    void remembersTheLastVerdictWhileItAsksAnew() {
        pass(BOB, "one");
        clock.advance(Duration.ofMinutes(2));
        thinking = true;
        pass(BOB, "two");
        assertThat(gate.hasCalled(BOB)).isTrue();
        questions.get(0).complete(new AccessDecision.Deny("no more"));
        assertThat(gate.hasCalled(BOB)).isFalse();
        assertThat(events).containsExactly("one", "not two");
    }

    @Test
    void hasNotCalledWhomItOnlyRepliedTo() {
        gate.pass(BOB, true, new Message("reply", 10));
        assertThat(events).containsExactly("reply");
        assertThat(gate.hasCalled(BOB)).isFalse();
        assertThat(asked).isZero();
    }

    @Test
    void hasNotCalledWhoWasNotThere() {
        gate.pass(BOB, false, new CallGate.Passage() {
            @Override
            public int bytes() {
                return 1;
            }

            @Override
            public void allowed() {
                events.add("nobody is there");
            }

            @Override
            public void denied() {
                throw new AssertionError();
            }
        });
        assertThat(events).containsExactly("nobody is there");
        assertThat(gate.hasCalled(BOB)).isFalse();
    }

    @Test
    void asksAnewForARenewedIdentity() {
        pass(BOB, "one");
        gate.renew(Identity.of(webId("alice"), "renewed"));
        pass(BOB, "two");
        assertThat(asked).isEqualTo(2);
        pass(BOB, "three");
        assertThat(asked).isEqualTo(2);
    }

    @Test
    void keepsOrderWhenAMessageSentFromWithinGoesToTheSameTarget() {
        thinking = true;
        gate.pass(BOB, false, new CallGate.Passage() {
            @Override
            public int bytes() {
                return 1;
            }

            @Override
            public void allowed() {
                pass(BOB, "three");
                events.add("one");
            }

            @Override
            public void denied() {
                throw new AssertionError();
            }
        });
        pass(BOB, "two");
        questions.get(0).complete(new AccessDecision.Allow());
        assertThat(events).containsExactly("one", "two", "three");
        assertThat(asked).isEqualTo(1);
    }

    @Test
    void holdsABoundedNumberOfBytesOverAllTargets() {
        thinking = true;
        gate.pass(BOB, false, new Message("one", MAX_BYTES / 2));
        gate.pass(webId("carol"), false, new Message("two", MAX_BYTES / 2));
        gate.pass(BOB, false, new Message("three", 1));
        assertThat(events).containsExactly("not three");

        questions.get(1).complete(new AccessDecision.Allow());
        gate.pass(BOB, false, new Message("four", MAX_BYTES / 2));
        gate.pass(BOB, false, new Message("five", 1));
        assertThat(events).containsExactly("not three", "two", "not five");

        questions.get(0).complete(new AccessDecision.Deny(""));
        assertThat(events).containsExactly("not three", "two", "not five", "not one", "not four");
        thinking = false;
        gate.pass(webId("dave"), false, new Message("six", MAX_BYTES));
        assertThat(events).endsWith("six");
    }

    @Test
    void remembersABoundedNumberOfVerdicts() {
        for (int i = 0; i < 1_024; i++) {
            pass(webId("a" + i), "m");
        }
        assertThat(gate.hasCalled(webId("a0"))).isTrue();
        pass(BOB, "m");
        assertThat(gate.hasCalled(webId("a0"))).isFalse();
        assertThat(gate.hasCalled(webId("a1"))).isTrue();
        assertThat(gate.hasCalled(BOB)).isTrue();
    }

    @Test
    void forgetsFirstWhomItAskedForLongestAgo() {
        for (int i = 0; i < 1_024; i++) {
            pass(webId("a" + i), "m");
        }
        clock.advance(Duration.ofMinutes(2));
        pass(webId("a0"), "m");
        pass(BOB, "m");
        assertThat(gate.hasCalled(webId("a0"))).isTrue();
        assertThat(gate.hasCalled(webId("a1"))).isFalse();
    }

    @Test
    void deniesWhileTooManyQuestionsAreOpen() {
        thinking = true;
        for (int i = 0; i < 1_024; i++) {
            gate.pass(webId("a" + i), false, new Message("m", 0));
        }
        pass(BOB, "late");
        assertThat(events).containsExactly("not late");
        assertThat(asked).isEqualTo(1_024);

        questions.get(500).complete(new AccessDecision.Allow());
        thinking = false;
        pass(BOB, "again");
        assertThat(events).endsWith("m", "again");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void keepsTheOrderOfEveryPairHoweverThePolicyAnswers(long seed) {
        Random random = new Random(seed);
        int[] next = new int[5];
        for (int step = 0; step < 2_000; step++) {
            thinking = random.nextBoolean();
            int target = random.nextInt(next.length);
            if (random.nextInt(3) > 0) {
                gate.pass(webId("a" + target), random.nextInt(4) == 0, new Message(target + ":" + next[target]++, 1));
            } else if (!questions.isEmpty()) {
                questions
                        .remove(random.nextInt(questions.size()))
                        .complete(random.nextInt(4) == 0 ? new AccessDecision.Deny("") : new AccessDecision.Allow());
            } else {
                clock.advance(Duration.ofSeconds(30));
            }
        }
        questions.forEach(question -> question.complete(new AccessDecision.Allow()));
        for (int target = 0; target < next.length; target++) {
            String prefix = target + ":";
            List<Integer> seen = events.stream()
                    .map(event -> event.replace("not ", ""))
                    .filter(event -> event.startsWith(prefix))
                    .map(event -> Integer.valueOf(event.substring(prefix.length())))
                    .toList();
            assertThat(seen).isSorted().doesNotHaveDuplicates().hasSize(next[target]);
        }
        clock.advance(Duration.ofMinutes(1));
        assertThat(clock.pending()).isZero();
    }
}
