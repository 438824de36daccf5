package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.error;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.Identity;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

class AnonymousRoomsTest {

    @RegisterExtension
    final SignalingServer server = SignalingServer.start(builder -> builder.anonymousRooms(true));

    private Agent somebody() {
        return server.open("somebody", SignalingServer.PATH);
    }

    @Test
    void letSomebodyInWithoutAWelcome() {
        Agent somebody = somebody();
        assertThat(somebody.hears()).isEmpty();
        assertThat(somebody.connection().closeStatus()).isEmpty();
        assertThat(server.podbridge().diagnostics().connections()).isEqualTo(1);
        assertThat(server.podbridge().diagnostics().agentsOnline()).isZero();
    }

    @Test
    void tellNoAgentOfIt() {
        Agent alice = server.online("alice").get(0);
        Agent somebody = somebody();
        somebody.connection().cut();
        assertThat(alice.hears()).isEmpty();
        server.connect("bob");
        assertThat(somebody.hears()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"offer", "answer", "candidate", "hangup", "nonsense", ""})
    void giveNoAccessToAgents(String type) {
        Agent alice = server.online("alice").get(0);
        Agent somebody = somebody();
        somebody.says("{'type':'" + type + "','to':'https://alice.example/#me'}");
        somebody.says("{'type':'" + type + "'}");
        assertThat(somebody.hears())
                .hasSize(2)
                .containsOnly(error("Authentication required for identity-based signaling"));
        assertThat(alice.hears()).isEmpty();
    }

    @Test
    void haveTheSameLimitsAndErrors() {
        Agent somebody = somebody();
        somebody.saysRaw("[]");
        somebody.says("{'to':'x'}");
        somebody.saysRaw("x".repeat(65_537));
        somebody.connection().receiveBinary("{\"type\":\"\u00e9\"}".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(somebody.hears())
                .containsExactly(
                        error("Invalid JSON"),
                        error("Missing \"type\" field"),
                        error("Message too large"),
                        error("Invalid JSON"));
        somebody.connection().receiveBinary(new byte[16 * 1024 * 1024 + 1]);
        assertThat(somebody.connection().closeStatus()).map(CloseStatus::code).contains(CloseStatus.TOO_BIG);
    }

    @Test
    void dropWhoIsSilent() {
        Agent somebody = somebody();
        server.advance(Duration.ofSeconds(70));
        assertThat(somebody.connection().isAborted()).isTrue();
    }

    @Test
    void stillKnowWhoSaysWhoItIs() {
        Agent alice = server.connect("alice");
        assertThat(alice.hears()).hasSize(1);
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({
        "Bearer wrong, 401",
        "Basic YWxpY2U6c2VjcmV0, 401",
        "DPoP something, 401",
        "Bearer, 400",
    })
    void doNotTakeBadCredentialsForNone(String authorization, int status) {
        var decision = server.handshake(SignalingServer.PATH, "authorization", authorization)
                .toCompletableFuture()
                .getNow(null);
        assertThat(decision)
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(status));
    }

    @Test
    void doNotTakeABadTicketForNone() {
        var decision = server.handshake(SignalingServer.PATH + "?token=tk_unknown")
                .toCompletableFuture()
                .getNow(null);
        assertThat(decision)
                .isInstanceOfSatisfying(
                        HandshakeDecision.Reject.class,
                        reject -> assertThat(reject.status()).isEqualTo(401));
    }

    @Test
    void areOffUnlessTurnedOn() {
        SignalingServer strict = SignalingServer.start();
        assertThat(strict.handshake(SignalingServer.PATH).toCompletableFuture().getNow(null))
                .isInstanceOf(HandshakeDecision.Reject.class);
    }

    /** Such as one of a tunnel, whose sandbox gives it no origin. */
    @Test
    void letAPageWithoutAnOriginIntoRoomsAloneAndNeverAsWhoeverIsLoggedIn() {
        server.online("alice");
        Agent page = server.open("page", SignalingServer.PATH, "origin", "null");
        assertThat(page.hears()).isEmpty(); // no list of agents
        page.says("{'type':'offer','to':'https://alice.example/#me'}");
        assertThat(page.hears()).containsExactly(error("Authentication required for identity-based signaling"));
        assertThat(server.podbridge().diagnostics().agentsOnline()).isEqualTo(1);

        SignalingServer sessions = SignalingServer.start(builder -> builder.anonymousRooms(true)
                .authProvider(AuthProvider.host(request -> request.fields()
                        .first("cookie")
                        .map(cookie -> Identity.builder(SignalingServer.webId("alice"), "host")
                                .ambient(true)
                                .build()))));
        Agent own = sessions.open("own", SignalingServer.PATH, "cookie", "session=1", "origin", "null");
        assertThat(own.hears()).containsExactly(error("Origin is not allowed"));
        assertThat(own.connection().closeStatus()).contains(new CloseStatus(1008, "Origin is not allowed"));
        sessions.checkNothingIsLeft();
    }

    @Test
    void areClosedToPagesWithoutAnOriginUnlessTheyAreOpen() {
        SignalingServer closed = SignalingServer.start();
        Agent page = closed.open("page", SignalingServer.PATH, "origin", "null");
        assertThat(page.hears()).containsExactly(error("Authentication required"));
        assertThat(page.connection().closeStatus().orElseThrow().code()).isEqualTo(1008);
        closed.checkNothingIsLeft();
    }
}
