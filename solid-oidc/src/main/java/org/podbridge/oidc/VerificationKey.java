package org.podbridge.oidc;

import java.math.BigInteger;
import java.security.PublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECParameterSpec;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.keys.EllipticCurves;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * A public key with which signatures can be verified, of a size that doesn't keep us busy.
 *
 * @param jwk the key
 * @param kind RSA, or the curve
 */
record VerificationKey(PublicJsonWebKey jwk, String kind) {

    private static final int MIN_MODULUS_BITS = 2048;
    private static final int MAX_MODULUS_BITS = 4096;
    private static final int MAX_EXPONENT_BITS = 32;
    private static final int MAX_COORDINATE_BITS = 528;

    /**
     * Returns the key of a JWK, of which nothing but the members of the key itself is looked at; empty if it is bad.
     */
    static Optional<VerificationKey> of(Map<?, ?> jwk) {
        try {
            return Optional.ofNullable(read(jwk));
        } catch (JoseException | RuntimeException e) { // whatever the JDK thinks of its numbers
            return Optional.empty();
        }
    }

    private static @Nullable VerificationKey read(Map<?, ?> jwk) throws JoseException {
        return switch (String.valueOf(jwk.get("kty"))) {
            case "RSA" -> isGoodRsa(number(jwk, "n"), number(jwk, "e")) ? key(jwk, "RSA", "n", "e") : null;
            case "EC" ->
                isOnCurve(curve(jwk), number(jwk, "x"), number(jwk, "y"))
                        ? key(jwk, curve(jwk), "crv", "x", "y")
                        : null;
            case "OKP" -> List.of("Ed25519", "Ed448").contains(curve(jwk)) ? key(jwk, curve(jwk), "crv", "x") : null;
            default -> null;
        };
    }

    private static VerificationKey key(Map<?, ?> jwk, String kind, String... members) throws JoseException {
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("kty", String.valueOf(jwk.get("kty")));
        for (String member : members) {
            parameters.put(member, String.valueOf(jwk.get(member)));
        }
        return new VerificationKey(PublicJsonWebKey.Factory.newPublicJwk(parameters), kind);
    }

    private static String curve(Map<?, ?> jwk) {
        return String.valueOf(jwk.get("crv"));
    }

    private static BigInteger number(Map<?, ?> jwk, String member) {
        if (jwk.get(member) instanceof String text) {
            return new BigInteger(1, Base64.getUrlDecoder().decode(text));
        }
        throw new IllegalArgumentException(member);
    }

    private static boolean isGoodRsa(BigInteger modulus, BigInteger exponent) {
        return modulus.bitLength() >= MIN_MODULUS_BITS
                && modulus.bitLength() <= MAX_MODULUS_BITS
                && exponent.bitLength() <= MAX_EXPONENT_BITS
                && exponent.testBit(0)
                && exponent.compareTo(BigInteger.ONE) > 0;
    }

    private static boolean isOnCurve(String name, BigInteger x, BigInteger y) {
        if (!List.of("P-256", "P-384", "P-521").contains(name)
                || x.bitLength() > MAX_COORDINATE_BITS
                || y.bitLength() > MAX_COORDINATE_BITS) {
            return false;
        }
        ECParameterSpec spec = EllipticCurves.getSpec(name);
        BigInteger p = ((ECFieldFp) spec.getCurve().getField()).getP();
        BigInteger right = x.pow(3)
                .add(spec.getCurve().getA().multiply(x))
                .add(spec.getCurve().getB())
                .mod(p);
        return x.compareTo(p) < 0 && y.compareTo(p) < 0 && y.pow(2).mod(p).equals(right);
    }

    /** Tells whether an algorithm works with keys of this kind. */
    boolean fits(String algorithm) {
        return switch (algorithm) {
            case "ES256" -> kind.equals("P-256");
            case "ES384" -> kind.equals("P-384");
            case "ES512" -> kind.equals("P-521");
            case "EdDSA" -> kind.startsWith("Ed");
            default -> kind.equals("RSA");
        };
    }

    PublicKey publicKey() {
        return jwk.getPublicKey();
    }

    /** Returns the thumbprint by which tokens are bound to a key, RFC 7638. */
    String thumbprint() {
        return jwk.calculateBase64urlEncodedThumbprint("SHA-256");
    }
}
