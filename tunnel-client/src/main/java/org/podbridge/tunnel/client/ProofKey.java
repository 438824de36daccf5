package org.podbridge.tunnel.client;

import java.math.BigInteger;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonWriter;

/**
 * A key to which access tokens are bound, and the proofs that it is held (DPoP, RFC 9449). It never leaves this object.
 * Thread-safe.
 */
final class ProofKey {

    static final String ALGORITHM = "ES256";

    private static final int COORDINATE_BYTES = 32;
    private static final int ID_BYTES = 16;
    private static final Base64.Encoder BASE64 = Base64.getUrlEncoder().withoutPadding();

    private final PrivateKey privateKey;
    private final String header;
    private final SecureRandom random = new SecureRandom();

    private ProofKey(PrivateKey privateKey, ECPublicKey publicKey) {
        this.privateKey = privateKey;
        this.header = encoded(JsonWriter.object(256)
                .string("typ", "dpop+jwt")
                .string("alg", ALGORITHM)
                .startObject("jwk")
                .string("kty", "EC")
                .string("crv", "P-256")
                .string("x", coordinate(publicKey.getW().getAffineX()))
                .string("y", coordinate(publicKey.getW().getAffineY()))
                .endObject());
    }

    /** Makes a new key. */
    static ProofKey generate() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec("secp256r1"));
            KeyPair pair = generator.generateKeyPair();
            return new ProofKey(pair.getPrivate(), (ECPublicKey) pair.getPublic());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has this curve
        }
    }

    /**
     * Makes a proof for one request.
     *
     * @param uri what is asked; its query and fragment are left out
     * @param nonce what the server wants to see, or null
     * @param accessToken the token that goes with it, or null
     */
    String proof(String method, URI uri, Instant now, @Nullable String nonce, @Nullable String accessToken) {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        JsonWriter claims = JsonWriter.object(256)
                .string("jti", BASE64.encodeToString(id))
                .string("htm", method)
                .string("htu", uri.getScheme() + "://" + uri.getRawAuthority() + uri.getRawPath())
                .number("iat", now.getEpochSecond());
        if (nonce != null) {
            claims.string("nonce", nonce);
        }
        try {
            if (accessToken != null) {
                byte[] hash =
                        MessageDigest.getInstance("SHA-256").digest(accessToken.getBytes(StandardCharsets.US_ASCII));
                claims.string("ath", BASE64.encodeToString(hash));
            }
            String signed = header + "." + encoded(claims);
            // The format of JOSE, not the DER of other protocols.
            Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
            signature.initSign(privateKey);
            signature.update(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + "." + BASE64.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has these algorithms
        }
    }

    private static String encoded(JsonWriter json) {
        ByteBuffer bytes = BASE64.encode(json.finish());
        return StandardCharsets.US_ASCII.decode(bytes).toString();
    }

    private static String coordinate(BigInteger value) {
        byte[] bytes = value.toByteArray();
        byte[] fixed = new byte[COORDINATE_BYTES];
        // It may have a sign byte too many, or leading zeros too few.
        int length = Math.min(bytes.length, COORDINATE_BYTES);
        System.arraycopy(bytes, bytes.length - length, fixed, COORDINATE_BYTES - length, length);
        return BASE64.encodeToString(fixed);
    }
}
