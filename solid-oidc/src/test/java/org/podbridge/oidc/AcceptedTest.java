package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is let in, so that refusals elsewhere mean something. */
class AcceptedTest {

    private final Pod pod = new Pod();

    @AfterEach
    void close() {
        pod.close();
    }

    private static void assertIn(Pod.Answer answer) {
        assertThat(answer.detail()).isEmpty();
        assertThat(answer.status()).isEqualTo(101);
    }

    private void assertTokenIn(Pod.Change claims) {
        assertIn(pod.enter(pod.token(claims), pod.proof()));
    }

    private void assertProofIn(Pod.Change claims) {
        assertIn(pod.enter(pod.token(), pod.proof(claims)));
    }

    @Test
    void aTokenWithItsProofIsItsWebId() {
        Pod.Answer answer = pod.enter();
        assertIn(answer);
        assertThat(answer.identity()).hasValueSatisfying(identity -> {
            assertThat(identity.webId().value()).isEqualTo(Pod.ALICE);
            assertThat(identity.method()).isEqualTo("solid-oidc");
            assertThat(identity.issuer()).contains(Pod.ISSUER);
            assertThat(identity.clientId()).contains("https://app.example/id");
            assertThat(identity.expiresAt()).contains(pod.scheduler.now().plusSeconds(600));
            assertThat(identity.isAmbient()).isFalse();
        });
        assertThat(pod.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS, Pod.CARD);
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(pod.web.asked()).isEmpty();
    }

    @Test
    void theSchemeIsComparedWithoutCaseAndSpacesAroundAreNothing() {
        assertIn(pod.upgrade("authorization", " dpop  " + pod.token() + " ", "dpop", " " + pod.proof() + "  "));
    }

    @Test
    void theClientMayBeNamedByAzpOrNotAtAll() {
        Pod.Answer azp = pod.enter(
                pod.token(claims -> {
                    claims.remove("client_id");
                    claims.put("azp", "app");
                }),
                pod.proof());
        assertThat(azp.identity().orElseThrow().clientId()).contains("app");
        Pod.Answer nobody = pod.enter(pod.token(claims -> claims.put("client_id", 1)), pod.proof());
        assertThat(nobody.identity().orElseThrow().clientId()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"at+jwt", "AT+JWT", "application/at+jwt", "JWT", "jwt"})
    void aTokenMayHaveOneOfTheseTypes(String type) {
        assertIn(pod.enter(pod.token(header -> header.put("typ", type), claims -> {}), pod.proof()));
    }

    @Test
    void aTokenMayHaveNoType() {
        assertIn(pod.enter(pod.token(header -> header.remove("typ"), claims -> {}), pod.proof()));
    }

    @Test
    void aTokenMayBeForOthersToo() {
        assertTokenIn(claims -> claims.put("aud", List.of("https://app.example", "solid")));
    }

    @Test
    void clocksMayDifferByAlmostAMinute() {
        assertTokenIn(claims -> claims.put("iat", pod.now() + 59));
        assertTokenIn(claims -> claims.put("nbf", pod.now() + 59));
        assertProofIn(claims -> claims.put("iat", pod.now() + 59));
        assertProofIn(claims -> claims.put("iat", pod.now() - 119));
        assertProofIn(claims -> claims.put("exp", pod.now() - 59));
        assertProofIn(claims -> claims.put("nbf", pod.now() + 59));
        assertProofIn(claims -> claims.put("iat", pod.now() + 0.5));
    }

    @Test
    void clocksMayDifferByExactlyAMinute() {
        assertTokenIn(claims -> claims.put("iat", pod.now() + 60));
        assertProofIn(claims -> claims.put("iat", pod.now() + 60));
        assertProofIn(claims -> claims.put("iat", pod.now() - 120));
    }

    @Test
    void aTokenMayLiveForADay() {
        assertTokenIn(claims -> claims.put("exp", pod.now() + 86_400));
        assertTokenIn(claims -> {
            claims.put("iat", pod.now() - 86_400 + 10);
            claims.put("exp", pod.now() + 10);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA"})
    void bothMayBeSignedWith(String algorithm) {
        Signer key = Signer.of(algorithm);
        pod.web.put(Pod.JWKS, TestWeb.json(Pod.jwks(Map.of("kid", "k2"), Pod.ISSUER_KEY, key)));
        Map<String, Object> claims = pod.tokenClaims();
        claims.put("cnf", Map.of("jkt", key.thumbprint()));
        Map<String, Object> header = pod.proofHeader();
        header.put("alg", algorithm);
        header.put("jwk", key.jwk());
        assertIn(pod.enter(
                key.compact("{\"alg\":\"" + algorithm + "\",\"kid\":\"k2\"}", Pod.json(claims)),
                key.compact(Pod.json(header), Pod.json(pod.proofClaims()))));
    }

    @Test
    void anRsaKeyMayHave4096Bits() {
        Signer key = Signer.rsa("RS256", 4096);
        Map<String, Object> header = pod.proofHeader();
        header.put("alg", "RS256");
        header.put("jwk", key.jwk());
        assertIn(pod.enter(
                pod.token(claims -> claims.put("cnf", Map.of("jkt", key.thumbprint()))),
                key.compact(Pod.json(header), Pod.json(pod.proofClaims()))));
    }

    @Test
    void aTokenWithoutAKidIsVerifiedWithTheKeysThatFit() {
        pod.web.put(
                Pod.JWKS,
                TestWeb.json(Pod.jwks(Map.of("kid", "k7"), Signer.of("RS256"), Signer.of("ES256"), Pod.ISSUER_KEY)));
        assertIn(pod.enter(pod.token(header -> header.remove("kid"), claims -> {}), pod.proof()));
    }

    @Test
    void furtherMembersOfTheProofsKeyAreNothing() {
        assertIn(pod.enter(
                pod.token(),
                pod.proof(
                        header -> {
                            Map<String, Object> jwk = Pod.CLIENT_KEY.jwk();
                            jwk.put("kid", "a");
                            jwk.put("use", "sig");
                            jwk.put("alg", "ES256");
                            jwk.put("x5c", List.of("bm90IGEgY2VydGlmaWNhdGU="));
                            jwk.put("x5u", "https://m.example/");
                            header.put("jwk", jwk);
                            header.put("typ", "DPoP+JWT");
                        },
                        claims -> {})));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://pod.example/.webrtc",
                "wss://pod.example/.webrtc",
                "HTTPS://POD.EXAMPLE/.webrtc",
                "https://pod.example:443/.webrtc",
                "wss://pod.example:443/.webrtc",
                "https://pod.example/.webrtc?token=a",
                "https://pod.example/.webrtc?",
                "https://pod.example/.webrtc#a",
                "https://pod.example/%2Ewebrtc",
                "https://pod.example/%2ewebr%74c",
                "https://pod.example/./.webrtc",
                "https://pod.example/a/../.webrtc",
                "https://pod.example/../.webrtc",
                "https://pod.example/a/%2E%2e/.webrtc"
            })
    void aProofMayNameTheSocketBy(String htu) {
        assertProofIn(claims -> claims.put("htu", htu));
    }

    @Test
    void anUpgradeInHttp2IsAConnectOrAGet() {
        for (String method : List.of("CONNECT", "GET")) {
            assertIn(pod.upgradeAs(
                    "CONNECT",
                    "pod.example",
                    "authorization",
                    "DPoP " + pod.token(),
                    "dpop",
                    pod.proof(claims -> claims.put("htm", method))));
        }
    }

    @Test
    void aTicketIsBoughtWithAPost() {
        Pod.Answer answer = pod.request(
                "POST",
                "/.webrtc",
                "authorization",
                "DPoP " + pod.token(),
                "dpop",
                pod.proof(claims -> claims.put("htm", "POST")));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.detail()).contains("tk_");
    }

    @Test
    void aProofMayNameItsToken() {
        String token = pod.token();
        assertIn(pod.enter(token, pod.proof(claims -> claims.put("ath", Digest.of(token)))));
        try (Pod strict = new Pod(builder -> builder.requireAth(true))) {
            String other = strict.token();
            assertIn(strict.enter(other, strict.proof(claims -> claims.put("ath", Digest.of(other)))));
        }
    }

    @Test
    void aProofMayBeNamedByAnyTextOf256Characters() {
        assertProofIn(claims -> claims.put("jti", "a".repeat(256)));
        assertProofIn(claims -> claims.put("jti", " ä\u0000"));
    }

    @Test
    void whatCoreHandsOverThatIsNotForThisProviderIsNoCredential() {
        assertThat(pod.request("POST", "/.webrtc?token=dev.token").detail()).isEqualTo("Authentication is required");
    }

    @ParameterizedTest
    @CsvSource({"https://idp.example, https://idp.example", "https://idp.example/, https://idp.example/"})
    void onlyTrustedIssuersAreAskedIfThereAreAny(String trusted, String issuer) {
        Function<Pod, Pod.Answer> enter = p -> {
            p.web.put(Pod.DISCOVERY, TestWeb.json(Pod.discovery(issuer, Pod.JWKS)));
            p.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, issuer)));
            return p.enter(p.token(claims -> claims.put("iss", issuer)), p.proof());
        };
        try (Pod closed = new Pod(builder -> builder.trustedIssuers(trusted, "https://second.example/"))) {
            assertIn(enter.apply(closed));
        }
        try (Pod closed = new Pod(builder -> builder.trustedIssuers("https://second.example/", trusted + "x"))) {
            Refusal refusal = new Refusal(
                    "an issuer that isn't trusted", 401, "invalid_token", "The issuer is not trusted here", 0, enter);
            refusal.check(closed);
        }
    }

    @Test
    void onlyTheAlgorithmsThatAreAllowedAreTaken() {
        try (Pod strict = new Pod(builder -> builder.algorithms("PS256"))) {
            Pod.Answer answer = strict.enter();
            assertThat(answer.detail()).isEqualTo("The access token algorithm is not allowed");
            assertThat(answer.fields().first("www-authenticate").orElseThrow()).contains("algs=\"PS256\"");
        }
    }
}
