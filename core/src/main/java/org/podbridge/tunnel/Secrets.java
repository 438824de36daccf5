package org.podbridge.tunnel;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * What nobody can guess: random values, what is kept of them, and codes that nobody else can make. The key lives as
 * long as the instance. Thread-safe.
 */
final class Secrets {

    private static final int SECRET_BYTES = 32;
    private static final String MAC = "HmacSHA256";

    private final SecureRandom random;
    private final SecretKeySpec key;

    Secrets(SecureRandom random) {
        this.random = random;
        this.key = new SecretKeySpec(randomBytes(), MAC);
    }

    /** Returns a new value of 256 random bits. */
    String next() {
        return encode(randomBytes());
    }

    private byte[] randomBytes() {
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Returns what can be made of a text with our key only. */
    String sign(String text) {
        try {
            Mac mac = Mac.getInstance(MAC);
            mac.init(key);
            return encode(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** Tells whether somebody has what {@link #sign} makes of a text; takes as long whatever is right about it. */
    boolean isSigned(String text, String signature) {
        return MessageDigest.isEqual(
                sign(text).getBytes(StandardCharsets.UTF_8), signature.getBytes(StandardCharsets.UTF_8));
    }

    /** Returns what may be kept of a secret in its place. */
    static String digest(String secret) {
        try {
            return encode(MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    private static String encode(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
