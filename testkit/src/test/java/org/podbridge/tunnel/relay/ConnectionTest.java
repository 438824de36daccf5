package org.podbridge.tunnel.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Identity;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.testkit.InMemoryExchange;

/** What a tunnel client may say besides what it should, and how long its connection lives. */
class ConnectionTest {

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "}",
                "nonsense",
                "[]",
                "\"register\"",
                "17",
                "null",
                "true",
                "{\"type\":\"register\",\"name\":\"a\"",
                "{\"type\":\"register\",\"name\":\"a\"} x",
                "{\"type\":\"register\",\"name\":\"a\"}{}",
                "{'type':'register'}",
                "{\"type\":\"register\",\"name\":\"\\x\"}",
                "\ufeff{\"type\":\"register\",\"name\":\"a\"}"
            })
    void saysThatAMessageIsNoJsonObjectAndStays(String message) {
        TunnelClient client = relay.connect("alice");
        client.say(message);
        client.refused("Invalid JSON");
        client.heardNothing();
        client.isOpen();
    }

    @Test
    void saysThatAMessageIsTooDeepOrHasTooManyMembers() {
        TunnelClient client = relay.connect("alice");
        client.say("{\"a\":" + "[".repeat(1_000) + "]".repeat(1_000) + "}");
        client.refused("Invalid JSON");
        StringBuilder members = new StringBuilder();
        for (int i = 0; i < 3_000; i++) {
            members.append(",\"m").append(i).append("\":0");
        }
        client.say("{" + members.substring(1) + "}");
        client.refused("Invalid JSON");
        client.isOpen();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"type\":null}",
                "{\"type\":7}",
                "{\"type\":[\"register\"]}",
                "{\"type\":\"Register\",\"name\":\"a\"}",
                "{\"type\":\"request\",\"id\":\"1\"}",
                "{\"type\":\"registered\",\"name\":\"a\"}",
                "{\"type\":\"error\",\"message\":\"x\"}",
                "{\"type\":\"response\"}",
                "{\"type\":\"response\",\"id\":null,\"status\":200}",
                "{\"type\":\"response\",\"id\":1,\"status\":200}",
                "{\"type\":\"response\",\"id\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"status\":200}"
            })
    void ignoresUnknownTypesAndIdsInSilence(String message) {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        var request = client.asked();
        client.say(message);
        client.heardNothing();
        client.isOpen();
        assertThat(visit.responseHead()).isEmpty();
        client.answer(request, 200, "");
        assertThat(visit.isComplete()).isTrue();
    }

    @Test
    void countsTheLastOfRepeatedMembers() {
        TunnelClient client = relay.connect("alice");
        client.say("{\"type\":\"unknown\",\"name\":\"a\",\"name\":\"b\",\"type\":\"register\"}");
        assertThat(client.heard()).contains("\"name\":\"b\"");
    }

    @Test
    void readsABinaryMessageLikeText() {
        TunnelClient client = relay.connect("alice");
        client.connection().receiveBinary("{\"type\":\"register\",\"name\":\"a\"}".getBytes(UTF_8));
        assertThat(client.heard()).contains("registered");
        client.connection().receiveBinary(new byte[] {1, 2, 3, (byte) 0xFF});
        client.refused("Invalid JSON");
        client.connection().receiveBinary(new byte[] {'{', 0, '"', 0});
        client.refused("Invalid JSON");
        client.isOpen();
    }

    @Test
    void putsAMessageTogetherHoweverItIsCut() {
        TunnelClient client = relay.connect("alice");
        byte[] message = "{\"type\":\"register\",\"name\":\"app\"}".getBytes(UTF_8);
        for (byte b : message) {
            client.connection().receivePart(MessageKind.TEXT, new byte[] {b}, false);
        }
        client.heardNothing();
        client.connection().receivePart(MessageKind.TEXT, new byte[0], true);
        assertThat(client.heard()).contains("registered");
    }

    @Test
    void endsWithTheIdentityAndAGrace() {
        identityUntil(Duration.ofSeconds(60));
        TunnelClient client = relay.connect("alice");
        client.register("app");
        client.heard();
        InMemoryExchange visit = relay.get("/tunnel/app/");
        client.asked();
        stayAlive(client, 89);
        client.isOpen();
        visit.leave();
        InMemoryExchange last = relay.get("/tunnel/app/");
        client.asked();
        stayAlive(client, 1);
        client.refused("Authentication expired");
        client.isClosedWith(1008);
        assertThat(last.status()).isEqualTo(502);
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(502);
    }

    @Test
    void givesNoNameToAConnectionWhoseIdentityIsOver() {
        identityUntil(Duration.ofSeconds(60));
        TunnelClient client = relay.connect("alice");
        client.register("app");
        client.heard();
        client.connection().ignoreClose();
        stayAlive(client, 90);
        client.refused("Authentication expired");
        client.register("late");
        client.heardNothing();
        assertThat(relay.diagnostics().tunnelNames()).isEqualTo(1);
        InMemoryExchange visit = relay.get("/tunnel/app/");
        assertThat(visit.status()).isEqualTo(502);
        assertThat(visit.responseText()).contains("not connected");
    }

    @ParameterizedTest
    @ValueSource(strings = {"+1000000000-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59Z"})
    void bearsAnIdentityThatHardlyEverEnds(String end) {
        relay.with(podbridge -> podbridge.authProvider(request -> CompletableFuture.completedStage(
                new AuthResult.Authenticated(Identity.builder(TunnelRelay.ALICE, "test")
                        .expiresAt(Instant.parse(end))
                        .build()))));
        TunnelClient client = relay.connect("alice");
        client.register("app");
        assertThat(client.heard()).contains("registered");
        stayAlive(client, 100_000);
        client.isOpen();
    }

    private void identityUntil(Duration lifetime) {
        Instant end = relay.time.now().plus(lifetime);
        relay.with(podbridge -> podbridge.authProvider(request -> CompletableFuture.completedStage(
                new AuthResult.Authenticated(Identity.builder(TunnelRelay.ALICE, "test")
                        .expiresAt(end)
                        .build()))));
    }

    private void stayAlive(TunnelClient client, int seconds) {
        for (int i = 0; i < seconds; i++) {
            client.connection().receivePong();
            relay.advanceSeconds(1);
        }
    }

    @Test
    void pingsAndEndsASilentConnection() {
        TunnelClient client = relay.serve("app");
        InMemoryExchange visit = relay.get("/tunnel/app/");
        relay.advanceSeconds(20);
        assertThat(client.connection().pings()).isPositive();
        client.isOpen();
        relay.advanceSeconds(45);
        assertThat(client.connection().isAborted()).isTrue();
        assertThat(visit.status()).isEqualTo(504); // came before the silence was long enough
        assertThat(relay.get("/tunnel/app/").status()).isEqualTo(502);
    }

    @Test
    void countsEveryPartAndPongAsASignOfLife() {
        TunnelClient client = relay.serve("app");
        for (int i = 0; i < 20; i++) {
            relay.advanceSeconds(30);
            if (i % 2 == 0) {
                client.connection().receivePong();
            } else {
                client.connection().receivePart(MessageKind.TEXT, new byte[] {' '}, false);
            }
        }
        client.isOpen();
    }

    @Test
    void doesNotTakeAClientForDeadThatIsStillTakingALargeRequest() {
        relay.limits(limits -> limits.exchangeTimeout(Duration.ofMinutes(10)));
        TunnelClient client = relay.serve("app");
        client.connection().holdSends();
        relay.upload(TunnelRelay.head("POST", "/tunnel/app/").build(), new byte[10_000_000]);
        relay.advanceSeconds(120); // a ping can't get past the request, nor its pong come back
        client.isOpen();
        client.connection().releaseSends();
        relay.advanceSeconds(20);
        client.isOpen();
        relay.advanceSeconds(60);
        assertThat(client.connection().isAborted()).isTrue();
    }

    @Test
    void endsAConnectionThatTakesNothing() {
        TunnelClient client = relay.serve("app");
        client.connection().holdSends();
        InMemoryExchange visit = relay.get("/tunnel/app/");
        stayAlive(client, 9);
        client.isOpen();
        stayAlive(client, 2);
        assertThat(client.connection().isAborted()).isTrue();
        assertThat(visit.status()).isEqualTo(502);
        assertThat(relay.diagnostics().bufferedBytes()).isZero();
    }

    @Test
    void closesAClientThatFloodsAndDoesNotRead() {
        relay.limits(limits -> limits.maxSendQueueBytes(1_000));
        TunnelClient client = relay.connect("alice");
        client.connection().holdSends();
        for (int i = 0; i < 100; i++) {
            client.say("nonsense");
        }
        client.isClosedWith(1013);
    }

    @Test
    void limitsTheConnections() {
        relay.limits(limits -> limits.maxConnections(1));
        TunnelClient client = relay.connect("alice");
        assertThat(relay.decide("alice"))
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(503));
        client.connection().cut();
        relay.connect("alice");
    }

    @Test
    void closesAConnectionThatOpensAfterThePodbridgeWasClosed() {
        HandshakeDecision decided = relay.decide("alice");
        relay.podbridge().close();
        relay.open(decided).isClosedWith(1001);
        assertThat(relay.decide("alice")).isInstanceOf(HandshakeDecision.Reject.class);
    }
}
