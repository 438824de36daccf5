package org.podbridge.oidc;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Access tokens that are refused, each with its text, and what was asked for until then. */
class TokenTest {

    private static final String NOT_COMPACT = "The access token is not a compact JWS";
    private static final String MALFORMED = "The access token is malformed";
    private static final String ALGORITHM = "The access token algorithm is not allowed";
    private static final String TYPE = "The access token type is not allowed";
    private static final String HEADER = "The access token has an unsupported header";
    private static final String SIGNATURE = "The access token signature is invalid";
    private static final String UNVERIFIED = "The access token could not be verified";
    private static final String AUDIENCE = "The access token audience is not solid";
    private static final String UNBOUND = "The access token is not bound to a key";
    private static final String SCHEME = "The DPoP authentication scheme is required";

    private static Function<Pod, Pod.Answer> raw(Function<Pod, String> token) {
        return pod -> pod.enter(token.apply(pod), pod.proof());
    }

    private static Function<Pod, Pod.Answer> claims(Pod.Change change) {
        return raw(pod -> pod.token(change));
    }

    private static Function<Pod, Pod.Answer> header(Pod.Change change) {
        return raw(pod -> pod.token(change, claims -> {}));
    }

    private static Function<Pod, Pod.Answer> claim(String name, Object value) {
        return claims(claims -> claims.put(name, value));
    }

    private static Function<Pod, Pod.Answer> without(String name) {
        return claims(claims -> claims.remove(name));
    }

    /** Signs a header and a payload that need not be JSON. */
    private static Function<Pod, Pod.Answer> signed(Function<Pod, String> header, Function<Pod, String> payload) {
        return raw(pod -> Pod.ISSUER_KEY.compact(header.apply(pod), payload.apply(pod)));
    }

    private static Function<Pod, Pod.Answer> payload(String payload) {
        return signed(pod -> Pod.json(pod.tokenHeader()), pod -> payload);
    }

    private static Function<Pod, Pod.Answer> signature(Function<byte[], byte[]> change) {
        return raw(pod -> {
            String token = pod.token();
            int last = token.lastIndexOf('.') + 1;
            byte[] signature = Base64.getUrlDecoder().decode(token.substring(last));
            return token.substring(0, last)
                    + Base64.getUrlEncoder().withoutPadding().encodeToString(change.apply(signature));
        });
    }

    private static byte[] der(byte[] signature) {
        byte[] der = new byte[6 + 2 + signature.length];
        int half = signature.length / 2;
        der[0] = 0x30;
        der[1] = (byte) (der.length - 2);
        der[2] = 0x02;
        der[3] = (byte) (half + 1);
        System.arraycopy(signature, 0, der, 5, half);
        der[5 + half] = 0x02;
        der[6 + half] = (byte) half;
        System.arraycopy(signature, half, der, 7 + half, half);
        return der;
    }

    static Stream<Arguments> carriers() {
        return Stream.of(
                Refusal.other("nothing at all", 401, "", "Authentication is required", 0, Pod::upgrade),
                Refusal.other(
                        "two Authorization fields",
                        400,
                        "invalid_request",
                        "More than one Authorization header",
                        0,
                        pod -> pod.upgrade(
                                "authorization",
                                "DPoP " + pod.token(),
                                "authorization",
                                "DPoP " + pod.token(),
                                "dpop",
                                pod.proof())),
                Refusal.other(
                        "no space behind the scheme",
                        400,
                        "invalid_request",
                        "Malformed Authorization header",
                        0,
                        pod -> pod.upgrade("authorization", "DPoP" + pod.token(), "dpop", pod.proof())),
                Refusal.token(
                        "Basic", SCHEME, 0, pod -> pod.upgrade("authorization", "Basic QWxpY2U6", "dpop", pod.proof())),
                Refusal.token(
                        "a bound token as Bearer",
                        SCHEME,
                        0,
                        pod -> pod.upgrade("authorization", "Bearer " + pod.token(), "dpop", pod.proof())),
                Refusal.token(
                        "a bound token as Bearer without a proof",
                        SCHEME,
                        0,
                        pod -> pod.upgrade("authorization", "Bearer " + pod.token())));
    }

    static Stream<Arguments> shapes() {
        return Stream.of(
                Refusal.token("one part", NOT_COMPACT, 0, raw(pod -> "e30")),
                Refusal.token("two parts", NOT_COMPACT, 0, raw(pod -> "e30.e30")),
                Refusal.token("five parts, as if encrypted", NOT_COMPACT, 0, raw(pod -> "e30.e30.e30.e30.e30")),
                Refusal.token("no signature", NOT_COMPACT, 0, raw(pod -> "e30.e30.")),
                Refusal.token("a mebibyte", NOT_COMPACT, 0, raw(pod -> "a.b." + "c".repeat(1 << 20))),
                Refusal.token(
                        "one character too many",
                        NOT_COMPACT,
                        0,
                        raw(pod -> "e30.e30." + "c".repeat(8192 - "e30.e30.".length() + 1))),
                Refusal.token("as many characters as may be", ALGORITHM, 0, raw(pod -> "e30.e30." + "c".repeat(8184))),
                Refusal.token(
                        "a new line within",
                        NOT_COMPACT,
                        0,
                        raw(pod -> pod.token().replace(".", ".\n"))),
                Refusal.token("padding", NOT_COMPACT, 0, raw(pod -> pod.token() + "=")),
                Refusal.token("base64 that can't be", MALFORMED, 0, raw(pod -> "a.e30.e30")),
                Refusal.token(
                        "bytes that are no UTF-8",
                        MALFORMED,
                        0,
                        raw(pod -> Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[] {'{', -1, '}'})
                                + ".e30.e30")),
                Refusal.token("a payload that is no JSON", MALFORMED, 0, payload("webid=SECRET")),
                Refusal.token("a payload that is an array", MALFORMED, 0, payload("[{\"iss\":\"SECRET\"}]")),
                Refusal.token(
                        "a claim that stands there twice",
                        MALFORMED,
                        0,
                        signed(
                                pod -> Pod.json(pod.tokenHeader()),
                                pod -> Pod.json(pod.tokenClaims())
                                        .replaceFirst("\\{", "{\"webid\":\"https://m.example/\","))),
                Refusal.token(
                        "a header that stands there twice",
                        MALFORMED,
                        0,
                        signed(pod -> "{\"alg\":\"none\",\"alg\":\"ES256\"}", pod -> Pod.json(pod.tokenClaims()))),
                Refusal.token(
                        "2,500 nested arrays",
                        MALFORMED,
                        0,
                        payload("{\"a\":" + "[".repeat(2500) + "]".repeat(2500) + "}")),
                Refusal.token(
                        "a header that is nested deeply",
                        MALFORMED,
                        0,
                        signed(
                                pod -> "{\"alg\":\"ES256\",\"a\":" + "[".repeat(20) + "]".repeat(20) + "}",
                                pod -> Pod.json(pod.tokenClaims()))));
    }

    static Stream<Arguments> headers() {
        return Stream.of(
                Refusal.token("alg none", ALGORITHM, 0, header(header -> header.put("alg", "none"))),
                Refusal.token("alg NONE", ALGORITHM, 0, header(header -> header.put("alg", "NONE"))),
                Refusal.token("no alg", ALGORITHM, 0, header(header -> header.remove("alg"))),
                Refusal.token(
                        "an alg that is a list", ALGORITHM, 0, header(header -> header.put("alg", List.of("ES256")))),
                Refusal.token("HS256 with the issuer's public key as its secret", ALGORITHM, 0, raw(pod -> {
                    Map<String, Object> header = pod.tokenHeader();
                    header.put("alg", "HS256");
                    return Signer.hmac(
                            Pod.json(header), Pod.json(pod.tokenClaims()), Pod.ISSUER_KEY.encodedPublicKey());
                })),
                Refusal.token("ES256K", ALGORITHM, 0, header(header -> header.put("alg", "ES256K"))),
                Refusal.token("the type of a proof", TYPE, 0, header(header -> header.put("typ", "dpop+jwt"))),
                Refusal.token("an ID token's type", TYPE, 0, header(header -> header.put("typ", "id+jwt"))),
                Refusal.token("a type that is a number", TYPE, 0, header(header -> header.put("typ", 1))),
                Refusal.token("crit", HEADER, 0, header(header -> header.put("crit", List.of("exp")))),
                Refusal.token("b64 false", HEADER, 0, header(header -> {
                    header.put("b64", false);
                    header.put("crit", List.of("b64"));
                })),
                Refusal.token("b64 alone", HEADER, 0, header(header -> header.put("b64", false))));
    }

    static Stream<Arguments> signatures() {
        Signer mallory = Signer.of("ES256");
        return Stream.of(
                Refusal.token(
                        "another key under the same kid",
                        SIGNATURE,
                        2,
                        raw(pod -> mallory.compact(Pod.json(pod.tokenHeader()), Pod.json(pod.tokenClaims())))),
                Refusal.token("an unknown kid", UNVERIFIED, 2, header(header -> header.put("kid", "k2"))),
                Refusal.token("a kid that is a number", UNVERIFIED, 2, header(header -> header.put("kid", 1))),
                Refusal.token("the token's own jwk", SIGNATURE, 2, raw(pod -> {
                    Map<String, Object> header = pod.tokenHeader();
                    header.put("jwk", mallory.jwk());
                    return mallory.compact(Pod.json(header), Pod.json(pod.tokenClaims()));
                })),
                Refusal.token("a jku of the token's own", SIGNATURE, 2, raw(pod -> {
                    pod.web.put("https://m.example/jwks", TestWeb.json(Pod.jwks(Map.of("kid", "k1"), mallory)));
                    Map<String, Object> header = pod.tokenHeader();
                    header.put("jku", "https://m.example/jwks");
                    header.put("x5u", "https://m.example/jwks");
                    return mallory.compact(Pod.json(header), Pod.json(pod.tokenClaims()));
                })),
                Refusal.token("an algorithm that isn't the key's", UNVERIFIED, 2, raw(pod -> {
                    Signer rsa = Signer.of("RS256");
                    return rsa.compact("{\"alg\":\"RS256\",\"kid\":\"k1\"}", Pod.json(pod.tokenClaims()));
                })),
                Refusal.token("a short key of the issuer", UNVERIFIED, 2, raw(pod -> {
                    Signer rsa = Signer.rsa("RS256", 1024);
                    pod.web.put(Pod.JWKS, TestWeb.json(Pod.jwks(Map.of("kid", "k1"), rsa)));
                    return rsa.compact("{\"alg\":\"RS256\",\"kid\":\"k1\"}", Pod.json(pod.tokenClaims()));
                })),
                Refusal.token("a key for encryption", UNVERIFIED, 2, raw(pod -> {
                    pod.web.put(Pod.JWKS, TestWeb.json(Pod.jwks(Map.of("kid", "k1", "use", "enc"), Pod.ISSUER_KEY)));
                    return pod.token();
                })),
                Refusal.token("a key for another algorithm", UNVERIFIED, 2, raw(pod -> {
                    pod.web.put(Pod.JWKS, TestWeb.json(Pod.jwks(Map.of("kid", "k1", "alg", "ES384"), Pod.ISSUER_KEY)));
                    return pod.token();
                })),
                Refusal.token("a key that doesn't verify", UNVERIFIED, 2, raw(pod -> {
                    Map<String, Object> jwk = Pod.ISSUER_KEY.jwk();
                    jwk.put("kid", "k1");
                    jwk.put("key_ops", List.of("sign"));
                    pod.web.put(Pod.JWKS, TestWeb.json(Pod.json(Map.of("keys", List.of(jwk)))));
                    return pod.token();
                })),
                Refusal.token("zeros as a signature", SIGNATURE, 2, signature(good -> new byte[good.length])),
                Refusal.token("a signature in DER", SIGNATURE, 2, signature(TokenTest::der)),
                Refusal.token("another payload", SIGNATURE, 2, raw(pod -> {
                    String token = pod.token();
                    return token.substring(0, token.indexOf('.') + 1)
                            + Signer.base64(Pod.json(pod.tokenClaims()).replace("alice", "admin"))
                            + token.substring(token.lastIndexOf('.'));
                })));
    }

    static Stream<Arguments> claims() {
        return Stream.of(
                Refusal.token("no iss", "The access token has no iss claim", 0, without("iss")),
                Refusal.token("no webid", "The access token has no webid claim", 0, without("webid")),
                Refusal.token("no exp", "The access token has no exp claim", 0, without("exp")),
                Refusal.token("no iat", "The access token has no iat claim", 0, without("iat")),
                Refusal.token("no aud", AUDIENCE, 0, without("aud")),
                Refusal.token("no cnf", UNBOUND, 0, without("cnf")),
                Refusal.token("a WebID in sub only", "The access token has no webid claim", 0, claims(claims -> {
                    claims.remove("webid");
                    claims.put("sub", Pod.ALICE);
                })),
                Refusal.token("several WebIDs", "The webid claim is not a URL", 0, claim("webid", List.of(Pod.ALICE))),
                Refusal.token("exp as text", MALFORMED, 0, claim("exp", "99999999999")),
                Refusal.token("exp beyond all times", MALFORMED, 0, claim("exp", 1e300)),
                Refusal.token("exp in milliseconds", MALFORMED, 0, claim("exp", 1_800_000_000_000L)),
                Refusal.token("exp below zero", MALFORMED, 0, claim("exp", -1)),
                Refusal.token("iat as text", MALFORMED, 0, claim("iat", "0")),
                Refusal.token("nbf as text", MALFORMED, 0, claim("nbf", "0")),
                Refusal.token(
                        "expired a minute and a second ago",
                        "The access token has expired",
                        0,
                        raw(pod -> pod.token(claims -> claims.put("exp", pod.now() - 61)))),
                Refusal.token(
                        "issued in a minute and a second",
                        "The access token is issued in the future",
                        0,
                        raw(pod -> pod.token(claims -> claims.put("iat", pod.now() + 61)))),
                Refusal.token(
                        "good in a minute and a second",
                        "The access token is not yet valid",
                        0,
                        raw(pod -> pod.token(claims -> claims.put("nbf", pod.now() + 61)))),
                Refusal.token(
                        "good for ten years",
                        "The access token lives too long",
                        0,
                        raw(pod -> pod.token(claims -> claims.put("exp", pod.now() + 315_360_000)))),
                Refusal.token(
                        "a day and a second old",
                        "The access token lives too long",
                        0,
                        raw(pod -> pod.token(claims -> {
                            claims.put("iat", pod.now() - 86_401);
                            claims.put("exp", pod.now() - 30);
                        }))),
                Refusal.token("for somebody else", AUDIENCE, 0, claim("aud", "https://pod.example/")),
                Refusal.token("for SOLID", AUDIENCE, 0, claim("aud", "SOLID")),
                Refusal.token("for several others", AUDIENCE, 0, claim("aud", List.of("a", "b"))),
                Refusal.token("for solid and a number", AUDIENCE, 0, claim("aud", List.of("solid", 1))),
                Refusal.token("bound to a certificate", UNBOUND, 0, claim("cnf", Map.of("x5t#S256", "a".repeat(43)))),
                Refusal.token("bound by a text", UNBOUND, 0, claim("cnf", "a".repeat(43))),
                Refusal.token("a short thumbprint", UNBOUND, 0, claim("cnf", Map.of("jkt", "a".repeat(42)))),
                Refusal.token("a thumbprint of other signs", UNBOUND, 0, claim("cnf", Map.of("jkt", "+".repeat(43)))),
                Refusal.token("a thumbprint that is a number", UNBOUND, 0, claim("cnf", Map.of("jkt", 1))),
                Refusal.token(
                        "bound to another key",
                        "The access token is bound to another key",
                        0,
                        claim("cnf", Map.of("jkt", Signer.of("ES256").thumbprint()))));
    }

    static Stream<Arguments> urls() {
        String plain = " claim does not use https";
        String acceptable = " claim is not an acceptable URL";
        String url = " claim is not a URL";
        String identifier = "The iss claim is not an issuer identifier";
        String iss = "The iss";
        String webid = "The webid";
        return Stream.of(
                Refusal.token("an issuer over http", iss + plain, 0, claim("iss", "http://idp.example/")),
                Refusal.token("an issuer on this machine", iss + plain, 0, claim("iss", "http://localhost:3000/")),
                Refusal.token("an issuer with a user", iss + acceptable, 0, claim("iss", "https://a@idp.example/")),
                Refusal.token("an issuer in a file", iss + plain, 0, claim("iss", "file:///etc/passwd")),
                Refusal.token("an issuer with a query", identifier, 0, claim("iss", "https://idp.example/?a=b")),
                Refusal.token("an issuer with a fragment", identifier, 0, claim("iss", "https://idp.example/#a")),
                Refusal.token("an issuer that is a number", iss + url, 0, claim("iss", 1)),
                Refusal.token("an issuer without a host", iss + acceptable, 0, claim("iss", "https:///a")),
                Refusal.token("a relative issuer", iss + url, 0, claim("iss", "//idp.example/")),
                Refusal.token(
                        "a long issuer", iss + acceptable, 0, claim("iss", "https://idp.example/" + "a".repeat(2048))),
                Refusal.token("a WebID over http", webid + plain, 0, claim("webid", "http://alice.example/card#me")),
                Refusal.token("a WebID that is a script", webid + plain, 0, claim("webid", "javascript:alert(1)")),
                Refusal.token("a WebID that is a DID", webid + plain, 0, claim("webid", "did:web:alice.example")),
                Refusal.token("a WebID without a host", webid + acceptable, 0, claim("webid", "https:///card#me")),
                Refusal.token(
                        "a WebID with a user", webid + acceptable, 0, claim("webid", "https://a:b@alice.example/")),
                Refusal.token("a relative WebID", webid + url, 0, claim("webid", "/card#me")),
                Refusal.token("a WebID with a space", webid + url, 0, claim("webid", "https://alice.example/my card")),
                Refusal.token(
                        "a WebID of 3,000 characters",
                        webid + acceptable,
                        0,
                        claim("webid", "https://alice.example/" + "a".repeat(2978))));
    }

    static Stream<Arguments> profiles() {
        String unlisted = "The WebID does not list the issuer";
        return Stream.of(
                Refusal.token("an issuer that the profile doesn't list", unlisted, 3, pod -> {
                    pod.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, "https://other.example/")));
                    return pod.enter();
                }),
                Refusal.token("an issuer that lacks the profile's slash", unlisted, 3, pod -> {
                    pod.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, "https://idp.example")));
                    return pod.enter();
                }),
                Refusal.token("an issuer that the profile lists for somebody else", unlisted, 3, pod -> {
                    pod.web.put(
                            Pod.CARD,
                            TestWeb.text("text/turtle", Pod.turtle("https://alice.example/card#you", Pod.ISSUER)));
                    return pod.enter();
                }),
                Refusal.token(
                        "a WebID with another spelling", unlisted, 3, claim("webid", "https://ALICE.example/card#me")));
    }

    @ParameterizedTest
    @MethodSource({"carriers", "shapes", "headers", "signatures", "claims", "urls", "profiles"})
    void isRefused(Refusal refusal) {
        try (Pod pod = new Pod()) {
            refusal.check(pod);
        }
    }
}
