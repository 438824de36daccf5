package org.podbridge.tunnel.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.connection.MessageKind;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.tunnel.v1.RelayMessage;

/** The memory that bodies and messages of all tunnels share. */
class MemoryTest {

    @RegisterExtension
    final TunnelRelay relay =
            new TunnelRelay().limits(limits -> limits.maxBufferedBytes(100_000).maxBufferedBytesPerWebId(100_000));

    private InMemoryExchange upload(int size) {
        return relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[size]);
    }

    private long buffered() {
        return relay.diagnostics().bufferedBytes();
    }

    @Test
    void answers503ToABodyThatDoesNotFit() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = upload(150_000);
        assertThat(visit.status()).isEqualTo(503);
        assertThat(visit.responseHead().orElseThrow().fields().first("retry-after"))
                .contains("5");
        client.heardNothing();
        assertThat(buffered()).isZero();
    }

    @Test
    void answers503ToABodyWhoseMessageDoesNotFit() {
        TunnelClient client = relay.serve("app");
        assertThat(upload(60_000).status()).isEqualTo(503);
        client.heardNothing();
        assertThat(buffered()).isZero();
    }

    @Test
    void countsARequestUntilItHasLeft() {
        TunnelClient client = relay.serve("app");
        client.connection().holdSends();
        upload(30_000);
        assertThat(buffered()).isBetween(40_000L, 42_000L);
        assertThat(upload(30_000).status()).isEqualTo(503);
        client.connection().completeSend();
        assertThat(buffered()).isZero();
        client.asked();
        upload(30_000);
        client.asked();
    }

    @Test
    void countsARequestThatWaitsBehindAnotherAndGivesBothBackWhenTheClientIsGone() {
        TunnelClient client = relay.serve("app");
        client.connection().holdSends();
        upload(20_000);
        upload(20_000);
        assertThat(buffered()).isGreaterThan(53_000);
        client.connection().cut();
        assertThat(buffered()).isZero();
    }

    @Test
    void countsWhatHasComeRatherThanWhatWasAnnounced() {
        relay.serve("app");
        relay.visit(InMemoryExchange.withBody(TunnelRelay.head("POST", "/tunnel/app/", "content-length", "90000")
                        .build())
                .feed(new byte[2_000]));
        assertThat(buffered()).isBetween(2_000L, 4_000L);
    }

    @Test
    void countsAResponseUntilItsVisitorHasTakenIt() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange slow = InMemoryExchange.of("GET", "/tunnel/app/");
        slow.holdWrites();
        relay.visit(slow);
        client.answer(client.asked(), 200, new byte[30_000]);
        assertThat(buffered()).isEqualTo(30_000);
        slow.releaseWrites();
        assertThat(buffered()).isZero();
    }

    @Test
    void answers503ToAResponseForWhichThereIsNoRoom() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange slow = InMemoryExchange.of("GET", "/tunnel/app/");
        slow.holdWrites();
        relay.visit(slow);
        client.answer(client.asked(), 200, new byte[40_000]);
        InMemoryExchange second = relay.get("/tunnel/app/");
        client.answer(client.asked(), 200, new byte[40_000]); // 53 kB as base64
        assertThat(second.status()).isEqualTo(503);
        client.isOpen();
        InMemoryExchange third = relay.get("/tunnel/app/");
        client.connection()
                .messages()
                .forEach(message -> assertThat(message.text()).contains("\"type\":\"request\""));
        client.answer(client.asked(), 200, "small");
        assertThat(third.responseText()).isEqualTo("small");
    }

    @Test
    void letsSmallMessagesThroughWhenAllMemoryIsInUse() {
        TunnelClient client = relay.serve("app");
        TunnelClient hog = relay.connect("bob");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        RelayMessage.Request request = client.asked();
        hog.connection().receivePart(MessageKind.TEXT, "x".repeat(90_000).getBytes(UTF_8), false);
        TunnelClient young = relay.connect("alice");
        young.register("small");
        assertThat(young.heard()).contains("registered");
        client.answer(request, 200, "small");
        assertThat(visit.responseText()).isEqualTo("small");
    }

    @Test
    void leavesRoomForOthersWhateverOneAgentHoldsOnManyConnections() {
        relay.limits(limits -> limits.maxBufferedBytes(100_000).maxBufferedBytesPerWebId(60_000));
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        RelayMessage.Request request = client.asked();
        for (int i = 0; i < 4; i++) {
            relay.connect("bob").connection().receivePart(MessageKind.TEXT, new byte[40_000], false);
        }
        assertThat(buffered()).isBetween(30_000L, 60_000L);
        client.answer(request, 200, new byte[10_000]);
        assertThat(visit.responseBytes()).hasSize(10_000);
    }

    @Test
    void givesAnAgentItsWholeShareAgainWhenItsConnectionsAreGone() {
        relay.limits(limits -> limits.maxBufferedBytes(100_000).maxBufferedBytesPerWebId(60_000));
        for (int i = 0; i < 3; i++) {
            TunnelClient hog = relay.connect("bob");
            hog.connection().receivePart(MessageKind.TEXT, new byte[50_000], false);
            assertThat(buffered()).isGreaterThan(40_000);
            hog.connection().cut();
            assertThat(buffered()).isZero();
        }
    }

    @Test
    void holdsNothingForConnectionsThatAreIdle() {
        for (int i = 0; i < 50; i++) {
            relay.connect("bob").say("{\"type\":\"" + "x".repeat(3_000) + "\"}");
        }
        assertThat(relay.diagnostics().connections()).isEqualTo(50);
        assertThat(buffered()).isZero();
    }

    @Test
    void givesBackWhatAHalfSentMessageHoldsWhenTheClientIsGone() {
        TunnelClient client = relay.serve("app");
        client.connection().receivePart(MessageKind.TEXT, new byte[50_000], false);
        assertThat(buffered()).isGreaterThan(40_000);
        client.connection().cut();
        assertThat(buffered()).isZero();
    }

    @Test
    void keepsTheDepthOfTheStackWhenMuchCompletesAtOnce() {
        relay.limits(limits -> limits.maxBufferedBytes(64 << 20)
                .maxBufferedBytesPerWebId(64 << 20)
                .maxRequestBodyBytes(20 << 20));
        TunnelClient client = relay.serve("app");
        InMemoryExchange exchange = InMemoryExchange.withBody(
                TunnelRelay.head("POST", "/tunnel/app/").build());
        for (int i = 0; i < 200_000; i++) {
            exchange.feed(new byte[] {1});
        }
        relay.visit(exchange.endBody());
        RelayMessage.Request request = client.asked();
        assertThat(request.body()).hasSize(200_000);
        client.answer(request, 200, new byte[10_000_000]);
        assertThat(exchange.responseBytes()).hasSize(10_000_000);
    }
}
