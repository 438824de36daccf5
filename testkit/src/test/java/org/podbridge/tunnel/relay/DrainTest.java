package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v2.Frame;

/** A server that is about to stop. */
class DrainTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private CompletableFuture<Boolean> drain(int seconds) {
        return relay.podbridge().drain(Duration.ofSeconds(seconds)).toCompletableFuture();
    }

    @Test
    void asksClientsToLeaveAndServesVisitorsUntilTheyHave() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<Boolean> drained = drain(10);
        assertThat(client.next(Frame.GoAway.class).lastStream()).isEqualTo(Integer.MAX_VALUE);

        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.say(FrameClient.response(client.asked(), 200, true));
        assertThat(visit.isComplete()).isTrue();
        relay.advance(Duration.ofSeconds(1));
        assertThat(drained).isNotDone();

        client.say(new Frame.GoAway(Integer.MAX_VALUE, "connected elsewhere"));
        assertThat(client.next(Frame.GoAway.class).lastStream()).isEqualTo(1);
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(502);
        client.connection().cut();
        relay.advance(Duration.ofSeconds(1));
        assertThat(drained).isCompletedWithValue(true);
    }

    @Test
    void letsNoClientInAnyMore() {
        CompletableFuture<Boolean> drained = drain(10);
        assertThat(relay.decide("alice")).isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(503);
            assertThat(reject.fields().first("retry-after")).contains("1");
        });
        assertThat(drained).isCompletedWithValue(true);
    }

    @Test
    void answersWhatIsLeftWhenItStops() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.asked();
        CompletableFuture<Boolean> drained = drain(10);
        relay.advance(Duration.ofSeconds(11));
        assertThat(drained).isCompletedWithValue(false);
        relay.podbridge().close();
        assertThat(visit.status()).isEqualTo(502);
    }

    @Test
    void closesAClientOfTheFirstVersionWhenItsRequestsHaveEnded() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        RelayMessage.Request request = client.asked();
        CompletableFuture<Boolean> drained = drain(10);
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(502);
        client.isOpen();
        client.answer(request, 200, "done");
        assertThat(visit.status()).isEqualTo(200);
        client.isClosedWith(1001);
        client.connection().cut();
        relay.advance(Duration.ofSeconds(1));
        assertThat(drained).isCompletedWithValue(true);
    }
}
