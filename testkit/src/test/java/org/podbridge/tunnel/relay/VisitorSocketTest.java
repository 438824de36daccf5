package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Route;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.StreamRequest;

/** What becomes of a visitor's opening handshake of a WebSocket, and of what follows it. */
class VisitorSocketTest {

    private static final String[] HANDSHAKE = {
        "Connection", "keep-alive, Upgrade",
        "Upgrade", "websocket",
        "Sec-WebSocket-Version", "13",
        "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"
    };

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private static RequestHead handshake(String target, String... fields) {
        return TunnelRelay.head("GET", target)
                .fields(HeaderFields.builder()
                        .addAll(HeaderFields.of(HANDSHAKE))
                        .addAll(HeaderFields.of(fields))
                        .build())
                .build();
    }

    private CompletableFuture<HandshakeDecision> knock(RequestHead head) {
        Route route = relay.podbridge().route(head);
        return ((Route.WebSocket) route).handshake().decide(head).toCompletableFuture();
    }

    private CompletableFuture<HandshakeDecision> knock(String... fields) {
        return knock(handshake("/tunnel/app/chat?room=%2F1", fields));
    }

    private static HandshakeDecision.Accept accepted(CompletableFuture<HandshakeDecision> decision) {
        assertThat(decision).isCompleted();
        assertThat(decision.join()).isInstanceOf(HandshakeDecision.Accept.class);
        return (HandshakeDecision.Accept) decision.join();
    }

    private static HandshakeDecision.Reject rejected(CompletableFuture<HandshakeDecision> decision) {
        assertThat(decision).isCompleted();
        assertThat(decision.join()).isInstanceOf(HandshakeDecision.Reject.class);
        return (HandshakeDecision.Reject) decision.join();
    }

    private StreamRequest crossing(FrameClient client) {
        return FrameClient.head(client.next(Frame.Request.class));
    }

    private static Frame.Data text(int stream, String text) {
        return new Frame.Data(stream, StandardCharsets.UTF_8.encode(text), false, true, true);
    }

    private void nobodyIsCounted() {
        assertThat(relay.diagnostics().exchangesInFlight()).isZero();
    }

    // What crosses

    @Test
    void asksTheServiceForAWebSocket() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> waiting =
                knock("Origin", "https://page.example", "Sec-WebSocket-Protocol", "first, second", "X-Custom", "1");
        assertThat(waiting).isNotDone();
        StreamRequest request = crossing(client);
        assertThat(request.webSocket()).isTrue();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.path()).isEqualTo("/chat?room=%2F1");
        assertThat(request.authority()).isEqualTo("pod.example");
        HeaderFields fields = request.fields();
        assertThat(fields.all("origin")).containsExactly("https://page.example");
        assertThat(fields.all("sec-websocket-protocol")).containsExactly("first, second");
        assertThat(fields.all("x-custom")).containsExactly("1");
        assertThat(fields.all("x-forwarded-for")).containsExactly("203.0.113.7");
        for (String own : List.of(
                "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "upgrade", "connection")) {
            assertThat(fields.contains(own)).as(own).isFalse();
        }
    }

    @Test
    void keepsCredentialsAmongTheSubprotocolsBack() {
        FrameClient client = FrameClient.serve(relay, "app");
        assertThat(knock(
                        "Sec-WebSocket-Protocol",
                        "first, podbridge.ticket.tk_secret, Podbridge.Bearer.c2VjcmV0, second"))
                .isNotDone();
        assertThat(crossing(client).fields().all("sec-websocket-protocol")).containsExactly("first, second");
    }

    @Test
    void asksForAWebSocketThatIsOpenedOverHttp2() {
        FrameClient client = FrameClient.serve(relay, "app");
        RequestHead connect = TunnelRelay.head("CONNECT", "/tunnel/app/chat", "sec-websocket-version", "13")
                .build();
        CompletableFuture<HandshakeDecision> decision = knock(connect);
        Frame.Request request = client.next(Frame.Request.class);
        assertThat(FrameClient.head(request).method()).isEqualTo("GET");
        client.say(FrameClient.response(request.stream(), 101, false));
        LoopbackConnection.open(accepted(decision).listener()).cut();
    }

    @Test
    void keepsCredentialsBackUnlessTheyAreToPass() {
        String[] credentials = {"Cookie", "a=b", "Authorization", "Bearer secret", "DPoP", "proof"};
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> waiting = knock(credentials);
        assertThat(waiting).isNotDone();
        HeaderFields kept = crossing(client).fields();
        for (String name : List.of("cookie", "authorization", "dpop")) {
            assertThat(kept.contains(name)).as(name).isFalse();
        }
        FrameClient open = FrameClient.serve(relay, "open", "\"passthrough\":true");
        CompletableFuture<HandshakeDecision> other = knock(handshake("/tunnel/open/chat", credentials));
        assertThat(other).isNotDone();
        HeaderFields passed = crossing(open).fields();
        assertThat(passed.all("cookie")).containsExactly("a=b");
        assertThat(passed.all("authorization")).containsExactly("Bearer secret");
    }

    @Test
    void acceptsAsTheServiceDoes() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock("Sec-WebSocket-Protocol", "first, second");
        int stream = client.asked();
        assertThat(decision).isNotDone();
        client.say(FrameClient.response(
                stream,
                101,
                false,
                "sec-websocket-protocol",
                "second",
                "sec-websocket-accept",
                "theirs",
                "sec-websocket-extensions",
                "permessage-deflate",
                "set-cookie",
                "a=b",
                "x-custom",
                "1"));
        HandshakeDecision.Accept accept = accepted(decision);
        assertThat(accept.subprotocol()).contains("second");
        assertThat(accept.fields().all("x-custom")).containsExactly("1");
        assertThat(accept.fields().contains("set-cookie")).isFalse();
        assertThat(accept.fields().contains("sec-websocket-accept")).isFalse();
        assertThat(accept.fields().contains("sec-websocket-extensions")).isFalse();
        LoopbackConnection visitor = LoopbackConnection.open(accept.listener());
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        visitor.cut();
        client.isReset(stream, ResetCode.CANCEL);
        nobodyIsCounted();
    }

    @ParameterizedTest
    @ValueSource(strings = {"third", "FIRST", "first, second", ""})
    void refusesASubprotocolThatWasNotOffered(String subprotocol) {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock("Sec-WebSocket-Protocol", "first, second");
        int stream = client.asked();
        client.say(FrameClient.response(stream, 101, false, "sec-websocket-protocol", subprotocol));
        assertThat(rejected(decision).status()).isEqualTo(502);
        client.isReset(stream, ResetCode.PROTOCOL);
        nobodyIsCounted();
    }

    @Test
    void refusesASubprotocolWhereNoneWasOffered() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        client.say(FrameClient.response(client.asked(), 101, false, "sec-websocket-protocol", "chat"));
        assertThat(rejected(decision).status()).isEqualTo(502);
    }

    // Refusals

    @Test
    void refusesAsTheServiceDoes() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        byte[] content = new byte[64 * 1024];
        new java.util.Random(1).nextBytes(content);
        client.say(FrameClient.response(stream, 403, false, "content-type", "image/x-any", "x-why", "because"));
        for (int i = 0; i < 4; i++) {
            byte[] piece = java.util.Arrays.copyOfRange(content, i * 16_384, (i + 1) * 16_384);
            client.say(FrameClient.data(stream, piece, i == 3));
        }
        HandshakeDecision.Reject reject = rejected(decision);
        assertThat(reject.status()).isEqualTo(403);
        assertThat(reject.fields().all("x-why")).containsExactly("because");
        assertThat(reject.body()).isEqualTo(ByteBuffer.wrap(content));
        nobodyIsCounted();
    }

    @Test
    void refusesWithoutContentAsTheServiceDoes() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        client.say(FrameClient.response(stream, 103, false), FrameClient.response(stream, 404, true));
        assertThat(rejected(decision).status()).isEqualTo(404);
        assertThat(rejected(decision).body().hasRemaining()).isFalse();
    }

    @Test
    void passesNoRefusalOnThatIsTooLong() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        client.say(FrameClient.response(stream, 403, false));
        client.send(stream, 64 * 1024);
        assertThat(client.heard()).hasOnlyElementsOfType(Frame.Window.class);
        assertThat(decision).isNotDone();
        client.say(FrameClient.data(stream, "x", true));
        assertThat(rejected(decision).status()).isEqualTo(502);
        client.isReset(stream, ResetCode.PROTOCOL);
        nobodyIsCounted();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{}",
                "{\"status\":99}",
                "{\"status\":101,\"headers\":1}",
                "{\"status\":101,\"headers\":[[\"a b\",\"c\"]]}"
            })
    void answers502WhenTheAnswerIsNone(String head) {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        client.say(FrameClient.rawResponse(stream, head));
        assertThat(rejected(decision).status()).isEqualTo(502);
        client.isReset(stream, ResetCode.PROTOCOL);
        nobodyIsCounted();
    }

    @Test
    void answers501ForAClientOfTheFirstVersion() {
        TunnelClient client = relay.serve("app");
        assertThat(rejected(knock()).status()).isEqualTo(501);
        client.heardNothing();
        nobodyIsCounted();
    }

    @Test
    void answers502WhereThereIsNoTunnel() {
        assertThat(rejected(knock()).status()).isEqualTo(502);
        FrameClient.serve(relay, "app").connection().cut();
        HandshakeDecision.Reject reject = rejected(knock());
        assertThat(reject.status()).isEqualTo(502);
        assertThat(reject.fields().first("retry-after")).isPresent();
        nobodyIsCounted();
    }

    @Test
    void letsInWhomTheTunnelLetsIn() {
        FrameClient client = FrameClient.serve(relay, "app", "\"access\":\"owner\"");
        HandshakeDecision.Reject stranger = rejected(knock());
        assertThat(stranger.status()).isEqualTo(401);
        assertThat(stranger.fields().first("www-authenticate")).isPresent();
        assertThat(rejected(knock("Authorization", "Bearer bob")).status()).isEqualTo(403);
        client.heardNothing();
        nobodyIsCounted();
        CompletableFuture<HandshakeDecision> owner = knock("Authorization", "Bearer alice");
        assertThat(crossing(client).fields().contains("authorization")).isFalse();
        assertThat(owner).isNotDone();
    }

    @Test
    void answers502WhenTheClientResetsTheStreamOrIsGone() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> unreachable = knock();
        client.say(FrameClient.reset(client.asked(), ResetCode.REFUSED));
        assertThat(rejected(unreachable).status()).isEqualTo(502);
        CompletableFuture<HandshakeDecision> late = knock();
        client.say(FrameClient.reset(client.asked(), ResetCode.TIMEOUT));
        assertThat(rejected(late).status()).isEqualTo(504);
        CompletableFuture<HandshakeDecision> cut = knock();
        client.asked();
        client.connection().cut();
        assertThat(rejected(cut).text()).contains("Tunnel disconnected");
        nobodyIsCounted();
    }

    // Time

    @Test
    void answers504WhenTheServiceSaysNothing() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        relay.advanceSeconds(20);
        client.connection().receivePong();
        relay.advanceSeconds(9);
        assertThat(decision).isNotDone();
        relay.advanceSeconds(1);
        assertThat(rejected(decision).status()).isEqualTo(504);
        client.isReset(stream, ResetCode.TIMEOUT);
        nobodyIsCounted();
        client.say(FrameClient.response(stream, 101, false)); // too late for anything
    }

    @Test
    void setsNoTimeForASocketThatIsOpen() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        client.say(FrameClient.response(stream, 101, false));
        LoopbackConnection visitor = LoopbackConnection.open(accepted(decision).listener());
        for (int i = 0; i < 60; i++) {
            relay.advanceSeconds(20);
            visitor.receivePong();
            client.connection().receivePong();
        }
        client.say(text(stream, "still here"));
        assertThat(visitor.texts()).containsExactly("still here");
        assertThat(visitor.isClosed()).isFalse();
        visitor.cut();
    }

    // Visitors who leave

    @Test
    void forgetsAVisitorWhoseSocketNeverOpens() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        client.say(FrameClient.response(stream, 101, false), text(stream, "welcome"));
        HandshakeDecision.Accept accept = accepted(decision);
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
        relay.advanceSeconds(10);
        nobodyIsCounted();
        client.isReset(stream, ResetCode.CANCEL);
        assertThat(client.connection().retainedParts()).isZero();
        LoopbackConnection late = LoopbackConnection.open(accept.listener());
        assertThat(late.isAborted()).isTrue();
        nobodyIsCounted();
    }

    @Test
    void keepsNothingOfWhatCameForASocketThatWasResetBeforeItOpened() {
        FrameClient client = FrameClient.serve(relay, "app");
        for (int i = 0; i < 3; i++) {
            CompletableFuture<HandshakeDecision> decision = knock();
            int stream = client.asked();
            client.say(
                    FrameClient.response(stream, 101, false),
                    text(stream, "welcome"),
                    FrameClient.reset(stream, ResetCode.CANCEL));
            assertThat(client.connection().retainedParts()).isZero();
            assertThat(LoopbackConnection.open(accepted(decision).listener()).isAborted())
                    .isTrue();
        }
        nobodyIsCounted();
    }

    @Test
    void passesMessagesFromTheFirstOn() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        int stream = client.asked();
        client.say(FrameClient.response(stream, 101, false), text(stream, "one"), text(stream, "two"));
        LoopbackConnection visitor = LoopbackConnection.open(accepted(decision).listener());
        assertThat(visitor.texts()).containsExactly("one", "two");
        visitor.receiveText("three");
        Frame.Data said = client.next(Frame.Data.class);
        assertThat(FrameClient.text(said)).isEqualTo("three");
        assertThat(said.text()).isTrue();
        assertThat(said.messageEnd()).isTrue();
        visitor.peerCloses(new CloseStatus(4000, "bye"));
        Frame.Data close = client.next(Frame.Data.class);
        assertThat(close.end()).isTrue();
        assertThat(close.payload().getChar()).isEqualTo((char) 4000);
        nobodyIsCounted();
    }

    @Test
    void closesItsSocketsWhenTheTunnelIsGone() {
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> decision = knock();
        client.say(FrameClient.response(client.asked(), 101, false));
        LoopbackConnection visitor = LoopbackConnection.open(accepted(decision).listener());
        client.connection().cut();
        assertThat(visitor.closeStatus()).contains(new CloseStatus(CloseStatus.GOING_AWAY, "Tunnel disconnected"));
        nobodyIsCounted();
    }

    @Test
    void answers503WhenAllPlacesAreTaken() {
        relay.limits(limits -> limits.maxExchangesPerTunnel(1));
        FrameClient client = FrameClient.serve(relay, "app");
        CompletableFuture<HandshakeDecision> first = knock();
        client.say(FrameClient.response(client.asked(), 101, false));
        LoopbackConnection visitor = LoopbackConnection.open(accepted(first).listener());
        CompletableFuture<HandshakeDecision> second = knock();
        assertThat(second).isNotDone();
        relay.advanceSeconds(10);
        assertThat(rejected(second).status()).isEqualTo(503);
        assertThat(rejected(second).fields().first("retry-after")).isEqualTo(Optional.of("5"));
        visitor.cut();
    }
}
