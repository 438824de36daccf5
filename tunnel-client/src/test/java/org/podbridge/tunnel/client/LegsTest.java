package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.HeaderFields;

class LegsTest {

    private static final Duration FIRST_RECONNECT = Duration.ofMillis(200);

    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.start();
    private final WatchedScheduler scheduler = new WatchedScheduler();
    private final RecordingListener listener = new RecordingListener();
    private final TunnelClient client = TunnelClient.builder()
            .relay(relay.uri())
            .credentials("t")
            .name("myapp")
            .target(service.uri())
            .legs(2)
            .listener(listener)
            .scheduler(scheduler)
            .build();

    @AfterEach
    void close() {
        relay.close();
        client.close();
        service.close();
    }

    private RelayLink first() {
        client.start();
        RelayLink link = relay.register("myapp");
        assertThat(listener.event()).startsWith("connected");
        assertThat(listener.event()).startsWith("registered");
        return link;
    }

    @Test
    void sendsTheOthersBehindTheFirstAndTellsOnce() {
        client.start();
        RelayLink first = relay.nextLink();
        assertThat(first.readText()).contains("\"share\":true");
        first.sendRegistered("myapp");
        RelayLink second = relay.nextLink();
        assertThat(second.readText()).contains("\"share\":true");
        second.sendRegistered("myapp");
        assertThat(first.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
        assertThat(second.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
        assertThat(listener.event()).isEqualTo("connected " + relay.uri());
        assertThat(listener.event()).isEqualTo("registered http://" + relay.authority() + "/tunnel/myapp/");
        assertThat(listener.hasEvents()).isFalse();
    }

    @Test
    void bringsOneThatIsLostBackWhileTheOtherServes() {
        RelayLink first = first();
        RelayLink second = relay.register("myapp");
        second.ask("GET", "/", HeaderFields.empty());
        first.close();
        scheduler.awaitScheduledBelow(FIRST_RECONNECT);
        assertThat(second.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
        assertThat(listener.hasEvents()).as("a loss that nobody feels").isFalse();
        scheduler.advance(FIRST_RECONNECT);
        RelayLink again = relay.register("myapp");
        assertThat(again.ask("GET", "/", HeaderFields.empty()).text()).isEqualTo("ok");
    }

    @Test
    void tellsWhenTheLastIsLostAndWhenOneIsBack() {
        RelayLink first = first();
        RelayLink second = relay.register("myapp");
        second.ask("GET", "/", HeaderFields.empty());
        first.close();
        scheduler.awaitScheduledBelow(FIRST_RECONNECT);
        second.close();
        assertThat(listener.event()).startsWith("disconnected");
        scheduler.awaitScheduledBelow(FIRST_RECONNECT);
        scheduler.advance(FIRST_RECONNECT);
        relay.register("myapp");
        assertThat(listener.event()).startsWith("connected");
        assertThat(listener.event()).startsWith("registered");
    }

    @Test
    void stopsAltogetherWhenOneIsRefusedForGood() {
        RelayLink first = first();
        relay.next().refuse("401 Unauthorized");
        assertThat(listener.event()).isEqualTo("refused TOKEN");
        assertThat(first.readClose()).isEqualTo(1000);
    }
}
