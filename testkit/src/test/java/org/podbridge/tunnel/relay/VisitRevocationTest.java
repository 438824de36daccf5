package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.podbridge.Route;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.TunnelInfo;
import org.podbridge.testkit.InMemoryExchange;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.tunnel.v2.Frame;

/** What becomes of visits and links when the identity that they rest on is revoked, and of visits when a link ends. */
class VisitRevocationTest {

    private static final String BOB_TOO = "\"access\":{\"webIds\":[\"" + TunnelRelay.BOB + "\"]}";
    private static final String BOB = "Bearer bob";
    private static final String ALICE = "Bearer alice";
    private static final Pattern CODE = Pattern.compile("/\\.tunnel/share#([A-Za-z0-9_.-]+)\"");

    @RegisterExtension
    final TunnelRelay relay = new TunnelRelay();

    private int revoke(WebId agent) {
        return relay.podbridge().revoke(identity -> identity.webId().equals(agent));
    }

    private InMemoryExchange post(String type, String body, String... fields) {
        String[] all = new String[fields.length + 2];
        all[0] = "content-type";
        all[1] = type;
        System.arraycopy(fields, 0, all, 2, fields.length);
        return relay.upload(
                TunnelRelay.head("POST", "/.tunnel/share", all).build(), body.getBytes(StandardCharsets.UTF_8));
    }

    private InMemoryExchange make(String as, String members) {
        return post("application/json", "{\"tunnel\":\"app\"," + members + "}", "authorization", as);
    }

    private String cookie(String as, String members) {
        Matcher code = CODE.matcher(make(as, members).responseText());
        assertThat(code.find()).isTrue();
        return post("application/x-www-form-urlencoded", "code=" + code.group(1))
                .responseHead()
                .orElseThrow()
                .fields()
                .first("set-cookie")
                .orElseThrow()
                .split(";", 2)[0];
    }

    /** Asks for what never ends, of which the head has come. */
    private InMemoryExchange streaming(FrameClient client, String... fields) {
        InMemoryExchange visit = relay.get("/tunnel/app/events", fields);
        client.say(FrameClient.response(client.asked(), 200, false, "content-type", "text/event-stream"));
        assertThat(visit.responseHead()).isPresent();
        return visit;
    }

    @Test
    void breaksOffWhatFlowsToTheAgentAndAnswersWhatWaits() {
        FrameClient client = FrameClient.serve(relay, "app", BOB_TOO);
        InMemoryExchange flowing = streaming(client, "authorization", BOB);
        InMemoryExchange waiting = relay.get("/tunnel/app/slow", "authorization", BOB);
        client.asked();
        InMemoryExchange others = streaming(client, "authorization", ALICE);
        revoke(TunnelRelay.BOB);
        assertThat(flowing.abortCause()).isPresent();
        assertThat(waiting.status()).isEqualTo(503); // who asks again is judged anew
        assertThat(List.of(client.next(Frame.Reset.class), client.next(Frame.Reset.class)))
                .hasSize(2);
        assertThat(others.abortCause()).isEmpty();
        assertThat(relay.diagnostics().exchangesInFlight()).isEqualTo(1);
    }

    @Test
    void letsVisitorsOfPublicTunnelsBe() {
        FrameClient client = FrameClient.serve(relay, "app");
        InMemoryExchange flowing = streaming(client, "authorization", BOB);
        revoke(TunnelRelay.BOB);
        assertThat(flowing.abortCause()).isEmpty();
    }

    @Test
    void endsTheLinksOfTheAgentAndTheVisitsByThem() {
        FrameClient client = FrameClient.serve(relay, "app", BOB_TOO);
        String ofOwner = cookie(ALICE, "\"expiresIn\":600");
        String ofBob = cookie(BOB, "\"personal\":true");
        InMemoryExchange guest = streaming(client, "cookie", ofOwner);
        InMemoryExchange bob = streaming(client, "cookie", ofBob);
        assertThat(relay.diagnostics().shareLinks()).isEqualTo(2);
        revoke(TunnelRelay.BOB);
        assertThat(relay.diagnostics().shareLinks()).isEqualTo(1);
        assertThat(bob.abortCause()).isPresent();
        assertThat(guest.abortCause()).isEmpty();
        assertThat(relay.get("/tunnel/app/", "cookie", ofBob).status()).isEqualTo(401);
        assertThat(revoke(TunnelRelay.ALICE)).isEqualTo(1); // the tunnel client
        assertThat(relay.diagnostics().shareLinks()).isZero();
        assertThat(guest.abortCause()).isPresent();
    }

    @Test
    void endsTheLinksOfAnOwnerWhoComesBackAtOnce() {
        relay.serve("app", BOB_TOO);
        String cookie = cookie(ALICE, "\"expiresIn\":600");
        revoke(TunnelRelay.ALICE);
        relay.serve("app", BOB_TOO);
        assertThat(relay.get("/tunnel/app/", "cookie", cookie).status()).isEqualTo(401);
    }

    @Test
    void letsNobodySlipThroughWhoIsJustBeingLetIn() {
        List<CompletableFuture<AccessDecision>> asked = new ArrayList<>();
        relay.with(podbridge -> podbridge.accessPolicy(new OpenPolicy() {
            @Override
            public CompletionStage<AccessDecision> mayVisit(
                    Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
                asked.add(new CompletableFuture<>());
                return asked.get(asked.size() - 1);
            }
        }));
        FrameClient client = FrameClient.serve(relay, "app", BOB_TOO);
        InMemoryExchange visit = relay.get("/tunnel/app/", "authorization", BOB);
        revoke(TunnelRelay.BOB);
        asked.get(0).complete(new AccessDecision.Allow());
        assertThat(visit.status()).isEqualTo(503);
        assertThat(client.connection().messages()).isEmpty();
    }

    @Test
    void closesAWebSocketWhoseHandshakeWasBeingAnswered() {
        FrameClient client = FrameClient.serve(relay, "app", BOB_TOO);
        RequestHead head = TunnelRelay.head(
                        "GET",
                        "/tunnel/app/chat",
                        "connection",
                        "upgrade",
                        "upgrade",
                        "websocket",
                        "authorization",
                        BOB)
                .build();
        CompletionStage<HandshakeDecision> decision =
                ((Route.WebSocket) relay.podbridge().route(head)).handshake().decide(head);
        revoke(TunnelRelay.BOB);
        client.say(FrameClient.response(client.asked(), 101, false));
        LoopbackConnection visitor = LoopbackConnection.open(
                ((HandshakeDecision.Accept) decision.toCompletableFuture().join()).listener());
        assertThat(visitor.closeStatus())
                .hasValueSatisfying(status -> assertThat(status.code()).isEqualTo(CloseStatus.POLICY_VIOLATION));
        visitor.cut();
    }

    @Test
    void breaksOffWhatFlowsToAGuestWhenTheLinkEnds() {
        FrameClient client = FrameClient.serve(relay, "app", BOB_TOO);
        InMemoryExchange flowing = streaming(client, "cookie", cookie(ALICE, "\"expiresIn\":20"));
        relay.advanceSeconds(19);
        assertThat(flowing.abortCause()).isEmpty();
        relay.advanceSeconds(1);
        assertThat(flowing.abortCause()).isPresent();
        assertThat(relay.diagnostics().shareLinks()).isZero();
    }
}
