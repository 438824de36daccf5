package org.podbridge.policy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Challenge;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;

/**
 * Lets only those visit who know a password.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc7617">RFC 7617</a>
 */
final class VisitorPasswords extends PolicyWrapper {

    private static final String SCHEME = "basic ";
    private static final int MAX_CREDENTIAL_CHARACTERS = 1_024;

    private final CompletionStage<AccessDecision> ask;

    /** Digests, so that comparing takes equally long whatever is compared. */
    private final List<byte[]> known = new ArrayList<>();

    VisitorPasswords(AccessPolicy wrapped, String realm, Map<String, String> passwords) {
        super(wrapped);
        if (passwords.isEmpty()) {
            throw new IllegalArgumentException("passwords: none (expected: one or more)");
        }
        passwords.forEach((user, password) -> {
            if (user.indexOf(':') >= 0 || password.isEmpty()) {
                throw new IllegalArgumentException(
                        "passwords: (expected: no colon in a user's name, no empty password)");
            }
            known.add(digest((user + ":" + password).getBytes(StandardCharsets.UTF_8)));
        });
        this.ask = CompletableFuture.completedStage(new AccessDecision.AskForCredentials(
                new Challenge("Basic", Map.of("realm", realm, "charset", "UTF-8"))));
    }

    @Override
    public CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        List<String> fields = request.fields().all("authorization");
        return fields.size() == 1 && isKnown(fields.get(0)) ? super.mayVisit(visitor, tunnel, request) : ask;
    }

    private boolean isKnown(String field) {
        if (!field.regionMatches(true, 0, SCHEME, 0, SCHEME.length()) || field.length() > MAX_CREDENTIAL_CHARACTERS) {
            return false;
        }
        byte[] given;
        try {
            given = digest(
                    Base64.getDecoder().decode(field.substring(SCHEME.length()).strip()));
        } catch (IllegalArgumentException e) {
            return false;
        }
        boolean found = false;
        for (byte[] one : known) {
            found |= MessageDigest.isEqual(one, given); // all of them, whichever it is
        }
        return found;
    }

    private static byte[] digest(byte[] credential) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(credential);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    @Override
    public boolean takesAuthorization() {
        return true;
    }
}
