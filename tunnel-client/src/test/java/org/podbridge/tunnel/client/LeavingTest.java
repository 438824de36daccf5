package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.podbridge.tunnel.v2.Frame;

/** A relay that is about to go is left without losing a request: first the new connection, then the end of the old. */
class LeavingTest {

    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.start();
    private final CountDownLatch gate = new CountDownLatch(1);
    private final WatchedScheduler scheduler = new WatchedScheduler();
    private final RecordingListener listener = new RecordingListener();
    private final TunnelClient client = TunnelClient.builder()
            .relay(relay.uri())
            .credentials("t")
            .name("myapp")
            .target(service.uri())
            .listener(listener)
            .scheduler(scheduler)
            .build();

    @AfterEach
    void close() {
        gate.countDown();
        relay.close();
        client.close();
        service.close();
    }

    private FrameLink open() {
        service.respond(request -> {
            if (request.head().startsWith("GET /slow")) {
                gate.await();
            }
            return OK;
        });
        client.start();
        FrameLink old = FrameLink.register(relay, "myapp");
        assertThat(listener.event()).startsWith("connected");
        assertThat(listener.event()).startsWith("registered");
        return old;
    }

    private static Frame askToLeave() {
        return new Frame.GoAway(Integer.MAX_VALUE, "about to stop");
    }

    @Test
    void connectsAnewBeforeItLeavesAndFinishesWhatRuns() {
        FrameLink old = open();
        old.get(1, "/slow");
        service.take();

        old.say(askToLeave());
        RelayLink connecting = relay.nextLink();
        assertThat(connecting.readText()).contains("\"register\"");
        assertThat(old.get(2, "/").answer(2))
                .as("while the new one is not there yet")
                .isEqualTo("200 ok");

        FrameLink fresh = FrameLink.give(connecting, "myapp");
        assertThat(old.next(Frame.GoAway.class).lastStream()).isEqualTo(Integer.MAX_VALUE);
        assertThat(fresh.get(1, "/").answer(1)).isEqualTo("200 ok");
        assertThat(old.get(3, "/").answer(3))
                .as("sent before the relay heard of it")
                .isEqualTo("200 ok");

        old.say(new Frame.GoAway(3, "as you wish"));
        gate.countDown();
        assertThat(old.answer(1)).as("under way all the time").isEqualTo("200 ok");
        assertThat(old.readClose()).as("and not a word of unregistering").isEqualTo(1000);
        assertThat(fresh.get(2, "/").answer(2)).isEqualTo("200 ok");
        assertThat(listener.hasEvents()).as("a loss, of which there was none").isFalse();
    }

    @Test
    void servesOnForAsLongAsItCanNotConnectElsewhere() {
        FrameLink old = open();
        old.say(askToLeave());
        for (int i = 1; i < 4; i++) {
            relay.next().refuse("503 Service Unavailable");
            scheduler.awaitScheduledBelow(Duration.ofSeconds(2));
            assertThat(old.get(i, "/").answer(i)).isEqualTo("200 ok");
            scheduler.advance(Duration.ofSeconds(2));
        }
        FrameLink fresh = FrameLink.register(relay, "myapp");
        assertThat(old.next(Frame.GoAway.class).lastStream()).isEqualTo(Integer.MAX_VALUE);
        old.say(new Frame.GoAway(3, "as you wish"));
        assertThat(old.readClose()).isEqualTo(1000);
        assertThat(fresh.get(1, "/").answer(1)).isEqualTo("200 ok");
    }

    @Test
    void leavesInGoodOrderHoweverOftenItIsAsked() {
        FrameLink old = open();
        old.say(askToLeave()).say(askToLeave());
        FrameLink fresh = FrameLink.register(relay, "myapp");
        assertThat(old.next(Frame.GoAway.class).lastStream()).isEqualTo(Integer.MAX_VALUE);
        old.say(askToLeave()).say(new Frame.GoAway(0, "as you wish"));
        assertThat(old.readClose()).isEqualTo(1000);
        assertThat(fresh.get(1, "/").answer(1)).isEqualTo("200 ok");
    }

    @Test
    void isBackSoonWhenTheRelayGoesBeforeThereIsAnother() {
        FrameLink old = open();
        old.say(askToLeave());
        for (int i = 0; i < 5; i++) {
            relay.next().refuse("503 Service Unavailable");
            scheduler.awaitScheduledBelow(Duration.ofSeconds(4));
            scheduler.advance(Duration.ofSeconds(4));
        }
        relay.next().refuse("503 Service Unavailable");
        scheduler.awaitScheduledBelow(Duration.ofSeconds(7));
        old.link().close();
        assertThat(listener.event("disconnected")).isEqualTo("disconnected the relay has gone");
        Duration retryIn = listener.retryIn();
        assertThat(retryIn).isLessThanOrEqualTo(Duration.ofSeconds(1));
        scheduler.awaitScheduled(retryIn);
        scheduler.advance(retryIn);
        FrameLink fresh = FrameLink.register(relay, "myapp");
        assertThat(fresh.get(1, "/").answer(1)).isEqualTo("200 ok");
    }
}
