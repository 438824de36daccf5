package org.podbridge.oidc;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** DPoP proofs that are refused, each with its text, and before anybody is asked for anything. */
class ProofTest {

    private static final String NOT_COMPACT = "The DPoP proof is not a compact JWS";
    private static final String TYPE = "The DPoP proof type is not dpop+jwt";
    private static final String NO_JWK = "The DPoP proof has no jwk";
    private static final String UNUSABLE = "The DPoP proof jwk is not a usable public key";
    private static final String PRIVATE = "The DPoP proof jwk holds a private key";
    private static final String ALGORITHM = "The DPoP proof algorithm is not allowed";
    private static final String SIGNATURE = "The DPoP proof signature is invalid";
    private static final String HEADER = "The DPoP proof has an unsupported header";
    private static final String HTM = "The DPoP proof htm does not match";
    private static final String HTU = "The DPoP proof htu does not match";
    private static final String IAT = "The DPoP proof iat is not acceptable";
    private static final String JTI = "The DPoP proof jti is not acceptable";
    private static final String ATH = "The DPoP proof ath does not match";

    private static Function<Pod, Pod.Answer> raw(Function<Pod, String> proof) {
        return pod -> pod.enter(pod.token(), proof.apply(pod));
    }

    private static Function<Pod, Pod.Answer> header(Pod.Change change) {
        return raw(pod -> pod.proof(change, claims -> {}));
    }

    private static Function<Pod, Pod.Answer> header(String name, Object value) {
        return header(header -> header.put(name, value));
    }

    private static Function<Pod, Pod.Answer> claim(String name, Object value) {
        return raw(pod -> pod.proof(claims -> claims.put(name, value)));
    }

    private static Function<Pod, Pod.Answer> without(String name) {
        return raw(pod -> pod.proof(claims -> claims.remove(name)));
    }

    /** A proof that a key has made and names, with a token bound to that key. */
    private static Function<Pod, Pod.Answer> by(Signer key, Pod.Change header) {
        return pod -> {
            Map<String, Object> h = pod.proofHeader();
            h.put("alg", key.algorithm());
            h.put("jwk", key.jwk());
            header.apply(h);
            return pod.enter(
                    pod.token(claims -> claims.put("cnf", Map.of("jkt", key.thumbprint()))),
                    key.compact(Pod.json(h), Pod.json(pod.proofClaims())));
        };
    }

    private static Function<Pod, Pod.Answer> by(Signer key) {
        return by(key, header -> {});
    }

    private static Pod.Change jwk(String name, Object value) {
        return header -> {
            Map<String, Object> jwk = Pod.CLIENT_KEY.jwk();
            jwk.put(name, value);
            header.put("jwk", jwk);
        };
    }

    private static Map<String, Object> rsa(String modulus, String exponent) {
        Map<String, Object> jwk = new LinkedHashMap<>();
        jwk.put("kty", "RSA");
        jwk.put("n", modulus);
        jwk.put("e", exponent);
        return jwk;
    }

    private static Function<Pod, Pod.Answer> rsaJwk(String modulus, String exponent) {
        return header(header -> {
            header.put("alg", "RS256");
            header.put("jwk", rsa(modulus, exponent));
        });
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                Refusal.proof(
                        "no proof",
                        "The DPoP header is missing",
                        pod -> pod.upgrade("authorization", "DPoP " + pod.token())),
                Refusal.proof(
                        "two fields",
                        "More than one DPoP header",
                        pod -> pod.upgrade(
                                "authorization", "DPoP " + pod.token(), "dpop", pod.proof(), "dpop", pod.proof())),
                Refusal.proof(
                        "two proofs in one field",
                        "More than one DPoP header",
                        pod -> pod.enter(pod.token(), pod.proof() + ", " + pod.proof())),
                Refusal.proof("an empty field", NOT_COMPACT, raw(pod -> "")),
                Refusal.proof("a mebibyte", NOT_COMPACT, raw(pod -> "a.b." + "c".repeat(1 << 20))),
                Refusal.proof("one character too many", NOT_COMPACT, raw(pod -> "e30.e30." + "c".repeat(4089))),
                Refusal.proof("as many characters as may be", ALGORITHM, raw(pod -> "e30.e30." + "c".repeat(4088))),
                Refusal.proof("four parts", NOT_COMPACT, raw(pod -> pod.proof() + ".e30")),
                Refusal.proof(
                        "no JSON", "The DPoP proof is malformed", raw(pod -> Pod.CLIENT_KEY.compact("SECRET", "{}"))),
                Refusal.proof("the access token", TYPE, pod -> {
                    String token = pod.token();
                    return pod.enter(token, token);
                }));
    }

    static Stream<Arguments> headers() {
        Signer es256 = Signer.of("ES256");
        Signer es384 = Signer.of("ES384");
        Signer rs256 = Signer.of("RS256");
        String modulus = String.valueOf(rs256.jwk().get("n"));
        List<Arguments> cases = new ArrayList<>(List.of(
                Refusal.proof("typ JWT", TYPE, header("typ", "JWT")),
                Refusal.proof("no typ", TYPE, header(header -> header.remove("typ"))),
                Refusal.proof("no jwk", NO_JWK, header(header -> header.remove("jwk"))),
                Refusal.proof("a jwk that is a text", NO_JWK, header("jwk", Pod.json(es256.jwk()))),
                Refusal.proof(
                        "a secret as its key",
                        ALGORITHM,
                        raw(pod -> Signer.hmac(
                                Pod.json(Map.of(
                                        "alg",
                                        "HS256",
                                        "typ",
                                        "dpop+jwt",
                                        "jwk",
                                        Map.of("kty", "oct", "k", "c2VjcmV0"))),
                                Pod.json(pod.proofClaims()),
                                new byte[] {1}))),
                Refusal.proof("a secret for ES256", PRIVATE, header("jwk", Map.of("kty", "oct", "k", "c2VjcmV0"))),
                Refusal.proof("a key of type oct", UNUSABLE, header("jwk", Map.of("kty", "oct"))),
                Refusal.proof("a key of no type", UNUSABLE, header("jwk", Map.of())),
                Refusal.proof(
                        "a point off the curve",
                        UNUSABLE,
                        header(jwk("x", String.valueOf(es256.jwk().get("y"))))),
                Refusal.proof("a point at zero", UNUSABLE, header(header -> {
                    Map<String, Object> jwk = Pod.CLIENT_KEY.jwk();
                    jwk.put("x", "AA");
                    jwk.put("y", "AA");
                    header.put("jwk", jwk);
                })),
                Refusal.proof("an unknown curve", UNUSABLE, header(jwk("crv", "secp256k1"))),
                Refusal.proof("no curve", UNUSABLE, header(jwk("crv", 1))),
                Refusal.proof("a coordinate that is a number", UNUSABLE, header(jwk("x", 1))),
                Refusal.proof("RSA of 1024 bits", UNUSABLE, by(Signer.rsa("RS256", 1024))),
                Refusal.proof("RSA of 16384 bits", UNUSABLE, rsaJwk("_".repeat(2731), "AQAB")),
                Refusal.proof("RSA of 4097 bits", UNUSABLE, rsaJwk("Af" + "_".repeat(682), "AQAB")),
                Refusal.proof("RSA with an exponent of 1", UNUSABLE, rsaJwk(modulus, "AQ")),
                Refusal.proof("RSA with an even exponent", UNUSABLE, rsaJwk(modulus, "AQAA")),
                Refusal.proof("RSA with an exponent as long as its modulus", UNUSABLE, rsaJwk(modulus, modulus)),
                Refusal.proof("RSA with an exponent of 33 bits", UNUSABLE, rsaJwk(modulus, "AQAAAAE")),
                Refusal.proof("alg none", ALGORITHM, header("alg", "none")),
                Refusal.proof("no alg", ALGORITHM, header(header -> header.remove("alg"))),
                Refusal.proof("ES384 with a key for ES256", UNUSABLE, header("alg", "ES384")),
                Refusal.proof("ES256 with a key for ES384", UNUSABLE, by(es384, header -> header.put("alg", "ES256"))),
                Refusal.proof("RS256 with an elliptic key", UNUSABLE, header("alg", "RS256")),
                Refusal.proof("EdDSA with an elliptic key", UNUSABLE, header("alg", "EdDSA")),
                Refusal.proof("ES256 with an RSA key", UNUSABLE, by(rs256, header -> header.put("alg", "ES256"))),
                Refusal.proof("a key for agreement", UNUSABLE, header(header -> {
                    header.put("alg", "EdDSA");
                    header.put("jwk", Map.of("kty", "OKP", "crv", "X25519", "x", "A".repeat(43)));
                })),
                Refusal.proof(
                        "made by another key than it names",
                        SIGNATURE,
                        raw(pod -> es256.compact(Pod.json(pod.proofHeader()), Pod.json(pod.proofClaims())))),
                Refusal.token(
                        "made by another key than the token's",
                        "The access token is bound to another key",
                        0,
                        raw(pod -> {
                            Map<String, Object> header = pod.proofHeader();
                            header.put("jwk", es256.jwk());
                            return es256.compact(Pod.json(header), Pod.json(pod.proofClaims()));
                        })),
                Refusal.proof("crit", HEADER, header("crit", List.of("jwk"))),
                Refusal.proof("b64", HEADER, header("b64", true))));
        for (String member : List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k")) {
            cases.add(Refusal.proof("the private member " + member, PRIVATE, header(jwk(member, "AQAB"))));
        }
        return cases.stream();
    }

    static Stream<Arguments> methods() {
        return Stream.of(
                Refusal.proof("htm POST", HTM, claim("htm", "POST")),
                Refusal.proof("htm get", HTM, claim("htm", "get")),
                Refusal.proof("no htm", HTM, without("htm")),
                Refusal.proof("htm CONNECT for an upgrade in HTTP/1.1", HTM, claim("htm", "CONNECT")),
                Refusal.proof(
                        "htm POST for an upgrade in HTTP/2",
                        HTM,
                        pod -> pod.upgradeAs(
                                "CONNECT",
                                "pod.example",
                                "authorization",
                                "DPoP " + pod.token(),
                                "dpop",
                                pod.proof(claims -> claims.put("htm", "POST")))),
                Refusal.proof(
                        "htm GET for a ticket",
                        HTM,
                        pod -> pod.request(
                                "POST", "/.webrtc", "authorization", "DPoP " + pod.token(), "dpop", pod.proof())));
    }

    static Stream<Arguments> targets() {
        List<Arguments> cases = new ArrayList<>(List.of(
                Refusal.proof("no htu", HTU, without("htu")),
                Refusal.proof("several htu", HTU, claim("htu", List.of(Pod.URI_OF_SOCKET))),
                Refusal.proof(
                        "the host that the Host field names",
                        HTU,
                        pod -> pod.upgradeAs(
                                "GET",
                                "pod.example",
                                "host",
                                "evil.example",
                                "x-forwarded-host",
                                "evil.example",
                                "forwarded",
                                "host=evil.example",
                                "authorization",
                                "DPoP " + pod.token(),
                                "dpop",
                                pod.proof(claims -> claims.put("htu", "https://evil.example/.webrtc"))))));
        for (String htu : List.of(
                "https://evil.example/.webrtc",
                "http://pod.example/.webrtc",
                "ws://pod.example/.webrtc",
                "https://pod.example:8443/.webrtc",
                "https://pod.example:80/.webrtc",
                "https://pod.example/.tunnel",
                "https://pod.example/.webrtc/",
                "https://pod.example/.WEBRTC",
                "https://pod.example.evil.example/.webrtc",
                "https://pod.example./.webrtc",
                "https://a@pod.example/.webrtc",
                "https://pod.example@evil.example/.webrtc",
                "/.webrtc",
                "//pod.example/.webrtc",
                "pod.example/.webrtc",
                "https:/.webrtc",
                "https:.webrtc",
                "ftp://pod.example/.webrtc",
                "https://pod.example/a%2f..%2f.webrtc",
                "https://pod.example//.webrtc",
                "https://pod.example/%2Ewebrtc%",
                "https://pod.example/..%2F.webrtc",
                "https://pod.example",
                "")) {
            cases.add(Refusal.proof("htu " + htu, HTU, claim("htu", htu)));
        }
        return cases.stream();
    }

    static Stream<Arguments> times() {
        return Stream.of(
                Refusal.proof(
                        "two minutes and a second old",
                        IAT,
                        raw(pod -> pod.proof(claims -> claims.put("iat", pod.now() - 121)))),
                Refusal.proof(
                        "made in a minute and a second",
                        IAT,
                        raw(pod -> pod.proof(claims -> claims.put("iat", pod.now() + 61)))),
                Refusal.proof(
                        "iat in milliseconds",
                        IAT,
                        raw(pod -> pod.proof(claims -> claims.put("iat", pod.now() * 1000)))),
                Refusal.proof("no iat", IAT, without("iat")),
                Refusal.proof(
                        "iat as text",
                        IAT,
                        raw(pod -> pod.proof(claims -> claims.put("iat", String.valueOf(pod.now()))))),
                Refusal.proof(
                        "expired",
                        "The DPoP proof has expired",
                        raw(pod -> pod.proof(claims -> claims.put("exp", pod.now() - 60)))),
                Refusal.proof("exp as text", "The DPoP proof has expired", claim("exp", "99999999999")),
                Refusal.proof(
                        "good in a minute and a second",
                        "The DPoP proof is not yet valid",
                        raw(pod -> pod.proof(claims -> claims.put("nbf", pod.now() + 61)))),
                Refusal.proof("nbf as text", "The DPoP proof is not yet valid", claim("nbf", "0")));
    }

    static Stream<Arguments> names() {
        return Stream.of(
                Refusal.proof("no jti", "The DPoP proof has no jti", without("jti")),
                Refusal.proof("an empty jti", JTI, claim("jti", "")),
                Refusal.proof("a jti of 257 characters", JTI, claim("jti", "a".repeat(257))),
                Refusal.proof("a jti that is a number", JTI, claim("jti", 1)),
                Refusal.proof("ath of another token", ATH, claim("ath", Digest.of("another"))),
                Refusal.proof("ath with padding", ATH, pod -> {
                    String token = pod.token();
                    return pod.enter(token, pod.proof(claims -> claims.put("ath", Digest.of(token) + "=")));
                }),
                Refusal.proof("ath that is a number", ATH, claim("ath", 1)),
                Refusal.proof("ath of nothing", ATH, claim("ath", "")));
    }

    @ParameterizedTest
    @MethodSource({"shapes", "headers", "methods", "targets", "times", "names"})
    void isRefused(Refusal refusal) {
        try (Pod pod = new Pod()) {
            refusal.check(pod);
        }
    }

    static Stream<Arguments> lackOfAth() {
        return Stream.of(Refusal.proof("no ath", "The DPoP proof has no ath", raw(Pod::proof)));
    }

    @ParameterizedTest
    @MethodSource("lackOfAth")
    void isRefusedWhereAthIsRequired(Refusal refusal) {
        try (Pod pod = new Pod(builder -> builder.requireAth(true))) {
            refusal.check(pod);
        }
    }
}
