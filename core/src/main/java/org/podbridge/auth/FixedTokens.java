package org.podbridge.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.podbridge.identity.WebId;

/** Tokens that are known from the start. They are looked up by their digest, so that a look-up's time tells nothing. */
final class FixedTokens implements AuthProvider {

    private final Map<String, Identity> identities;

    FixedTokens(Map<String, WebId> agentsByToken) {
        this.identities = agentsByToken.entrySet().stream()
                .collect(Collectors.toUnmodifiableMap(
                        entry -> digest(entry.getKey()), entry -> Identity.of(entry.getValue(), "fixed")));
    }

    @Override
    public CompletionStage<AuthResult> authenticate(AuthRequest request) {
        return CompletableFuture.completedStage(request.credentials().stream()
                .filter(credential -> credential.scheme().equalsIgnoreCase("Bearer"))
                .findFirst()
                .map(this::judge)
                .orElseGet(AuthResult.NoCredentials::new));
    }

    private AuthResult judge(Credential credential) {
        Identity identity = identities.get(digest(credential.value()));
        return identity == null
                ? new AuthResult.Rejected(AuthError.invalidToken("The access token is not known here"))
                : new AuthResult.Authenticated(identity);
    }

    @Override
    public List<Challenge> challenges(AuthRequest request) {
        return List.of(new Challenge("Bearer", Map.of("realm", request.uri().getHost())));
    }

    private static String digest(String token) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
