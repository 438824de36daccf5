package org.podbridge.oidc;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Nonces that servers with one secret make alike, without remembering any: one for every two minutes, good until the
 * end of the next two.
 */
final class Nonces {

    private static final long SECONDS = 120;

    private final SecretKeySpec secret;

    Nonces(byte[] secret) {
        this.secret = new SecretKeySpec(secret, "HmacSHA256");
    }

    String current(Instant now) {
        return nonce(bucket(now));
    }

    boolean isGood(String nonce, Instant now) {
        return isEqual(nonce, nonce(bucket(now))) || isEqual(nonce, nonce(bucket(now) - 1));
    }

    private static long bucket(Instant now) {
        return Math.floorDiv(now.getEpochSecond(), SECONDS);
    }

    private String nonce(long bucket) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(secret);
            byte[] hash =
                    mac.doFinal(ByteBuffer.allocate(Long.BYTES).putLong(bucket).array());
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    private static boolean isEqual(String given, String expected) {
        return MessageDigest.isEqual(given.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
    }
}
