package org.podbridge.oidc;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jose4j.json.JsonUtil;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;
import org.podbridge.oidc.profile.Nesting;

/**
 * A JSON Web Signature in compact form, taken apart and not yet verified.
 *
 * @param compact all of it
 * @param header its header
 * @param claims its payload
 */
record SignedText(String compact, Map<String, Object> header, Map<String, Object> claims) {

    private static final Pattern COMPACT = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+");
    private static final int MAX_NESTING = 16;

    /** Takes a text apart. */
    static SignedText parse(String compact, int maxChars, SignedPart part) {
        if (compact.length() > maxChars || !COMPACT.matcher(compact).matches()) {
            throw part.refused("is not a compact JWS");
        }
        int first = compact.indexOf('.');
        Map<String, Object> header = object(compact.substring(0, first), part);
        Map<String, Object> claims = object(compact.substring(first + 1, compact.lastIndexOf('.')), part);
        return new SignedText(compact, header, claims);
    }

    private static Map<String, Object> object(String encoded, SignedPart part) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(encoded);
            String json = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            if (Nesting.ofJson(json) > MAX_NESTING) {
                throw part.refused("is malformed");
            }
            return JsonUtil.parseJson(json); // which refuses a name that stands there twice
        } catch (IllegalArgumentException | CharacterCodingException | JoseException e) {
            throw part.refused("is malformed"); // without the cause, which quotes the text
        }
    }

    /** Refuses headers that change what is signed or how it is to be understood, and other algorithms. */
    void checkHeader(Set<String> algorithms, SignedPart part) {
        if (header.containsKey("crit") || header.containsKey("b64")) {
            throw part.refused("has an unsupported header");
        }
        if (!(header.get("alg") instanceof String alg) || !algorithms.contains(alg)) {
            throw part.refused("algorithm is not allowed");
        }
    }

    /** Returns the algorithm, which has been checked. */
    String algorithm() {
        return String.valueOf(header.get("alg"));
    }

    /** Returns the type in lower case; empty if there is none, and what no type is if it isn't a string. */
    String type() {
        Object type = header.get("typ");
        if (type == null && !header.containsKey("typ")) {
            return "";
        }
        return type instanceof String text ? text.toLowerCase(Locale.ROOT) : "?";
    }

    boolean isSignedBy(PublicKey key) {
        JsonWebSignature signature = new JsonWebSignature();
        signature.setAlgorithmConstraints(
                new AlgorithmConstraints(AlgorithmConstraints.ConstraintType.PERMIT, algorithm()));
        try {
            signature.setCompactSerialization(compact);
            signature.setKey(key);
            return signature.verifySignature();
        } catch (JoseException e) {
            return false;
        }
    }

    /** Returns a claim; null if it isn't there. */
    @Nullable Object claim(String name) {
        return claims.get(name);
    }

    /** Returns a claim that is a time, in seconds since 1970; NaN if it is anything else. */
    double time(String name) {
        if (claims.get(name) instanceof Number number) {
            double seconds = number.doubleValue();
            if (seconds >= 0 && seconds <= 1e11) { // not milliseconds either
                return seconds;
            }
        }
        return Double.NaN;
    }

    @Override
    public String toString() {
        return "a signed text"; // it is a secret
    }
}
