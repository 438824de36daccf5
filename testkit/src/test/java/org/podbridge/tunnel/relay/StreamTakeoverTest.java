package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.MessageKind;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.tunnel.v2.Frame;

/** Connections of version 2 that leave, are replaced, or share a name. */
class StreamTakeoverTest {

    private static final String SHARE = "\"share\":true";

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private static Frame.GoAway goAway() {
        return new Frame.GoAway(Integer.MAX_VALUE, "see you");
    }

    @Test
    void givesNewRequestsToTheNewConnectionWhileTheOldOneFinishes() {
        FrameClient old = FrameClient.serve(relay, "app");
        InMemoryExchange running = relay.get("/tunnel/app/running");
        int stream = old.asked();
        old.say(FrameClient.response(stream, 200, false));

        FrameClient young = FrameClient.serve(relay, "app");
        assertThat(old.next(Frame.GoAway.class).lastStream()).isEqualTo(stream);
        relay.get("/tunnel/app/new");
        assertThat(FrameClient.head(young.next(Frame.Request.class)).path()).isEqualTo("/new");
        old.heardNothing();
        old.tunnel().isOpen();

        old.say(FrameClient.data(stream, "done", true));
        assertThat(running.responseText()).isEqualTo("done");
        assertThat(running.isComplete()).isTrue();
        old.tunnel().isClosedWith(CloseStatus.REPLACED);
        young.tunnel().isOpen();
    }

    @Test
    void closesAReplacedConnectionThatServesNobodyAtOnce() {
        FrameClient old = FrameClient.serve(relay, "app");
        FrameClient.serve(relay, "app");
        old.next(Frame.GoAway.class);
        old.tunnel().isClosedWith(CloseStatus.REPLACED);
    }

    @Test
    void closesAReplacedConnectionAfterTenSeconds() {
        FrameClient old = FrameClient.serve(relay, "app");
        InMemoryExchange begun = relay.get("/tunnel/app/");
        InMemoryExchange waiting = relay.get("/tunnel/app/");
        old.say(FrameClient.response(1, 200, false));
        FrameClient.serve(relay, "app");
        relay.advance(Duration.ofSeconds(10).minusNanos(1));
        old.tunnel().isOpen();
        relay.advance(Duration.ofNanos(1));
        old.tunnel().isClosedWith(CloseStatus.REPLACED);
        assertThat(waiting.status()).isEqualTo(502);
        assertThat(begun.isComplete()).isFalse();
        assertThat(begun.abortCause()).isPresent();
    }

    @Test
    void closesAReplacedConnectionWhenItHasFinishedThoughItSaysGoodbyeToo() {
        FrameClient old = FrameClient.serve(relay, "app");
        relay.get("/tunnel/app/");
        FrameClient.serve(relay, "app");
        old.say(goAway());
        old.answer(1, 200, "x");
        old.tunnel().isClosedWith(CloseStatus.REPLACED);
    }

    @Test
    void sendsThoseWhoWaitForTheOldConnectionToTheNewOne() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        FrameClient old = FrameClient.serve(relay, "app");
        relay.get("/tunnel/app/running");
        relay.get("/tunnel/app/waiting");
        old.asked();
        FrameClient young = FrameClient.serve(relay, "app");
        assertThat(FrameClient.head(young.next(Frame.Request.class)).path()).isEqualTo("/waiting");
        old.next(Frame.GoAway.class);
        old.heardNothing();
    }

    @Test
    void asksNothingBeforeTheClientKnowsThatItSpeaksVersion2() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        FrameClient.serve(relay, "app");
        relay.get("/tunnel/app/running");
        relay.get("/tunnel/app/waiting");
        TunnelClient young = relay.connect("alice");
        young.register("app", "\"protocol\":2");
        assertThat(young.connection().messages())
                .extracting(LoopbackConnection.Message::kind)
                .containsExactly(MessageKind.TEXT, MessageKind.BINARY);
    }

    @Test
    void takesOverFromVersion1() {
        TunnelClient old = relay.serve("app");
        InMemoryExchange running = relay.get("/tunnel/app/");
        FrameClient young = FrameClient.serve(relay, "app");
        old.isClosedWith(CloseStatus.REPLACED);
        assertThat(running.status()).isEqualTo(502);
        relay.get("/tunnel/app/");
        young.asked();
    }

    @Test
    void isTakenOverByVersion1() {
        FrameClient old = FrameClient.serve(relay, "app");
        InMemoryExchange running = relay.get("/tunnel/app/running");
        old.asked();
        TunnelClient young = relay.serve("app");
        relay.get("/tunnel/app/new");
        assertThat(young.asked().path()).isEqualTo("/new");
        old.answer(1, 200, "done");
        assertThat(running.responseText()).isEqualTo("done");
        old.tunnel().isClosedWith(CloseStatus.REPLACED);
    }

    @Test
    void tellsVisitorsWhoseRequestsTheLeavingClientWillNotServe() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange served = relay.get("/tunnel/app/");
        InMemoryExchange late = relay.get("/tunnel/app/");
        client.asked();
        client.asked();
        client.say(new Frame.GoAway(1, "see you"));
        assertThat(late.status()).isEqualTo(502);
        assertThat(client.next(Frame.GoAway.class).lastStream()).isEqualTo(2);
        client.answer(1, 200, "done");
        assertThat(served.responseText()).isEqualTo("done");
        client.tunnel().isOpen();
        client.heardNothing();
    }

    @Test
    void givesNoRequestsToAClientThatLeaves() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange running = relay.get("/tunnel/app/");
        client.asked();
        client.say(goAway());
        assertThat(client.next(Frame.GoAway.class).lastStream()).isEqualTo(1);
        InMemoryExchange late = relay.get("/tunnel/app/");
        assertThat(late.status()).isEqualTo(502);
        assertThat(late.responseHead().orElseThrow().fields().contains("retry-after"))
                .isTrue();
        client.heardNothing();
        client.answer(1, 200, "done");
        assertThat(running.responseText()).isEqualTo("done");
        client.tunnel().isOpen();
        client.tunnel().register("app");
        client.heardNothing();
    }

    @Test
    void saysGoodbyeBehindAllRequestsThatItHasTaken() {
        FrameClient old = FrameClient.serve(relay, "app");
        old.connection().holdSends();
        for (int i = 0; i < 5; i++) {
            relay.get("/tunnel/app/", "x-large", "x".repeat(30_000));
        }
        FrameClient.serve(relay, "app");
        old.connection().releaseSends();
        assertThat(old.heard()).hasSize(6).last().isEqualTo(new Frame.GoAway(5, "replaced by a newer connection"));
    }

    @Test
    void answersEveryGoodbyeWithAtMostOne() {
        FrameClient client = FrameClient.serve(relay, "app");
        relay.get("/tunnel/app/");
        client.asked();
        for (int i = 0; i < 100; i++) {
            client.say(goAway());
        }
        assertThat(client.heard()).hasSize(1);
    }

    @Test
    void sendsThoseWhoWaitForAClientThatLeavesToAnother() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        FrameClient leaving = FrameClient.serve(relay, "app", SHARE);
        InMemoryExchange running = relay.get("/tunnel/app/running");
        relay.get("/tunnel/app/waiting");
        leaving.asked();
        FrameClient other = FrameClient.serve(relay, "app", SHARE);
        leaving.say(goAway());
        assertThat(FrameClient.head(other.next(Frame.Request.class)).path()).isEqualTo("/waiting");
        leaving.answer(1, 200, "done");
        assertThat(running.responseText()).isEqualTo("done");
    }

    @Test
    void refusesThoseWhoWaitForAClientThatLeavesWhenThereIsNoOther() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        FrameClient leaving = FrameClient.serve(relay, "app");
        relay.get("/tunnel/app/running");
        InMemoryExchange waiting = relay.get("/tunnel/app/waiting");
        leaving.say(goAway());
        assertThat(waiting.status()).isEqualTo(502);
    }

    @Test
    void sharesTheLoadAmongConnectionsOfBothVersions() {
        FrameClient first = FrameClient.serve(relay, "app", SHARE);
        TunnelClient second = relay.serve("app", SHARE);
        FrameClient third = FrameClient.serve(relay, "app", SHARE);
        for (int i = 0; i < 9; i++) {
            relay.get("/tunnel/app/");
        }
        assertThat(first.heard()).hasSize(3);
        assertThat(second.connection().messages()).hasSize(3);
        assertThat(third.heard()).hasSize(3);
        third.answer(2, 200, "x");
        relay.get("/tunnel/app/");
        assertThat(third.asked()).isEqualTo(4);
        second.answer(second.asked(), 200, "x");
        relay.get("/tunnel/app/");
        assertThat(second.connection().messages()).hasSize(3);
    }

    @Test
    void sendsBodiesToConnectionsOfBothVersions() {
        FrameClient streaming = FrameClient.serve(relay, "app", SHARE);
        TunnelClient whole = relay.serve("app", SHARE);
        relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[10]);
        relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[10]);
        assertThat(streaming.heard()).hasSize(2);
        assertThat(whole.asked().body()).hasSize(10);
    }

    @Test
    void keepsTheOthersWhenOneThatSharesIsCut() {
        FrameClient first = FrameClient.serve(relay, "app", SHARE);
        FrameClient second = FrameClient.serve(relay, "app", SHARE);
        InMemoryExchange visit = relay.get("/tunnel/app/");
        first.asked();
        first.connection().cut();
        assertThat(visit.status()).isEqualTo(502);
        relay.get("/tunnel/app/");
        second.asked();
        second.tunnel().isOpen();
    }
}
