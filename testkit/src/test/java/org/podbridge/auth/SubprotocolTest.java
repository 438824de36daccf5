package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.testkit.InMemoryExchange;

/** Credentials among the subprotocols, where a browser can put them without a URL. */
class SubprotocolTest {

    private static final String PAGE = "https://app.example";

    @RegisterExtension
    final SignalingServer server = SignalingServer.start();

    private final List<AuthRequest> asked = new ArrayList<>();
    private final SignalingServer noting = SignalingServer.start(builder -> builder.authProvider(request -> {
        asked.add(request);
        return CompletableFuture.completedStage(new AuthResult.NoCredentials());
    }));

    private static String encoded(String token) {
        return "podbridge.bearer."
                + Base64.getUrlEncoder().withoutPadding().encodeToString(token.getBytes(StandardCharsets.UTF_8));
    }

    private static HandshakeDecision decide(SignalingServer server, String target, String... fields) {
        return server.handshake(target, fields).toCompletableFuture().join();
    }

    private static void isRefused(HandshakeDecision decision, int status, String detail) {
        assertThat(decision).isInstanceOfSatisfying(HandshakeDecision.Reject.class, reject -> {
            assertThat(reject.status()).isEqualTo(status);
            assertThat(reject.text()).contains("\"detail\":\"" + detail + "\"");
        });
    }

    private static void isAccepted(HandshakeDecision decision, String subprotocol) {
        assertThat(decision)
                .isInstanceOfSatisfying(
                        HandshakeDecision.Accept.class,
                        accept -> assertThat(accept.subprotocol())
                                .isEqualTo(Optional.of(subprotocol).filter(s -> !s.isEmpty())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "webrtc-signaling, %s",
                "%s,webrtc-signaling",
                "x, webrtc-signaling ,%s, y",
                "webrtc-signaling,,%s"
            })
    void aTicketOpensTheSocketAndIsNeverEchoed(String offer) {
        String entry = "podbridge.ticket." + server.mint("alice");
        isAccepted(
                decide(server, "/.webrtc", "sec-websocket-protocol", String.format(offer, entry)), "webrtc-signaling");
        isRefused(
                decide(server, "/.webrtc", "sec-websocket-protocol", String.format(offer, entry)),
                401,
                "The ticket is unknown, expired, used or for something else");
    }

    @Test
    void aTicketMayBeInAFieldOfItsOwn() {
        isAccepted(
                decide(
                        server,
                        "/.webrtc",
                        "sec-websocket-protocol",
                        "webrtc-signaling",
                        "Sec-WebSocket-Protocol",
                        "podbridge.ticket." + server.mint("alice")),
                "webrtc-signaling");
    }

    @Test
    void aTicketOfATunnelClientGoesWithTheSubprotocolOfTunnels() {
        InMemoryExchange mint = server.request("POST", "/.tunnel", "authorization", "Bearer token-of-alice");
        String ticket = mint.responseText().replaceAll(".*\"(tk_[^\"]*)\".*", "$1");
        isAccepted(
                decide(server, "/.tunnel", "sec-websocket-protocol", "http-tunnel, podbridge.ticket." + ticket),
                "http-tunnel");
    }

    @Test
    void aTokenIsGivenToTheProvider() {
        isAccepted(
                decide(server, "/.webrtc", "sec-websocket-protocol", "webrtc-signaling, " + encoded("token-of-alice")),
                "webrtc-signaling");
        decide(noting, "/.webrtc", "sec-websocket-protocol", "webrtc-signaling, " + encoded("tøken"), "dpop", "proof");
        assertThat(asked.get(0).credentials())
                .containsExactly(new Credential(Credential.Carrier.SUBPROTOCOL, "Bearer", "tøken", Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s", "x, %s", "http-tunnel, %s", "Webrtc-Signaling, %s"})
    void aCredentialNeedsARealSubprotocolBesideIt(String offer) {
        for (String entry : List.of("podbridge.ticket.tk_x", encoded("token-of-alice"))) {
            isRefused(
                    decide(server, "/.webrtc", "sec-websocket-protocol", String.format(offer, entry)),
                    400,
                    "Offer the subprotocol webrtc-signaling beside the credential");
        }
    }

    @Test
    void aTicketIsNotUsedUpWithoutOne() {
        String entry = "podbridge.ticket." + server.mint("alice");
        decide(server, "/.webrtc", "sec-websocket-protocol", entry);
        isAccepted(
                decide(server, "/.webrtc", "sec-websocket-protocol", "webrtc-signaling, " + entry), "webrtc-signaling");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "podbridge.bearer.",
                "podbridge.bearer.YQ==", // padded
                "podbridge.bearer.YR", // bits that count for nothing
                "podbridge.bearer.a", // half a byte
                "podbridge.bearer.a+b/", // not for URLs
                "podbridge.bearer.a b",
                "podbridge.bearer._w", // not UTF-8
                "podbridge.bearer.dGtfeA", // a ticket in disguise
                "podbridge.ticket.",
                "podbridge.ticket.eyJ.eyJ.x",
                "podbridge.ticket.token-of-alice",
                "PodBridge.Ticket.x",
            })
    void whatIsNotWellFormedIsRefused(String entry) {
        isRefused(
                decide(server, "/.webrtc", "sec-websocket-protocol", "webrtc-signaling, " + entry),
                400,
                "Malformed credential in the subprotocols");
    }

    @Test
    void oneCredentialIsEnough() {
        String entry = encoded("token-of-alice");
        String twice = "webrtc-signaling, " + entry + ", " + entry;
        String once = "webrtc-signaling, " + entry;
        String text = "More than one credential";
        isRefused(decide(server, "/.webrtc", "sec-websocket-protocol", twice), 400, text);
        isRefused(decide(server, "/.webrtc?token=token-of-alice", "sec-websocket-protocol", once), 400, text);
        isRefused(
                decide(server, "/.webrtc", "sec-websocket-protocol", once, "authorization", "Bearer token-of-alice"),
                400,
                text);
    }

    @Test
    void aTokenThatIsBoundToAKeyIsRefused() {
        isRefused(
                decide(
                        server,
                        "/.webrtc",
                        "sec-websocket-protocol",
                        "webrtc-signaling, " + encoded(QueryTokenTest.BOUND)),
                400,
                "This token is bound to a key; ask POST /.webrtc for a ticket");
    }

    @Test
    void nobodyDownstreamSeesTheCredential() {
        decide(
                noting,
                "/.webrtc",
                "sec-websocket-protocol",
                "webrtc-signaling, " + encoded("secret") + ", other",
                "x",
                "y");
        decide(
                noting,
                "/.webrtc",
                "sec-websocket-protocol",
                "webrtc-signaling",
                "sec-websocket-protocol",
                encoded("s"));
        assertThat(asked.get(0).fields().all("sec-websocket-protocol")).containsExactly("webrtc-signaling, other");
        assertThat(asked.get(0).fields().first("x")).contains("y");
        assertThat(asked.get(1).fields().all("sec-websocket-protocol")).containsExactly("webrtc-signaling");
        assertThat(asked.toString()).doesNotContain(encoded("s")).doesNotContain("secret");
    }

    @Test
    void anOtherwiseGoodCredentialIsHiddenWhereNobodyLooksForOne() {
        noting.request(
                "POST", "/.webrtc", "sec-websocket-protocol", "webrtc-signaling, " + encoded("secret"), "x", "y");
        assertThat(asked.get(0).credentials()).isEmpty();
        assertThat(asked.get(0).fields().all("sec-websocket-protocol")).containsExactly("webrtc-signaling");
    }

    @ParameterizedTest
    @CsvSource({
        "'', ''",
        "webrtc-signaling, webrtc-signaling",
        "'a, webrtc-signaling', webrtc-signaling",
        "http-tunnel, ''",
        "'solid, bearer.token-of-alice', ''"
    })
    void aPlainOfferIsAnsweredWithTheEndpointsOwnSubprotocol(String offer, String answer) {
        List<String> fields = new ArrayList<>(List.of("authorization", "Bearer token-of-alice"));
        if (!offer.isEmpty()) {
            fields.addAll(List.of("sec-websocket-protocol", offer));
        }
        isAccepted(decide(server, "/.webrtc", fields.toArray(String[]::new)), answer);
    }

    @Test
    void aPageCanReadWhyItsTicketWasRefused() {
        HandshakeDecision decision = decide(
                server,
                "/.webrtc",
                "sec-websocket-protocol",
                "webrtc-signaling, podbridge.ticket.tk_x",
                "origin",
                PAGE);
        isAccepted(decision, "webrtc-signaling"); // or the browser wouldn't open it
        Agent page = server.open(
                "page",
                "/.webrtc",
                "sec-websocket-protocol",
                "webrtc-signaling, podbridge.ticket.tk_x",
                "origin",
                PAGE);
        assertThat(page.hears()).singleElement().asString().contains("\"code\":\"invalid_token\"");
    }
}
