package org.podbridge.oidc;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an access token says. Whether it is true is for the issuer's keys and the WebID's document to say.
 *
 * @param signed the token
 * @param issuer who says that it issued it
 * @param webId whose it says that it is
 * @param webIdDocument where the WebID's document is
 * @param expiresAt until when
 * @param jkt the thumbprint of the key that it is bound to
 * @param clientId for which client
 */
record AccessToken(
        SignedText signed,
        String issuer,
        String webId,
        URI webIdDocument,
        Instant expiresAt,
        String jkt,
        Optional<String> clientId) {

    private static final Set<String> TYPES = Set.of("", "at+jwt", "application/at+jwt", "jwt");
    private static final Pattern THUMBPRINT = Pattern.compile("[A-Za-z0-9_-]{43}");

    /** Reads a token, and checks all that can be checked without asking anybody. */
    static AccessToken read(String compact, Rules rules, Instant now) {
        SignedText token = SignedText.parse(compact, rules.maxTokenChars(), SignedPart.TOKEN);
        token.checkHeader(rules.algorithms(), SignedPart.TOKEN);
        if (!TYPES.contains(token.type())) {
            throw SignedPart.TOKEN.refused("type is not allowed");
        }
        String issuer = issuer(token, rules);
        URI webId = rules.url("webid", token);
        checkAudience(token.claim("aud"));
        Instant expiresAt = checkTimes(token, rules, now);
        return new AccessToken(
                token,
                issuer,
                webId.toString(),
                withoutFragment(webId),
                expiresAt,
                thumbprint(token.claim("cnf")),
                clientId(token));
    }

    private static String issuer(SignedText token, Rules rules) {
        URI issuer = rules.url("iss", token);
        if (issuer.getRawQuery() != null || issuer.getRawFragment() != null) {
            throw RefusedException.token("The iss claim is not an issuer identifier");
        }
        String text = issuer.toString();
        if (!rules.trustedIssuers().isEmpty() && !rules.trustedIssuers().contains(text)) {
            throw RefusedException.token("The issuer is not trusted here");
        }
        return text;
    }

    private static URI withoutFragment(URI uri) {
        String text = uri.toString();
        int fragment = text.indexOf('#');
        return fragment < 0 ? uri : URI.create(text.substring(0, fragment));
    }

    private static void checkAudience(@Nullable Object audience) {
        boolean solid = "solid".equals(audience)
                || (audience instanceof List<?> several
                        && several.contains("solid")
                        && several.stream().allMatch(String.class::isInstance));
        if (!solid) {
            throw SignedPart.TOKEN.refused("audience is not solid");
        }
    }

    private static Instant checkTimes(SignedText token, Rules rules, Instant now) {
        double expiresAt = requiredTime(token, "exp");
        double issuedAt = requiredTime(token, "iat");
        double seconds = now.toEpochMilli() / 1000.0;
        if (expiresAt <= seconds - rules.skewSeconds()) {
            throw SignedPart.TOKEN.refused("has expired");
        }
        if (issuedAt > seconds + rules.skewSeconds()) {
            throw SignedPart.TOKEN.refused("is issued in the future");
        }
        if (token.claims().containsKey("nbf") && requiredTime(token, "nbf") > seconds + rules.skewSeconds()) {
            throw SignedPart.TOKEN.refused("is not yet valid");
        }
        double longest = Rules.seconds(rules.tokenMaxLifetime());
        if (expiresAt - issuedAt > longest || seconds - issuedAt > longest) {
            throw SignedPart.TOKEN.refused("lives too long");
        }
        return Instant.ofEpochMilli((long) (expiresAt * 1000));
    }

    private static double requiredTime(SignedText token, String name) {
        if (!token.claims().containsKey(name)) {
            throw SignedPart.TOKEN.refused("has no " + name + " claim");
        }
        double time = token.time(name);
        if (Double.isNaN(time)) {
            throw SignedPart.TOKEN.refused("is malformed");
        }
        return time;
    }

    private static String thumbprint(@Nullable Object confirmation) {
        if (confirmation instanceof Map<?, ?> members
                && members.get("jkt") instanceof String jkt
                && THUMBPRINT.matcher(jkt).matches()) {
            return jkt;
        }
        throw SignedPart.TOKEN.refused("is not bound to a key");
    }

    private static Optional<String> clientId(SignedText token) {
        for (String name : List.of("client_id", "azp")) {
            if (token.claim(name) instanceof String client) {
                return Optional.of(client);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return "an access token";
    }
}
