package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;

/**
 * Requests to a server as the agent of a login: each with its access token, and with a proof for just this request
 * (DPoP, RFC 9449). Thread-safe.
 */
final class BoundRequests {

    private final SolidLogin login;
    private final RemoteHttp provider;
    private final RemoteHttp server;
    private final Supplier<Instant> now;

    /**
     * What came of a request.
     *
     * @param answer the server's; 401 if it didn't even take a token that was just granted
     * @param token with which it was asked
     */
    record Answered(RemoteAnswer answer, AccessToken token) {}

    BoundRequests(SolidLogin login, RemoteHttp provider, RemoteHttp server, Supplier<Instant> now) {
        this.login = login;
        this.provider = provider;
        this.server = server;
        this.now = now;
    }

    /**
     * Asks; once more with the nonce that the server wants in proofs, and once more with a fresh token where the one at
     * hand isn't taken.
     *
     * @return completes in bounded time; fails with an {@link UnavailableException} or a {@link TunnelRefusedException}
     */
    CompletionStage<Answered> send(String method, URI uri, RemoteHttp.@Nullable Content content) {
        Instant asked = now.get();
        return login.accessToken(provider, now)
                .thenCompose(token -> send(
                        method, uri, content, token, null, token.grantedAt().isBefore(asked)));
    }

    /**
     * Asks with a token.
     *
     * @param nonce what the server wants to see in the proof, or null in the first attempt
     * @param isOld whether a new token may do better
     */
    private CompletionStage<Answered> send(
            String method,
            URI uri,
            RemoteHttp.@Nullable Content content,
            AccessToken token,
            @Nullable String nonce,
            boolean isOld) {
        String proof = login.key().proof(method, uri, now.get(), nonce, token.value());
        return server.send(
                        method,
                        uri,
                        fields -> fields.put(HttpHeader.AUTHORIZATION, "DPoP " + token.value())
                                .put("DPoP", proof),
                        content)
                .thenCompose(answer -> {
                    if (answer.status() != HttpStatus.UNAUTHORIZED_401) {
                        return CompletableFuture.completedFuture(new Answered(answer, token));
                    }
                    Optional<String> wanted = answer.nonce();
                    if (nonce == null && wanted.isPresent() && wantsNonce(answer)) {
                        return send(method, uri, content, token, wanted.get(), isOld);
                    }
                    login.discard(token);
                    if (isOld) {
                        return login.accessToken(provider, now)
                                .thenCompose(fresh -> send(method, uri, content, fresh, null, false));
                    }
                    return CompletableFuture.completedFuture(new Answered(answer, token));
                });
    }

    private static boolean wantsNonce(RemoteAnswer answer) {
        return answer.fields().getValuesList(HttpHeader.WWW_AUTHENTICATE).stream()
                .anyMatch(challenge -> challenge.contains("use_dpop_nonce"));
    }
}
