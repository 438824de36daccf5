package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** How fast a visitor has to send the content of its request. */
class RequestPaceTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private static InMemoryExchange post() {
        return InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
    }

    private void isTooSlow(InMemoryExchange visit) {
        assertThat(visit.status()).isEqualTo(408);
        assertThat(visit.responseHead().orElseThrow().fields().first("connection"))
                .contains("close");
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    @Test
    void answersWhoSendsAByteNowAndThenThatItIsTooSlow() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post());
        client.asked();
        relay.advanceSeconds(5);
        visit.feed("a");
        client.next(Frame.Data.class);
        relay.advanceSeconds(5);
        assertThat(visit.responseHead()).isEmpty();
        relay.advanceSeconds(1);
        isTooSlow(visit);
        assertThat(client.next(Frame.Reset.class).code()).isEqualTo(ResetCode.CANCEL);
        client.heardNothing();
    }

    @Test
    void answersWhoSendsTooSlowlyToAClientOfVersionOne() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.visit(post());
        for (int second = 0; second < 10; second++) {
            assertThat(visit.responseHead()).isEmpty();
            visit.feed(new byte[20]);
            relay.advanceSeconds(1);
        }
        assertThat(visit.responseHead()).isEmpty();
        relay.advanceSeconds(1);
        isTooSlow(visit);
        visit.feed("more").endBody();
        client.heardNothing();
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    @Test
    void givesNobodyMoreTimeForAFastBeginning() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post().feed(new byte[100_000]).feed(new byte[100_000]));
        client.heard();
        relay.advanceSeconds(9);
        assertThat(visit.responseHead()).isEmpty();
        relay.advanceSeconds(1);
        isTooSlow(visit);
    }

    @Test
    void letsAnUploadTakeHoursThatKeepsUp() {
        uploads((visit, round) -> visit.feed(new byte[2_160]), 9, 1_000);
    }

    @Test
    void forgivesPausesBetweenWhatIsFaster() {
        uploads((visit, round) -> visit.feed(new byte[round % 2 == 0 ? 1 : 4_800]), 9, 1_000);
    }

    private void uploads(BiConsumer<InMemoryExchange, Integer> feed, int seconds, int rounds) {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post());
        int stream = client.asked();
        for (int round = 0; round < rounds; round++) {
            relay.advanceSeconds(round % 2 == 0 ? seconds : 1);
            feed.accept(visit, round);
            int came = client.next(Frame.Data.class).payload().remaining();
            client.say(new Frame.Window(stream, came));
            client.connection().receivePong();
        }
        assertThat(visit.responseHead()).isEmpty();
        visit.endBody();
        assertThat(client.next(Frame.Data.class).end()).isTrue();
        client.say(FrameClient.response(stream, 204, true));
        assertThat(visit.status()).isEqualTo(204);
    }

    @Test
    void countsNoTimeInWhichTheClientTakesNothing() {
        FrameClient client = FrameClient.serve(relay, "app", "\"window\":10");
        InMemoryExchange visit = relay.visit(post().feed(new byte[10]).feed(new byte[90]));
        int stream = client.asked();
        client.next(Frame.Data.class);
        relay.advanceSeconds(29);
        client.say(new Frame.Window(stream, 1_000));
        assertThat(client.next(Frame.Data.class).payload().remaining()).isEqualTo(90);
        relay.advanceSeconds(9);
        assertThat(visit.responseHead()).isEmpty();
        relay.advanceSeconds(1);
        isTooSlow(visit);
    }

    @Test
    void letsAVisitorTakeItsTimeOnceTheServiceTalksBack() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post());
        int stream = client.asked();
        client.say(FrameClient.response(stream, 200, false));
        relay.advanceSeconds(29);
        visit.feed("late").endBody();
        assertThat(client.next(Frame.Data.class).payload().remaining()).isEqualTo(4);
        client.say(FrameClient.data(stream, "", true));
        assertThat(visit.isComplete()).isTrue();
    }

    @Test
    void letsAServiceTakeItsTimeOnceItHasTheRequest() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post());
        int stream = client.asked();
        visit.feed("all").endBody();
        relay.advanceSeconds(29);
        client.say(FrameClient.response(stream, 200, false));
        for (int i = 0; i < 60; i++) {
            relay.advanceSeconds(30);
            client.connection().receivePong();
            relay.advanceSeconds(29);
            client.connection().receivePong();
            client.say(FrameClient.data(stream, ".", false));
        }
        client.say(FrameClient.data(stream, "", true));
        assertThat(visit.isComplete()).isTrue();
        assertThat(visit.responseText()).hasSize(60);
    }

    @Test
    void takesEveryPaceIfToldTo() {
        relay.limits(limits -> limits.minRequestBodyRate(0));
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.visit(post());
        client.asked();
        for (int i = 0; i < 100; i++) {
            relay.advanceSeconds(20);
            visit.feed("a");
            client.connection().receivePong();
        }
        assertThat(visit.responseHead()).isEmpty();
    }
}
