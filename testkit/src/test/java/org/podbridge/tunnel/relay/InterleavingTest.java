package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.TunnelInfo;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;

/**
 * Whatever happens in whatever order, every exchange has one outcome, no answer reaches another visitor than the one
 * for whom it was meant, a name has one owner, and nothing is left. The doubles throw when a response begins twice.
 */
class InterleavingTest {

    private static final int STEPS = 400;
    private static final List<String> AGENTS = List.of("alice", "bob", "carol");
    private static final List<String> NAMES = List.of("a", "b", "c");
    private static final Set<Integer> OUTCOMES = Set.of(200, 403, 408, 413, 502, 503, 504);

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private final Deque<CompletableFuture<AccessDecision>> questions = new ArrayDeque<>();
    private final List<Client> clients = new ArrayList<>();
    private final List<Visit> visits = new ArrayList<>();
    private static final Set<Integer> reached = new HashSet<>();
    private Random random = new Random(0);
    private int counter;

    private static final class Client {
        private final TunnelClient tunnel;
        private final List<RelayMessage.Request> requests = new ArrayList<>();

        Client(TunnelClient tunnel) {
            this.tunnel = tunnel;
        }
    }

    private static final class Visit {
        private final InMemoryExchange exchange;
        private final String token;
        private boolean bodyEnded;
        private boolean left;

        Visit(InMemoryExchange exchange, String token, boolean bodyEnded) {
            this.exchange = exchange;
            this.token = token;
            this.bodyEnded = bodyEnded;
        }
    }

    static Stream<Long> seeds() {
        return LongStream.range(0, Long.getLong("podbridge.interleavings", 300)).boxed();
    }

    @AfterAll
    static void hasReachedEveryOutcome() {
        assertThat(reached).isEqualTo(OUTCOMES);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void endsEveryExchangeOnceAndLeavesNothing(long seed) {
        random = new Random(seed);
        relay.limits(limits -> limits.maxExchangesPerTunnel(4)
                        .maxRequestBodyBytes(5_000)
                        .maxTunnelMessageBytes(20_000)
                        .maxBufferedBytes(40_000)
                        .maxNamesPerConnection(2)
                        .nameLease(random.nextBoolean() ? Duration.ofSeconds(20) : Duration.ZERO)
                        .nameQuarantine(random.nextBoolean() ? Duration.ofSeconds(20) : Duration.ZERO))
                .with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
                    @Override
                    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
                        return sometimesLater();
                    }

                    @Override
                    public CompletionStage<AccessDecision> mayVisit(
                            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
                        return sometimesLater();
                    }
                }));
        for (int i = 0; i < STEPS; i++) {
            step();
            check();
        }
        finish();
    }

    private CompletionStage<AccessDecision> sometimesLater() {
        if (random.nextInt(4) > 0) {
            return CompletableFuture.completedStage(decision());
        }
        CompletableFuture<AccessDecision> answer = new CompletableFuture<>();
        questions.add(answer);
        return answer;
    }

    private AccessDecision decision() {
        return random.nextInt(10) > 0 ? new AccessDecision.Allow() : new AccessDecision.Deny("by lot");
    }

    private void step() {
        switch (random.nextInt(16)) {
            case 0 -> connect();
            case 1, 2 -> anyClient().ifPresent(this::register);
            case 3 -> anyClient().ifPresent(client -> client.tunnel.unregister(oneOf(NAMES)));
            case 4 -> anyClient().ifPresent(this::disturb);
            case 5, 6, 7 -> visit();
            case 8, 9, 10 -> anyClient().ifPresent(this::answer);
            case 11 -> anyVisit().ifPresent(this::leave);
            case 12 -> anyVisit().ifPresent(this::feed);
            case 13 -> anyVisit().ifPresent(this::holdOrRelease);
            case 14 -> decide();
            default -> passTime();
        }
    }

    private <T> T oneOf(List<T> things) {
        return things.get(random.nextInt(things.size()));
    }

    private Optional<Client> anyClient() {
        return clients.isEmpty() ? Optional.empty() : Optional.of(oneOf(clients));
    }

    private Optional<Visit> anyVisit() {
        return visits.isEmpty() ? Optional.empty() : Optional.of(oneOf(visits));
    }

    private void connect() {
        if (clients.size() < 8) {
            clients.add(new Client(relay.connect(oneOf(AGENTS))));
        }
    }

    private void register(Client client) {
        client.tunnel.register(
                oneOf(NAMES), "\"share\":" + random.nextBoolean(), "\"passthrough\":" + random.nextBoolean());
    }

    /** Lets a connection end, stall, or say what it shouldn't. */
    private void disturb(Client client) {
        switch (random.nextInt(8)) {
            case 0 -> client.tunnel.connection().cut();
            case 1 -> client.tunnel.connection().ignoreClose();
            case 2, 3 -> client.tunnel.connection().holdSends();
            case 4, 5 -> client.tunnel.connection().releaseSends();
            case 6 -> client.tunnel.say("nonsense");
            default -> client.tunnel.connection().receivePart(MessageKind.TEXT, new byte[15_000], true);
        }
        if (client.tunnel.connection().isClosed()) {
            clients.remove(client);
        }
    }

    private void visit() {
        String token = "v" + counter++;
        String target = "/tunnel/" + oneOf(NAMES) + "/" + token;
        boolean withBody = random.nextInt(3) == 0;
        RequestHead head = TunnelRelay.head(withBody ? "POST" : "GET", target).build();
        InMemoryExchange exchange = withBody ? InMemoryExchange.withBody(head) : InMemoryExchange.of(head);
        if (random.nextInt(4) == 0) {
            exchange.holdWrites();
        }
        Visit visit = new Visit(exchange, token, !withBody);
        visits.add(visit);
        if (random.nextInt(20) == 0) {
            leave(visit);
        }
        relay.visit(exchange);
    }

    private void answer(Client client) {
        collectRequests(client);
        if (client.requests.isEmpty()) {
            return;
        }
        RelayMessage.Request request = oneOf(client.requests); // possibly answered already
        switch (random.nextInt(8)) {
            case 0 -> client.tunnel.answerWith(request, "\"status\":1");
            case 1 -> client.tunnel.answer(request, 200, "x".repeat(25_000));
            case 2 ->
                clients.stream()
                        .filter(other -> other != client)
                        .forEach(other -> other.tunnel.answer(request, 200, "forged"));
            default -> client.tunnel.answer(request, 200, request.path().substring(1));
        }
        if (client.tunnel.connection().isClosed()) {
            clients.remove(client);
        }
    }

    private void collectRequests(Client client) {
        client.tunnel.connection().messages().forEach(message -> {
            if (message.text().startsWith("{\"type\":\"request\"")) {
                client.requests.add(client.tunnel.asked());
            } else {
                client.tunnel.heard();
            }
        });
    }

    private void leave(Visit visit) {
        visit.left = true;
        visit.exchange.leave();
    }

    private void feed(Visit visit) {
        if (visit.bodyEnded) {
            return;
        }
        if (random.nextBoolean()) {
            visit.exchange.feed(new byte[1 + random.nextInt(3_000)]);
        } else {
            visit.bodyEnded = true;
            visit.exchange.endBody();
        }
    }

    private void holdOrRelease(Visit visit) {
        if (random.nextBoolean()) {
            visit.exchange.releaseWrites();
        } else {
            visit.exchange.completeWrite();
        }
    }

    private void decide() {
        CompletableFuture<AccessDecision> question = random.nextBoolean() ? questions.poll() : questions.pollLast();
        if (question != null) {
            question.complete(decision());
        }
    }

    private void passTime() {
        clients.removeIf(client -> client.tunnel.connection().isClosed());
        clients.forEach(client -> {
            if (random.nextInt(5) > 0) {
                client.tunnel.connection().receivePong();
            }
        });
        relay.advanceSeconds(random.nextInt(12));
    }

    private void check() {
        long unfinished = visits.stream()
                .filter(visit -> !visit.exchange.isComplete() && !visit.left)
                .count();
        assertThat(relay.diagnostics().exchangesInFlight()).isBetween(0, (int) unfinished);
        assertThat(relay.diagnostics().bufferedBytes()).isBetween(0L, 40_000L);
        assertThat(relay.diagnostics().tunnelNames()).isBetween(0, NAMES.size());
        assertThat(clients)
                .noneMatch(client -> client.tunnel
                        .connection()
                        .closeStatus()
                        .filter(status -> status.code() == CloseStatus.INTERNAL_ERROR)
                        .isPresent());
        visits.forEach(this::check);
        visits.removeIf(visit -> visit.exchange.isComplete() || visit.left);
    }

    private void check(Visit visit) {
        InMemoryExchange exchange = visit.exchange;
        boolean toNobody = visit.left && exchange.responseHead().isPresent() && exchange.status() == 400;
        if (exchange.responseHead().isPresent() && !OUTCOMES.contains(exchange.status()) && !toNobody) {
            throw new AssertionError(visit.token + " got " + exchange.status());
        }
        if (exchange.abortCause()
                .filter(cause -> !(cause instanceof IOException))
                .isPresent()) {
            throw new AssertionError(
                    visit.token + " had a fault", exchange.abortCause().get());
        }
        if (exchange.isComplete()) {
            reached.add(exchange.status());
            if (exchange.status() == 200) {
                assertThat(exchange.responseText()).isEqualTo(visit.token);
            }
        }
    }

    /** Nobody comes any more, nobody is held up any more: then all must be over within the time limits. */
    private void finish() {
        while (!questions.isEmpty()) {
            decide();
        }
        visits.forEach(visit -> {
            visit.exchange.releaseWrites();
            if (!visit.bodyEnded) {
                visit.exchange.endBody();
            }
        });
        while (!questions.isEmpty()) {
            decide();
        }
        relay.advanceSeconds(60);
        assertThat(visits)
                .allSatisfy(visit -> assertThat(visit.left || visit.exchange.isComplete())
                        .as(visit.token)
                        .isTrue());
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }
}
