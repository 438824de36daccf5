package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Podbridge;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;
import org.podbridge.policy.AccessPolicy;

/** Signed access tokens in the URL. */
class QueryTokenTest {

    private static final String ISSUER = "https://pod.example/";
    private static final String GOOD = "'iss':'https://pod.example/','iat':1000,'exp':4600";

    static final String BOUND = token("'iss':'https://pod.example/','iat':1,'exp':2,'cnf':{'jkt':'x'}");

    private final List<AuthRequest> asked = new ArrayList<>();
    private final SignalingServer strict = server(Set.of());
    private final SignalingServer open = server(Set.of(ISSUER, "https://other.example"));

    private SignalingServer server(Set<String> issuers) {
        return SignalingServer.start(builder -> builder.queryTokens(issuers).authProvider(request -> {
            asked.add(request);
            return CompletableFuture.completedStage(new AuthResult.NoCredentials());
        }));
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    static String token(String claims) {
        return base64("{\"alg\":\"ES256\"}") + "." + base64(Agent.json("{" + claims + "}")) + ".c2ln";
    }

    private void refused(SignalingServer server, String path, String token, String detail) {
        HandshakeDecision.Reject reject = (HandshakeDecision.Reject)
                server.handshake(path + "?token=" + token).toCompletableFuture().join();
        assertThat(reject.status()).isEqualTo(400);
        assertThat(reject.text())
                .isEqualTo(Agent.json("{'status':400,'detail':'" + detail + "','error':'invalid_request'}"));
        assertThat(asked).as("questions to the provider").isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/.webrtc", "/.tunnel"})
    void areRefusedWithAHintAtTickets(String path) {
        refused(
                strict,
                path,
                token(GOOD),
                "Access tokens are not accepted in the URL; ask POST " + path + " for a ticket");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/.webrtc", "/.tunnel"})
    void areRefusedAlwaysIfTheyAreBoundToAKey(String path) {
        String text = "This token is bound to a key; ask POST " + path + " for a ticket";
        refused(strict, path, BOUND, text);
        refused(open, path, BOUND, text);
        refused(open, path, token(GOOD + ",'cnf':null"), text);
        refused(open, path, token(GOOD + ",'cnf':{'x5t':'y'}"), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eyJhbGciOiJFUzI1NiJ9..c2ln", // no claims
                "eyJhbGciOiJFUzI1NiJ9.bm8.c2ln", // claims that are no JSON
                "eyJhbGciOiJFUzI1NiJ9.W10.c2ln", // claims that are a list
                "eyJhbGciOiJFUzI1NiJ9.e30.c2ln", // no issuer
                "eyJhbGciOiJFUzI1NiJ9.e30.a.b.c", // encrypted
                "eyAiYWxnIjoiRVMyNTYifQ.e30.c2ln", // a blank behind the brace
                "IHsiYWxnIjoiRVMyNTYifQ.e30.c2ln", // a blank before it
                "ewoiYWxnIjoiRVMyNTYifQ.e30.c2ln", // a new line
                "%65yJhbGciOiJFUzI1NiJ9.e30.c2ln", // an encoded letter
            })
    void areRecognisedWhateverTheyLookLike(String token) {
        refused(open, "/.webrtc", token, "Access tokens are not accepted in the URL; ask POST /.webrtc for a ticket");
    }

    @Test
    void areGivenToTheProviderIfTheIssuerIsListed() {
        String token = token(GOOD);
        open.handshake("/.webrtc?token=" + token);
        assertThat(asked.get(0).credentials())
                .containsExactly(new Credential(Credential.Carrier.QUERY, "Bearer", token, Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'iss':'https://pod.example','iat':1000,'exp':4600",
                "'iss':'https://POD.example/','iat':1000,'exp':4600",
                "'iss':['https://pod.example/'],'iat':1000,'exp':4600",
                "'iss':null,'iat':1000,'exp':4600",
            })
    void areRefusedIfTheIssuerIsNot(String claims) {
        refused(
                open,
                "/.webrtc",
                token(claims),
                "Access tokens are not accepted in the URL; ask POST /.webrtc for a ticket");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'iat':1000,'exp':4601",
                "'iat':1000",
                "'exp':4600",
                "'iat':'1000','exp':4600",
                "'iat':1000,'exp':'4600'",
                "'iat':1000,'exp':1e400",
                "'iat':4600,'exp':1000",
            })
    void areRefusedIfTheyLiveLongerThanAnHour(String times) {
        refused(
                open,
                "/.webrtc",
                token("'iss':'https://pod.example/'," + times),
                "The access token lives too long for the URL; ask POST /.webrtc for a ticket");
    }

    @Test
    void areRefusedIfTheyAreLongerThanAnybodyReads() {
        refused(
                open,
                "/.webrtc",
                token(GOOD + ",'x':'" + "x".repeat(8_192) + "'"),
                "Access tokens are not accepted in the URL; ask POST /.webrtc for a ticket");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.b.c", "secret", "two.parts", "e30.x", "..", "W10.e30.x"})
    void areNotWhatADevelopersTokenIsTakenFor(String token) {
        strict.handshake("/.webrtc?token=" + token);
        assertThat(asked).hasSize(1);
    }

    @Test
    void needTls() {
        Podbridge.Builder builder = Podbridge.builder()
                .publicUri(URI.create("http://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of()))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .queryTokens(Set.of(ISSUER));
        assertThatIllegalStateException()
                .isThrownBy(builder::build)
                .withMessage("queryTokens need https, which http://pod.example isn't");
    }
}
