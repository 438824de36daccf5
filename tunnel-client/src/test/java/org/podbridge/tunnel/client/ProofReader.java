package org.podbridge.tunnel.client;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;

/** Reads proofs as who gets them does: signature first. */
final class ProofReader {

    private ProofReader() {}

    /** A proof whose signature fits the key that it names. */
    record Proof(String header, JsonMembers claims, String key) {

        String claim(String name) {
            try {
                return String.valueOf(claims.string(name));
            } catch (MalformedJsonException e) {
                throw new AssertionError(e);
            }
        }
    }

    static Proof read(String compact) {
        String[] parts = compact.split("\\.", -1);
        if (parts.length != 3) {
            throw new AssertionError(parts.length + " parts");
        }
        byte[] header = decoded(parts[0]);
        byte[] claims = decoded(parts[1]);
        try {
            JsonMembers jwk =
                    requireNonNull(JsonMembers.read(header, header.length).members("jwk"));
            byte[] x = decoded(requireNonNull(jwk.string("x")));
            byte[] y = decoded(requireNonNull(jwk.string("y")));
            if (x.length != 32 || y.length != 32) {
                throw new AssertionError("coordinates of " + x.length + " and " + y.length + " bytes");
            }
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initVerify(key(x, y));
            signature.update((parts[0] + "." + parts[1]).getBytes(US_ASCII));
            if (!signature.verify(decoded(parts[2]))) {
                throw new AssertionError("the signature is wrong");
            }
            String headerText = new String(header, UTF_8);
            return new Proof(
                    headerText, JsonMembers.read(claims, claims.length), headerText.replaceFirst(".*\"jwk\"", ""));
        } catch (MalformedJsonException | GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    private static PublicKey key(byte[] x, byte[] y) throws GeneralSecurityException {
        AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
        curve.init(new ECGenParameterSpec("secp256r1"));
        return KeyFactory.getInstance("EC")
                .generatePublic(new ECPublicKeySpec(
                        new ECPoint(new BigInteger(1, x), new BigInteger(1, y)),
                        curve.getParameterSpec(ECParameterSpec.class)));
    }

    private static byte[] decoded(String part) {
        return Base64.getUrlDecoder().decode(part);
    }
}
