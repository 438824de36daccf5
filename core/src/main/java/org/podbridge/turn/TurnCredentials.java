package org.podbridge.turn;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Base64;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes credentials for TURN servers. The name is the time at which they end, in seconds of Unix time, and the password
 * is made of the name with the secret; so the server needs no list of them. Thread-safe.
 *
 * @see <a href="https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00">A REST API For Access To TURN
 *     Services</a>
 */
public final class TurnCredentials {

    private static final String ALGORITHM = "HmacSHA1";

    private final TurnSettings settings;
    private final Supplier<Instant> clock;

    /**
     * What a TURN server asks for.
     *
     * @param username the name
     * @param password the password
     */
    public record Credential(String username, String password) {

        /**
         * Returns the name alone.
         *
         * @return text for logs
         */
        @Override
        public String toString() {
            return username;
        }
    }

    /**
     * Makes a source of credentials.
     *
     * @param settings the secrets and the lifetime
     * @param clock the wall clock
     */
    public TurnCredentials(TurnSettings settings, Supplier<Instant> clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /**
     * Makes a credential with the current secret.
     *
     * @return a credential that ends after the lifetime
     */
    public Credential create() {
        String username = Long.toString(clock.get().plus(settings.lifetime()).getEpochSecond());
        return new Credential(username, password(username, settings.secret()));
    }

    /**
     * Judges a credential as a TURN server does: it hasn't ended, and was made with the current or the previous secret.
     *
     * @param credential the credential
     * @return whether it gives access
     */
    public boolean accepts(Credential credential) {
        long end;
        try {
            end = Long.parseLong(credential.username());
        } catch (NumberFormatException e) {
            return false;
        }
        boolean current = isMadeWith(settings.secret(), credential);
        boolean previous = settings.previousSecret()
                .filter(secret -> isMadeWith(secret, credential))
                .isPresent();
        return (current || previous) && clock.get().getEpochSecond() < end;
    }

    private static boolean isMadeWith(byte[] secret, Credential credential) {
        return MessageDigest.isEqual(
                password(credential.username(), secret).getBytes(StandardCharsets.UTF_8),
                credential.password().getBytes(StandardCharsets.UTF_8));
    }

    private static String password(String username, byte[] secret) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret, ALGORITHM));
            return Base64.getEncoder().encodeToString(mac.doFinal(username.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException(e); // every JDK has it, and takes any key
        }
    }
}
