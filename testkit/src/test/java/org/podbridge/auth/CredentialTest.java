package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Route;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

/** Where a credential may be, and what a provider gets to know. */
class CredentialTest {

    private static final String JWT = "eyJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJzb2xpZCJ9.c2lnbmF0dXJl";

    private final List<AuthRequest> asked = new ArrayList<>();

    private final SignalingServer server =
            SignalingServer.start(builder -> builder.publicUri(URI.create("https://other.example:8443/mounted/"))
                    .publicUri(URI.create("https://Third.Example"))
                    .authProvider(request -> {
                        asked.add(request);
                        return CompletableFuture.completedStage(new AuthResult.NoCredentials());
                    }));

    private void refused(int status, String code, String text, String target, String... fields) {
        HandshakeDecision.Reject reject = (HandshakeDecision.Reject)
                server.handshake(target, fields).toCompletableFuture().join();
        assertThat(reject.status()).isEqualTo(status);
        assertThat(reject.text())
                .isEqualTo(Agent.json("{'status':" + status + ",'detail':'" + text + "'"
                        + (code.isEmpty() ? "" : ",'error':'" + code + "'") + "}"));
        assertThat(asked).as("questions to the provider").isEmpty();
    }

    private AuthRequest accepted(String target, String... fields) {
        server.handshake(target, fields).toCompletableFuture().join();
        assertThat(asked).hasSize(1);
        return asked.remove(0);
    }

    @Test
    void refusesTwoAuthorizationFields() {
        refused(
                400,
                "invalid_request",
                "More than one Authorization header",
                "/.webrtc",
                "authorization",
                "Bearer a",
                "Authorization",
                "Bearer a");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "Bearer", "Bearer ", " Bearer", "Bearertoken", "\ttoken"})
    void refusesAnAuthorizationFieldWithoutAScheme(String value) {
        refused(400, "invalid_request", "Malformed Authorization header", "/.webrtc", "authorization", value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"token=a&token=b", "token=a&token=a", "token=a&x=1&token=b", "token=tk_a&token=tk_b"})
    void case128_refusesTwoTokensInTheQuery(String query) {
        refused(400, "invalid_request", "More than one credential", "/.webrtc?" + query);
    }

    @ParameterizedTest
    @ValueSource(strings = {"token=b", "token=a", "token=tk_a", "token=" + JWT})
    void case129_refusesATokenInTheFieldAndInTheQuery(String query) {
        refused(400, "invalid_request", "More than one credential", "/.webrtc?" + query, "authorization", "Bearer a");
    }

    @Test
    void refusesATokenThatIsNotPercentEncodedRight() {
        refused(400, "invalid_request", "Malformed token parameter", "/.webrtc?token=%zz");
        refused(400, "invalid_request", "Malformed token parameter", "/.webrtc?token=%");
    }

    @Test
    void refusesAnythingThatLooksLikeATicketAndIsNone() {
        for (String ticket : List.of("tk_", "tk_x", "tk_" + "A".repeat(43), "tk_" + "A".repeat(1_000_000), "tk_%00")) {
            refused(
                    401,
                    "invalid_token",
                    "The ticket is unknown, expired, used or for something else",
                    "/.webrtc?token=" + ticket);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "?",
                "?token",
                "?token=",
                "?token=&token=",
                "?Token=a",
                "?tokens=a",
                "?xtoken=a",
                "?a=token=b"
            })
    void findsNoCredentialWhereThereIsNone(String query) {
        assertThat(accepted("/.webrtc" + query).credentials()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "Bearer abc, Bearer, abc",
        "bearer abc, bearer, abc",
        "DPoP  a b , DPoP, a b",
        "Basic YTpi, Basic, YTpi",
    })
    void takesTheAuthorizationFieldApart(String value, String scheme, String token) {
        Credential credential = accepted("/.webrtc", "authorization", value, "dpop", "proof")
                .credentials()
                .get(0);
        assertThat(credential)
                .isEqualTo(new Credential(Credential.Carrier.AUTHORIZATION, scheme, token, Optional.of("proof")));
    }

    @Test
    void decodesATokenInTheQuery() {
        Credential credential = accepted("/.webrtc?x=1&token=a%2Bb%3D&y", "dpop", "proof")
                .credentials()
                .get(0);
        assertThat(credential).isEqualTo(new Credential(Credential.Carrier.QUERY, "Bearer", "a+b=", Optional.empty()));
    }

    @Test
    void tellsTheProviderAllButTheSecretsInPrint() {
        AuthRequest request = accepted("/.webrtc?token=secret", "origin", "https://app.example");
        assertThat(request.endpoint()).isEqualTo(Endpoint.SIGNALING);
        assertThat(request.purpose()).isEqualTo(AuthRequest.Purpose.UPGRADE);
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.origin()).contains("https://app.example");
        assertThat(request.hostPrincipal()).isEmpty();
        assertThat(request.toString()).doesNotContain("secret");
        assertThat(request.credentials().toString()).isEqualTo("[QUERY Bearer ***]");

        AuthRequest other = accepted("/.tunnel", "authorization", "Bearer secret", "dpop", "hidden");
        assertThat(other.endpoint()).isEqualTo(Endpoint.TUNNEL);
        assertThat(other.toString()).doesNotContain("secret").doesNotContain("hidden");
    }

    @ParameterizedTest
    @CsvSource({
        "pod.example, https://pod.example/.webrtc",
        "POD.example, https://pod.example/.webrtc",
        "other.example:8443, https://other.example:8443/mounted/.webrtc",
        "third.example, https://Third.Example/.webrtc",
        "pod.example:443, https://pod.example/.webrtc",
        "THIRD.EXAMPLE:443, https://Third.Example/.webrtc",
    })
    void buildsTheUriFromTheConfiguration(String host, String uri) {
        HeaderFields fields = HeaderFields.of(
                "upgrade",
                "websocket",
                "x-forwarded-host",
                "evil.example",
                "x-forwarded-proto",
                "http",
                "forwarded",
                "host=evil.example");
        RequestHead head = RequestHead.builder("GET", "/.webrtc?token=x")
                .authority(host)
                .fields(fields)
                .build();
        ((Route.WebSocket) server.podbridge().route(head)).handshake().decide(head);
        assertThat(asked.remove(0).uri()).isEqualTo(URI.create(uri));
    }

    @Test
    void cookiesAreNoCredential() {
        assertThat(accepted("/.webrtc", "cookie", "session=1; token=x").credentials())
                .isEmpty();
    }
}
