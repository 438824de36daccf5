package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** How many requests run at once, and what becomes of further ones. */
class StreamPlacesTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private FrameClient client;

    private List<InMemoryExchange> fill(int places) {
        relay.limits(limits -> limits.maxExchangesPerTunnel(places));
        client = FrameClient.serve(relay, "app");
        List<InMemoryExchange> visits = new ArrayList<>();
        for (int i = 0; i < places; i++) {
            visits.add(relay.get("/tunnel/app/running"));
            client.asked();
        }
        return visits;
    }

    private String askedPath() {
        return FrameClient.head(client.next(Frame.Request.class)).path();
    }

    @Test
    void are256() {
        client = FrameClient.serve(relay, "app");
        for (int i = 1; i <= 256; i++) {
            relay.get("/tunnel/app/");
            assertThat(client.asked()).isEqualTo(i);
        }
        InMemoryExchange more = relay.get("/tunnel/app/");
        client.heardNothing();
        assertThat(more.responseHead()).isEmpty();
        client.answer(77, 200, "x");
        assertThat(client.asked()).isEqualTo(257);
    }

    @Test
    void keepsARequestWaitingForTwoSeconds() {
        fill(1);
        InMemoryExchange waiting = relay.get("/tunnel/app/");
        relay.advance(Duration.ofSeconds(2).minusNanos(1));
        assertThat(waiting.responseHead()).isEmpty();
        relay.advance(Duration.ofNanos(1));
        assertThat(waiting.status()).isEqualTo(503);
        assertThat(waiting.responseHead().orElseThrow().fields().all("retry-after"))
                .containsExactly("5");
        assertThat(waiting.responseText()).contains("Tunnel busy");
        client.answer(1, 200, "x");
        client.heardNothing();
    }

    @Test
    void servesThoseWhoWaitInTheirOrder() {
        fill(2);
        for (int i = 0; i < 2; i++) {
            relay.get("/tunnel/app/" + i);
        }
        client.answer(1, 200, "x");
        assertThat(askedPath()).isEqualTo("/0");
        client.answer(2, 200, "x");
        assertThat(askedPath()).isEqualTo("/1");
        client.heardNothing();
    }

    @Test
    void refusesAtOnceWhenAsManyWaitAsRun() {
        fill(2);
        InMemoryExchange first = relay.get("/tunnel/app/");
        relay.get("/tunnel/app/");
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(503);
        assertThat(first.responseHead()).isEmpty();
    }

    static Stream<Named<BiConsumer<FrameClient, InMemoryExchange>>> ends() {
        return Stream.of(
                Named.of("answered", (client, visit) -> client.answer(1, 200, "x")),
                Named.of("reset by the client", (client, visit) -> client.say(FrameClient.reset(1, ResetCode.CANCEL))),
                Named.of("left by the visitor", (client, visit) -> visit.leave()),
                Named.of("a head that is none", (client, visit) -> client.say(FrameClient.rawResponse(1, "x"))),
                Named.of("data out of turn", (client, visit) -> client.say(FrameClient.data(1, "x", false))),
                Named.of(
                        "broken off",
                        (client, visit) -> client.say(
                                FrameClient.response(1, 200, false), FrameClient.reset(1, ResetCode.INTERNAL))),
                Named.of(
                        "ended by trailers",
                        (client, visit) ->
                                client.say(FrameClient.response(1, 200, false), FrameClient.trailers(1, "a", "b"))));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void becomesFreeWithEveryKindOfEnd(BiConsumer<FrameClient, InMemoryExchange> end) {
        InMemoryExchange running = fill(1).get(0);
        relay.get("/tunnel/app/next");
        client.heardNothing();
        end.accept(client, running);
        assertThat(client.heard()).last().isInstanceOf(Frame.Request.class);
    }

    @Test
    void becomesFreeByATimeLimit() {
        fill(1);
        relay.advance(Duration.ofSeconds(29));
        relay.get("/tunnel/app/next");
        client.heardNothing();
        relay.advance(Duration.ofSeconds(1));
        client.isReset(1, ResetCode.TIMEOUT);
        assertThat(askedPath()).isEqualTo("/next");
    }

    @Test
    void isTakenUntilTheClientCanHearThatItIsFree() {
        List<InMemoryExchange> running = fill(2);
        client.connection().holdSends();
        running.get(0).leave();
        running.get(1).leave();
        for (int i = 0; i < 2; i++) {
            relay.get("/tunnel/app/" + i);
        }
        client.connection().releaseSends();
        List<Frame> frames = client.heard();
        assertThat(frames).hasSize(4);
        assertThat(frames.get(0)).isInstanceOf(Frame.Reset.class);
        assertThat(frames).filteredOn(Frame.Request.class::isInstance).hasSize(2);
    }

    @Test
    void neverCollectsResetsForAClientThatDoesNotRead() {
        fill(4);
        client.connection().holdSends();
        relay.get("/tunnel/app/");
        for (int i = 0; i < 100; i++) {
            relay.get("/tunnel/app/").leave();
        }
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(5);
    }

    @Test
    void goesToNobodyWhoIsGone() {
        fill(2);
        InMemoryExchange gone = relay.get("/tunnel/app/gone");
        relay.get("/tunnel/app/next");
        int timers = relay.time.pending();
        gone.leave();
        assertThat(relay.time.pending()).isEqualTo(timers - 1);
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(3);
        client.answer(1, 200, "x");
        assertThat(askedPath()).isEqualTo("/next");
    }

    @Test
    void isOfferedToOthersWhenOneWhoWaitedIsGone() {
        fill(1);
        InMemoryExchange gone = relay.get("/tunnel/app/");
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(503);
        gone.leave();
        assertThat(relay.get("/tunnel/app/").responseHead()).isEmpty();
    }

    @Test
    void refusesThoseWhoWaitWhenTheConnectionIsCut() {
        fill(1);
        InMemoryExchange waiting = relay.get("/tunnel/app/");
        client.connection().cut();
        assertThat(waiting.status()).isEqualTo(502);
        assertThat(waiting.responseText()).contains("Tunnel not connected");
        assertThat(relay.time.pending()).as("timers but that of the name").isEqualTo(1);
        assertThat(waiting.responseHead().orElseThrow().fields().contains("retry-after"))
                .isTrue();
    }

    @Test
    void sendsThoseWhoWaitToAnotherConnectionWhenOneIsCut() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        client = FrameClient.serve(relay, "app", "\"share\":true");
        relay.get("/tunnel/app/");
        InMemoryExchange waiting = relay.get("/tunnel/app/next");
        FrameClient other = FrameClient.serve(relay, "app", "\"share\":true");
        other.heardNothing();
        client.connection().cut();
        assertThat(FrameClient.head(other.next(Frame.Request.class)).path()).isEqualTo("/next");
        other.answer(1, 200, "done");
        assertThat(waiting.responseText()).isEqualTo("done");
    }

    @Test
    void sendsThoseWhoWaitToAClientOfVersion1WhenOneIsCut() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        client = FrameClient.serve(relay, "app", "\"share\":true");
        relay.get("/tunnel/app/");
        InMemoryExchange waiting = relay.get("/tunnel/app/next");
        TunnelClient other = relay.serve("app", "\"share\":true");
        client.connection().cut();
        other.answer(other.asked(), 200, "done");
        assertThat(waiting.responseText()).isEqualTo("done");
    }
}
