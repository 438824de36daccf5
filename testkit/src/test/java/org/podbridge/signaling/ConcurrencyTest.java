package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Phaser;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;

/** Agents that come, go, come back elsewhere and talk, all at once, under a policy that answers from other threads. */
class ConcurrencyTest {

    private static final int AGENTS = 6;
    private static final int STEPS = 300;
    private static final Pattern WEB_ID = Pattern.compile("https://a(\\d)\\.example/#me");
    private static final Pattern OFFER =
            Pattern.compile("\\{\"type\":\"offer\",\"from\":\"https://a(\\d)\\.example/#me\",\"sdp\":\"(\\d+)\"\\}");

    private final ExecutorService policyThreads = Executors.newFixedThreadPool(2);
    private final ExecutorService agentThreads = Executors.newFixedThreadPool(AGENTS);
    private final Phaser underWay = new Phaser(1); // this thread, and every question of which the policy still thinks
    private final SignalingServer server = SignalingServer.start(builder -> builder.accessPolicy(new ThreadedPolicy()));

    private final class ThreadedPolicy implements AccessPolicy {
        private <T> CompletionStage<T> later(T answer) {
            CompletableFuture<T> future = new CompletableFuture<>();
            if (ThreadLocalRandom.current().nextBoolean()) {
                future.complete(answer);
            } else {
                underWay.register();
                policyThreads.execute(() -> {
                    future.complete(answer);
                    underWay.arriveAndDeregister();
                });
            }
            return future;
        }

        @Override
        public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
            return CompletableFuture.completedStage(new AccessDecision.Allow());
        }

        @Override
        public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
            return later(online);
        }

        @Override
        public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
            return later(new AccessDecision.Allow());
        }

        @Override
        public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
            return later(new AccessDecision.Allow());
        }
    }

    private List<Agent> live(int self, Random random) {
        List<Agent> connections = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            Agent current = connections.isEmpty() ? null : connections.get(connections.size() - 1);
            int dice = random.nextInt(10);
            if (current == null || current.connection().isClosed() || dice == 0) {
                connections.add(server.connect("a" + self)); // often in place of an open one
            } else if (dice == 1) {
                current.connection().cut();
            } else {
                int to = random.nextInt(AGENTS);
                int number = connections.size() * STEPS + step;
                current.says("{'type':'offer','to':'https://a" + to + ".example/#me','sdp':'" + number + "'}");
            }
        }
        return connections;
    }

    /** Reads all that a connection got, and returns whom it believes to be online. */
    private static Set<Integer> checked(int self, List<String> heard) {
        Set<Integer> knows = new HashSet<>();
        Map<String, Integer> lastOfSender = new HashMap<>(); // of one connection
        for (int i = 0; i < heard.size(); i++) {
            String message = heard.get(i);
            assertThat(message.startsWith("{\"type\":\"peers\""))
                    .as("the first is the welcome")
                    .isEqualTo(i == 0);
            Matcher offer = OFFER.matcher(message);
            if (i == 0) {
                Matcher peers = WEB_ID.matcher(message.substring(message.indexOf("\"peers\":[")));
                while (peers.find()) {
                    assertThat(knows.add(Integer.valueOf(peers.group(1)))).isTrue();
                }
            } else if (offer.matches()) {
                int number = Integer.parseInt(offer.group(2));
                Integer before = lastOfSender.put(offer.group(1) + "/" + number / STEPS, number);
                assertThat(before == null || before < number)
                        .as("order of %s after %s", message, before)
                        .isTrue();
            } else if (message.contains("\"peer-joined\"") || message.contains("\"peer-left\"")) {
                Matcher webId = WEB_ID.matcher(message);
                assertThat(webId.find()).isTrue();
                Integer peer = Integer.valueOf(webId.group(1));
                assertThat(message.contains("joined") ? knows.add(peer) : knows.remove(peer))
                        .as(message)
                        .isTrue();
            } else {
                assertThat(message).contains("\"Peer not online\"");
            }
            assertThat(knows).doesNotContain(self);
        }
        return knows;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void everybodyEndsUpKnowingWhoIsThereAndGetsMessagesInOrder(int seed) throws Exception {
        List<Future<List<Agent>>> lives = new ArrayList<>();
        for (int i = 0; i < AGENTS; i++) {
            int self = i;
            lives.add(agentThreads.submit(() -> live(self, new Random(seed * 100L + self))));
        }
        List<List<Agent>> connections = new ArrayList<>();
        for (Future<List<Agent>> life : lives) {
            connections.add(life.get(60, TimeUnit.SECONDS));
        }
        underWay.awaitAdvanceInterruptibly(underWay.arrive(), 60, TimeUnit.SECONDS);
        agentThreads.shutdown();
        policyThreads.shutdown();

        Set<Integer> online = new HashSet<>();
        Map<Integer, Set<Integer>> knowledge = new HashMap<>();
        for (int i = 0; i < AGENTS; i++) {
            List<Agent> own = connections.get(i);
            for (Agent connection : own.subList(0, own.size() - 1)) {
                assertThat(connection.connection().isClosed()).isTrue();
                checked(i, connection.hears());
            }
            Agent last = own.get(own.size() - 1);
            Set<Integer> knows = checked(i, last.hears());
            if (!last.connection().isClosed()) {
                online.add(i);
                knowledge.put(i, knows);
            }
        }
        knowledge.forEach((self, knows) -> assertThat(knows)
                .as("what %d knows", self)
                .isEqualTo(online.stream().filter(other -> !other.equals(self)).collect(Collectors.toSet())));
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(online.size());
        server.checkNothingIsLeft();
    }
}
