package org.podbridge.oidc;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.podbridge.auth.AuthRequest;

/**
 * A proof that the sender of a request holds the key to which its token is bound.
 *
 * @param jkt the thumbprint of the key
 * @param jti the name that the sender has given to this proof
 * @param usableUntil the time from which it is too old in any case
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9449#section-4">RFC 9449 section 4</a>
 */
record DpopProof(String jkt, String jti, Instant usableUntil) {

    private static final List<String> PRIVATE_MEMBERS = List.of("d", "p", "q", "dp", "dq", "qi", "oth", "k");
    private static final int MAX_JTI_CHARS = 256;

    /** Reads a proof and checks it against the request that it came with, and the token. */
    static DpopProof read(String compact, AuthRequest request, AccessToken token, Rules rules, Instant now) {
        SignedText proof = SignedText.parse(compact, rules.maxProofChars(), SignedPart.PROOF);
        proof.checkHeader(rules.algorithms(), SignedPart.PROOF);
        if (!proof.type().equals("dpop+jwt")) {
            throw SignedPart.PROOF.refused("type is not dpop+jwt");
        }
        String jkt = checkSignature(proof);
        if (!isEqual(jkt, token.jkt())) {
            throw SignedPart.TOKEN.refused("is bound to another key");
        }
        checkRequest(proof, request);
        double issuedAt = checkTimes(proof, rules, now);
        String jti = checkJti(proof);
        checkToken(proof, token, rules);
        rules.nonces().ifPresent(nonces -> {
            if (!(proof.claim("nonce") instanceof String nonce) || !nonces.isGood(nonce, now)) {
                throw RefusedException.noNonce();
            }
        });
        Instant until = Instant.ofEpochMilli((long) (issuedAt * 1000))
                .plus(rules.proofMaxAge())
                .plus(rules.clockSkew())
                .plus(rules.clockSkew());
        return new DpopProof(jkt, jti, until);
    }

    private static String checkSignature(SignedText proof) {
        if (!(proof.header().get("jwk") instanceof Map<?, ?> jwk)) {
            throw SignedPart.PROOF.refused("has no jwk");
        }
        if (PRIVATE_MEMBERS.stream().anyMatch(jwk::containsKey)) {
            throw SignedPart.PROOF.refused("jwk holds a private key");
        }
        VerificationKey key = VerificationKey.of(jwk)
                .filter(usable -> usable.fits(proof.algorithm()))
                .orElseThrow(() -> SignedPart.PROOF.refused("jwk is not a usable public key"));
        if (!proof.isSignedBy(key.publicKey())) {
            throw SignedPart.PROOF.refused("signature is invalid");
        }
        return key.thumbprint();
    }

    private static void checkRequest(SignedText proof, AuthRequest request) {
        String method = request.method();
        Object htm = proof.claim("htm");
        // a client may not know that its handshake travels as CONNECT, RFC 8441
        if (!method.equals(htm) && !(method.equals("CONNECT") && "GET".equals(htm))) {
            throw SignedPart.PROOF.refused("htm does not match");
        }
        boolean here = proof.claim("htu") instanceof String htu
                && TargetUri.normalize(htu)
                        .filter(target -> TargetUri.normalize(request.uri())
                                .filter(target::equals)
                                .isPresent())
                        .isPresent();
        if (!here) {
            throw SignedPart.PROOF.refused("htu does not match");
        }
    }

    private static double checkTimes(SignedText proof, Rules rules, Instant now) {
        double seconds = now.toEpochMilli() / 1000.0;
        double latest = seconds + rules.skewSeconds();
        double issuedAt = proof.time("iat");
        boolean inTime =
                issuedAt >= seconds - Rules.seconds(rules.proofMaxAge()) - rules.skewSeconds() && issuedAt <= latest;
        if (!inTime) { // NaN is not in time either
            throw SignedPart.PROOF.refused("iat is not acceptable");
        }
        if (proof.claims().containsKey("exp") && !(proof.time("exp") > seconds - rules.skewSeconds())) {
            throw SignedPart.PROOF.refused("has expired");
        }
        if (proof.claims().containsKey("nbf") && !(proof.time("nbf") <= latest)) {
            throw SignedPart.PROOF.refused("is not yet valid");
        }
        return issuedAt;
    }

    private static String checkJti(SignedText proof) {
        if (!proof.claims().containsKey("jti")) {
            throw SignedPart.PROOF.refused("has no jti");
        }
        if (proof.claim("jti") instanceof String jti && !jti.isEmpty() && jti.length() <= MAX_JTI_CHARS) {
            return jti;
        }
        throw SignedPart.PROOF.refused("jti is not acceptable");
    }

    private static void checkToken(SignedText proof, AccessToken token, Rules rules) {
        if (!proof.claims().containsKey("ath")) {
            if (rules.requireAth()) {
                throw SignedPart.PROOF.refused("has no ath");
            }
            return;
        }
        boolean matches = proof.claim("ath") instanceof String ath
                && isEqual(ath, Digest.of(token.signed().compact()));
        if (!matches) {
            throw SignedPart.PROOF.refused("ath does not match");
        }
    }

    private static boolean isEqual(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "a DPoP proof";
    }
}
