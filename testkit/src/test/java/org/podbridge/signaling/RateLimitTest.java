package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;
import static org.podbridge.fixture.Agent.json;

import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.limits.Limits;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimits;
import org.podbridge.limits.RateLimits.Counted;
import org.podbridge.limits.RateLimits.Scope;

/** What peers may do how often, and what they are told beyond that. */
class RateLimitTest {

    private static final String HASH = "a".repeat(40);
    private static final String PEER = "b".repeat(40);
    private static final Rate THREE = Rate.perMinute(6, 3);

    private SignalingServer server = SignalingServer.start();

    private void start(UnaryOperator<RateLimits.Builder> rates) {
        server = SignalingServer.start(builder -> builder.anonymousRooms(true)
                .limits(Limits.builder()
                        .rates(rates.apply(RateLimits.builder()).build())
                        .build()));
        server.requestsComeFrom("192.0.2.1");
    }

    private Agent visitor() {
        return server.open("visitor", SignalingServer.PATH);
    }

    @AfterEach
    void nothingIsLeft() {
        server.checkNothingIsLeft();
    }

    private static String offers(int count) {
        return ",'offers':[" + "{'offer':{},'sdp':''},".repeat(count - 1) + "{'offer':{},'sdp':''}]";
    }

    private static String limit(String what, Scope scope) {
        return "Rate limit: " + what + " per " + scope.name().toLowerCase(java.util.Locale.ROOT);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TUNNEL")
    void refusesMessagesAndSaysWhichLimit(Scope scope) {
        start(rates -> rates.limit(Counted.MESSAGES, scope, THREE));
        Agent alice = server.online("alice").get(0);
        for (int i = 0; i < 3; i++) {
            alice.says("{'type':'nonsense'}");
        }
        alice.says("{'type':'announce','resource':'" + HASH + "'}");
        alice.saysRaw("[]");
        assertThat(alice.hears().subList(3, 5)).containsOnly(error(limit("messages", scope)));
        assertThat(server.podbridge().diagnostics().rooms()).isZero();
        server.scheduler().advance(Duration.ofSeconds(10));
        alice.says("{'type':'nonsense'}");
        alice.says("{'type':'nonsense'}");
        assertThat(alice.hears()).containsExactly(error("Missing \"to\" field"), error(limit("messages", scope)));
        assertThat(alice.connection().closeStatus()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TUNNEL")
    void refusesAnnouncesInBothDialects(Scope scope) {
        start(rates -> rates.limit(Counted.ANNOUNCES, scope, THREE));
        Agent alice = server.online("alice").get(0);
        alice.says("{'type':'announce','resource':'" + HASH + "'}");
        alice.says("{'action':'announce','info_hash':'" + HASH + "','peer_id':'" + PEER + "'}");
        alice.says("{'action':'announce','info_hash':'" + HASH + "','peer_id':'" + PEER + "','event':'stopped'}");
        assertThat(alice.hears()).hasSize(3).noneMatch(message -> message.contains("Rate limit"));
        alice.says("{'type':'announce','resource':'01234567'}");
        alice.says("{'action':'announce','info_hash':'" + HASH + "','peer_id':'" + PEER + "'}");
        alice.says("{'type':'leave','resource':'" + HASH + "'}");
        assertThat(alice.hears())
                .containsExactly(
                        error(limit("announces", scope)),
                        json("{'action':'announce','info_hash':'" + HASH + "','failure reason':'"
                                + limit("announces", scope) + "'}"));
        assertThat(server.podbridge().diagnostics().roomMembers()).isZero();
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "TUNNEL")
    void refusesOffersInAllDialects(Scope scope) {
        start(rates -> rates.limit(Counted.OFFERS, scope, THREE));
        Agent bob = server.online("bob").get(0);
        bob.says("{'type':'announce','resource':'" + HASH + "'}");
        Agent alice = server.connect("alice");
        alice.hears();
        bob.hears();
        alice.says("{'type':'announce','resource':'" + HASH + "'" + offers(1) + "}");
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        alice.says("{'type':'leave','resource':'" + HASH + "'}");
        alice.says("{'action':'announce','info_hash':'" + HASH + "','peer_id':'" + PEER + "'" + offers(1) + "}");
        assertThat(bob.hears()).hasSize(3);
        alice.hears();
        alice.says("{'type':'announce','resource':'" + HASH + "'" + offers(1) + "}");
        alice.says("{'type':'offer','to':'https://bob.example/#me'}");
        alice.says("{'action':'announce','info_hash':'" + HASH + "','peer_id':'" + PEER + "'" + offers(1) + "}");
        String message = limit("offers", scope);
        assertThat(alice.hears())
                .containsExactly(
                        error(message),
                        error(message),
                        json("{'action':'announce','info_hash':'" + HASH + "','failure reason':'" + message + "'}"));
        alice.says("{'type':'candidate','to':'https://bob.example/#me','candidate':{}}");
        alice.says("{'type':'announce','resource':'" + HASH + "'}");
        assertThat(bob.hears()).hasSize(1);
        assertThat(alice.hears()).hasSize(1);
    }

    @Test
    void countsForAnAgentOverItsConnectionsAndForAnAddressOverItsAgents() {
        start(rates -> rates.limit(Counted.ANNOUNCES, Scope.IDENTITY, THREE)
                .limit(Counted.ANNOUNCES, Scope.ADDRESS, Rate.perMinute(6, 5)));
        String announce = "{'type':'announce','resource':'" + HASH + "'}";
        Agent old = server.online("alice").get(0);
        old.says(announce);
        old.says(announce);
        Agent alice = server.online("alice").get(0);
        alice.says(announce);
        alice.says(announce);
        assertThat(alice.hears())
                .endsWith(error(limit("announces", Scope.IDENTITY)))
                .hasSize(2);
        Agent bob = server.online("bob").get(0);
        bob.says(announce);
        bob.says(announce);
        bob.says(announce);
        assertThat(bob.hears())
                .endsWith(error(limit("announces", Scope.ADDRESS)))
                .hasSize(3);
        Agent neighbour = visitor();
        neighbour.says(announce);
        assertThat(neighbour.hears()).containsExactly(error(limit("announces", Scope.ADDRESS)));
        server.requestsComeFrom("192.0.2.2");
        Agent stranger = visitor();
        stranger.says(announce);
        assertThat(stranger.hears()).hasSize(1).noneMatch(message -> message.contains("Rate"));
    }

    @Test
    void countsAVeryLargeMessageAsSeveral() {
        start(rates -> rates.limit(Counted.MESSAGES, Scope.CONNECTION, Rate.perMinute(6, 10)));
        Agent visitor = visitor();
        visitor.saysRaw("x".repeat(65_536 * 8));
        visitor.saysRaw("[]");
        visitor.saysRaw("[]");
        assertThat(visitor.hears())
                .containsExactly(
                        error("Message too large"), error("Invalid JSON"), error(limit("messages", Scope.CONNECTION)));
    }

    @Test
    void closesWhoGoesOnRegardless() {
        start(rates -> rates.limit(Counted.MESSAGES, Scope.CONNECTION, THREE));
        Agent alice = server.online("alice").get(0);
        Agent visitor = visitor();
        for (Agent flooder : List.of(alice, visitor)) {
            flooder.connection().ignoreClose();
            flooder.says("{'type':'announce','resource':'" + HASH + "'}");
            for (int i = 0; i < 102; i++) {
                assertThat(flooder.connection().closeStatus()).isEmpty();
                flooder.saysRaw("[]");
            }
            assertThat(flooder.connection().closeStatus()).isEmpty();
            flooder.saysRaw("[]");
            assertThat(flooder.connection().closeStatus())
                    .contains(new CloseStatus(CloseStatus.TOO_OFTEN, "Rate limit"));
            assertThat(flooder.hears()).hasSize(1 + 2 + 101);
            flooder.saysRaw("[]");
            assertThat(flooder.hears()).isEmpty();
            assertThat(server.podbridge().diagnostics().rooms()).isZero();
        }
    }

    @Test
    void toleratesWhoIsRefusedNowAndThen() {
        start(rates -> rates.limit(Counted.MESSAGES, Scope.CONNECTION, THREE));
        Agent alice = server.online("alice").get(0);
        for (int i = 0; i < 1_000; i++) {
            alice.saysRaw("[]");
            server.advance(Duration.ofMillis(700), alice);
        }
        assertThat(alice.connection().closeStatus()).isEmpty();
    }

    @Test
    void refusesConnectionsOfOneAddress() {
        start(rates -> rates.limit(Counted.CONNECTIONS, Scope.ADDRESS, THREE));
        server.online("a", "b", "c");
        assertRefused(limit("connections", Scope.ADDRESS), "authorization", "Bearer token-of-d");
        assertRefused(limit("connections", Scope.ADDRESS));
        server.requestsComeFrom("192.0.2.2");
        visitor();
        server.requestsComeFrom("192.0.2.1");
        server.scheduler().advance(Duration.ofSeconds(10));
        visitor();
    }

    @Test
    void refusesConnectionsOfOneAgent() {
        start(rates -> rates.limit(Counted.CONNECTIONS, Scope.IDENTITY, THREE));
        server.online("alice", "alice", "alice");
        assertRefused(limit("connections", Scope.IDENTITY), "authorization", "Bearer token-of-alice");
        server.online("bob");
        visitor();
    }

    private void assertRefused(String message, String... fields) {
        HandshakeDecision decision = server.handshake(SignalingServer.PATH, fields)
                .toCompletableFuture()
                .getNow(null);
        assertThat(decision).isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(429);
            assertThat(reject.fields().first("retry-after")).contains("10");
            assertThat(reject.text()).isEqualTo("{\"status\":429,\"detail\":\"" + message + "\"}");
        });
    }

    @Test
    void tellsAPageWhyItCannotConnect() {
        start(rates -> rates.limit(Counted.CONNECTIONS, Scope.IDENTITY, THREE));
        server.online("alice", "alice", "alice");
        Agent page = server.open(
                "alice",
                SignalingServer.PATH,
                "authorization",
                "Bearer token-of-alice",
                "origin",
                "https://app.example");
        assertThat(page.hears()).containsExactly(error(limit("connections", Scope.IDENTITY)));
        assertThat(page.connection().closeStatus())
                .contains(new CloseStatus(4429, limit("connections", Scope.IDENTITY)));
    }

    @Test
    void leavesRoomForABusyPageWithItsDefaults() {
        start(rates -> rates);
        Agent page = visitor();
        Agent other = visitor();
        for (int round = 0; round < 5; round++) {
            for (int torrent = 10; torrent < 60; torrent++) {
                String hash = (torrent + "").repeat(20);
                other.says("{'action':'announce','info_hash':'" + hash + "','peer_id':'" + HASH + "'}");
                page.says(
                        "{'action':'announce','info_hash':'" + hash + "','peer_id':'" + PEER + "'" + offers(10) + "}");
                for (int answer = 0; answer < 10; answer++) {
                    page.says("{'action':'announce','info_hash':'" + hash + "','peer_id':'" + PEER + "','to_peer_id':'"
                            + HASH + "','answer':{}}");
                }
            }
            assertThat(page.hears()).hasSize(50).noneMatch(message -> message.contains("failure"));
            server.advance(Duration.ofMinutes(2), page, other);
        }
    }

    @Test
    void leavesRoomForACallWithAHundredCandidatesWithItsDefaults() {
        start(rates -> rates);
        List<Agent> agents = server.online("alice", "bob");
        for (int call = 0; call < 5; call++) {
            agents.get(0).says("{'type':'offer','to':'https://bob.example/#me','sdp':'s'}");
            for (int i = 0; i < 100; i++) {
                agents.get(0).says("{'type':'candidate','to':'https://bob.example/#me','candidate':{}}");
            }
        }
        assertThat(agents.get(0).hears()).isEmpty();
        assertThat(agents.get(1).hears()).hasSize(505);
    }

    @Test
    void countsPingsAndOtherOverheadAsMessages() {
        start(rates -> rates.limit(Counted.MESSAGES, Scope.CONNECTION, THREE));
        for (Agent peer : List.of(server.online("alice").get(0), visitor())) {
            peer.hears();
            peer.connection().receivePing();
            peer.connection().receivePong();
            peer.connection().receivePart(MessageKind.TEXT, new byte[0], false);
            assertThat(peer.hears()).isEmpty();
            peer.says("{'type':'nonsense'}");
            assertThat(peer.hears()).containsExactly(error(limit("messages", Scope.CONNECTION)));
            for (int i = 0; i < 99; i++) {
                peer.connection().receivePing();
            }
            assertThat(peer.connection().closeStatus()).isEmpty();
            peer.connection().receivePing();
            assertThat(peer.connection().closeStatus().orElseThrow().code()).isEqualTo(4429);
        }
    }

    @Test
    void takesPingsEverySecondForAnHourWithItsDefaults() {
        start(rates -> rates);
        Agent alice = server.online("alice").get(0);
        for (int i = 0; i < 3_600; i++) {
            alice.connection().receivePing();
            server.advance(Duration.ofSeconds(1), alice);
        }
        assertThat(alice.hears()).isEmpty();
        assertThat(alice.connection().closeStatus()).isEmpty();
    }
}
