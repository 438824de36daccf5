package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v2.ResetCode;

/**
 * Whatever visitors and clients of version 2 do in whatever order, every exchange has one outcome, bytes arrive whole
 * and at whom they were meant for, what is broken off never looks complete, and nothing is left.
 */
class StreamedInterleavingTest {

    private static final int STEPS = 600;
    private static final int WINDOW = 16 * 1024;
    private static final int PLACES = 4;
    private static final long BUDGET = 400_000;
    private static final List<String> NAMES = List.of("a", "b");
    private static final Set<Integer> OUTCOMES = Set.of(200, 408, 502, 503, 504);
    private static final Set<Integer> reached = new HashSet<>();

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay()
            .limits(limits -> limits.streamWindowBytes(WINDOW)
                    .maxStreamWindowBytes(4 * WINDOW)
                    .maxWindowGrowthBytes(10 * WINDOW)
                    .maxExchangesPerTunnel(PLACES)
                    .maxTunnelMessageBytes(20_000)
                    .maxRequestBodyBytes(20_000)
                    .maxBufferedBytes(BUDGET));

    private final List<StreamingClient> clients = new ArrayList<>();
    private final List<Visit> visits = new ArrayList<>();
    private Random random;
    private int counter;

    private static final class Visit {
        private final InMemoryExchange exchange;
        private final String path;
        private final byte[] body;
        private int fed;
        private boolean bodyEnded;
        private boolean left;

        Visit(InMemoryExchange exchange, String path, byte[] body) {
            this.exchange = exchange;
            this.path = path;
            this.body = body;
            this.bodyEnded = body.length == 0;
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
        for (int i = 0; i < STEPS; i++) {
            step();
            check();
        }
        finish();
    }

    private void step() {
        switch (random.nextInt(20)) {
            case 0 -> connect();
            case 1 -> anyClient().ifPresent(this::disturb);
            case 2, 3, 4 -> visit();
            case 5, 6, 7, 8 -> anyClient().ifPresent(StreamingClient::moveOne);
            case 9 -> anyClient().ifPresent(StreamingClient::moveAll);
            case 10, 11, 12, 13 -> anyStream().filter(ServedStream::canSend).ifPresent(this::send);
            case 14 -> anyStream().ifPresent(ServedStream::release);
            case 15 -> anyVisit().ifPresent(this::feed);
            case 16, 17 -> anyVisit().ifPresent(this::holdOrRelease);
            case 18 -> anyVisit().filter(visit -> random.nextInt(4) == 0).ifPresent(this::leave);
            default -> passTime();
        }
    }

    private <T> T oneOf(List<T> things) {
        return things.get(random.nextInt(things.size()));
    }

    private Optional<StreamingClient> anyClient() {
        forgetTheClosed();
        return clients.isEmpty() ? Optional.empty() : Optional.of(oneOf(clients));
    }

    private Optional<ServedStream> anyStream() {
        return anyClient()
                .map(client -> client.served().stream()
                        .filter(stream -> !stream.isOver())
                        .toList())
                .filter(streams -> !streams.isEmpty())
                .map(this::oneOf);
    }

    private Optional<Visit> anyVisit() {
        return visits.isEmpty() ? Optional.empty() : Optional.of(oneOf(visits));
    }

    private void forgetTheClosed() {
        clients.stream()
                .filter(client -> client.tunnel().connection().isClosed())
                .forEach(StreamingClient::end);
        clients.removeIf(client -> client.tunnel().connection().isClosed());
    }

    private void connect() {
        if (clients.size() < 5) {
            StreamingClient client = new StreamingClient(relay.connect("alice"), relay.time, random, WINDOW, PLACES);
            client.tunnel()
                    .register(
                            oneOf(NAMES),
                            "\"share\":" + (random.nextInt(3) > 0),
                            "\"protocol\":2",
                            "\"window\":" + WINDOW);
            clients.add(client);
        }
    }

    private void disturb(StreamingClient client) {
        switch (random.nextInt(10)) {
            case 0 -> client.tunnel().connection().cut();
            case 1 -> client.tunnel().connection().ignoreClose();
            case 2 -> client.leave();
            case 3, 4, 5 -> client.tunnel().connection().holdSends();
            case 6 -> client.tunnel().register(oneOf(NAMES), "\"share\":true", "\"protocol\":2");
            default -> client.tunnel().connection().releaseSends();
        }
    }

    private void visit() {
        String path = "/v" + counter++ + "-" + (random.nextInt(3) == 0 ? random.nextInt(10_000) : random.nextInt(20));
        byte[] body = new byte[random.nextInt(3) == 0 ? random.nextInt(60_000) : 0];
        random.nextBytes(body);
        RequestHead head = TunnelRelay.head(
                        body.length > 0 ? "POST" : "GET",
                        "/tunnel/" + oneOf(NAMES) + path,
                        random.nextInt(4) == 0 ? new String[] {"expect", "100-continue"} : new String[0])
                .build();
        InMemoryExchange exchange = body.length > 0 ? InMemoryExchange.withBody(head) : InMemoryExchange.of(head);
        if (random.nextInt(3) == 0) {
            exchange.holdWrites();
        }
        Visit visit = new Visit(exchange, path, body);
        visits.add(visit);
        relay.visit(exchange);
    }

    private void send(ServedStream stream) {
        if (random.nextInt(30) == 0) {
            stream.reset(ResetCode.of(random.nextInt(7)).orElseThrow());
        } else {
            stream.send(random.nextInt(8) == 0);
        }
    }

    private void feed(Visit visit) {
        if (visit.bodyEnded) {
            return;
        }
        int size = Math.min(visit.body.length - visit.fed, random.nextInt(20_000));
        if (size > 0) {
            visit.exchange.feed(Arrays.copyOfRange(visit.body, visit.fed, visit.fed + size));
            visit.fed += size;
        }
        if (visit.fed == visit.body.length) {
            visit.bodyEnded = true;
            visit.exchange.endBody(random.nextBoolean() ? HeaderFields.empty() : HeaderFields.of("x-sum", "1"));
        }
    }

    private void leave(Visit visit) {
        visit.left = true;
        visit.exchange.leave();
    }

    private void holdOrRelease(Visit visit) {
        if (random.nextBoolean()) {
            visit.exchange.releaseWrites();
        } else {
            visit.exchange.completeWrite();
        }
    }

    private void passTime() {
        forgetTheClosed();
        clients.forEach(client -> {
            if (random.nextInt(8) > 0) {
                client.tunnel().connection().receivePong();
            }
        });
        relay.advance(java.time.Duration.ofMillis(random.nextInt(3) == 0 ? random.nextInt(8_000) : random.nextInt(20)));
    }

    private void check() {
        long unfinished = visits.stream()
                .filter(visit -> !visit.exchange.isComplete() && !visit.left)
                .count();
        assertThat(relay.diagnostics().exchangesInFlight()).isBetween(0, (int) unfinished);
        assertThat(relay.diagnostics().bufferedBytes()).isBetween(0L, BUDGET);
        assertThat(clients)
                .noneMatch(client -> client.tunnel()
                        .connection()
                        .closeStatus()
                        .filter(status -> status.code() == CloseStatus.INTERNAL_ERROR
                                || status.code() == CloseStatus.PROTOCOL_ERROR)
                        .isPresent());
        clients.forEach(client ->
                client.served().stream().filter(ServedStream::isWholeRequest).forEach(this::checkRequest));
        visits.forEach(this::check);
        visits.removeIf(visit -> isOver(visit) && !isServed(visit));
    }

    private static boolean isOver(Visit visit) {
        return visit.left
                || visit.exchange.isComplete()
                || visit.exchange.abortCause().isPresent();
    }

    private boolean isServed(Visit visit) {
        return clients.stream()
                .flatMap(client -> client.served().stream())
                .anyMatch(stream -> stream.request().path().equals(visit.path));
    }

    private void checkRequest(ServedStream stream) {
        visits.stream()
                .filter(visit -> visit.path.equals(stream.request().path()))
                .forEach(visit -> assertThat(stream.received()).isEqualTo(visit.body));
    }

    private void check(Visit visit) {
        InMemoryExchange exchange = visit.exchange;
        exchange.responseHead()
                .map(ResponseHead::status)
                .filter(status -> !visit.left || status != 400) // said to nobody
                .ifPresent(status -> assertThat(OUTCOMES).contains(status));
        if (exchange.abortCause()
                .filter(cause -> !(cause instanceof IOException))
                .isPresent()) {
            throw new AssertionError(
                    visit.path + " had a fault", exchange.abortCause().get());
        }
        if (exchange.isComplete()) {
            reached.add(exchange.status());
            if (exchange.status() == 200) {
                assertThat(exchange.responseBytes()).isEqualTo(ServedStream.content(visit.path));
            }
        }
        if (isOver(visit)) {
            assertThat(exchange.retainedChunks()).isZero();
        }
    }

    /** All go on as they should: then all must come to an end within the time limits, and nothing may be left. */
    private void finish() {
        for (int round = 0; round < 20; round++) {
            visits.forEach(visit -> {
                visit.exchange.releaseWrites();
                while (!visit.bodyEnded) {
                    feed(visit);
                }
            });
            forgetTheClosed();
            for (StreamingClient client : clients) {
                client.tunnel().connection().releaseSends();
                client.moveAll();
                for (ServedStream stream : List.copyOf(client.served())) {
                    stream.release();
                    while (stream.canSend()) {
                        stream.send(false);
                        client.moveAll();
                    }
                }
                client.moveAll();
            }
        }
        visits.forEach(this::check);
        assertThat(visits)
                .allSatisfy(visit -> assertThat(isOver(visit)).as(visit.path).isTrue());
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
        clients.forEach(client -> client.tunnel().connection().cut());
        forgetTheClosed();
    }
}
