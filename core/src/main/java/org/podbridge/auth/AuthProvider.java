package org.podbridge.auth;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.podbridge.identity.WebId;

/**
 * Finds out who is at the other end of a request. Thread-safe. Must not block the calling thread.
 *
 * <p>A provider that throws, completes exceptionally or doesn't complete within the authentication time limit counts as
 * {@link AuthResult.Unavailable}.
 */
@FunctionalInterface
public interface AuthProvider {

    /**
     * Judges a request.
     *
     * @param request what is known of it
     * @return the result, on any thread
     */
    CompletionStage<AuthResult> authenticate(AuthRequest request);

    /**
     * Returns what to offer somebody who sent nothing that this provider recognises.
     *
     * @param request what is known of the request
     * @return the challenges, best first
     */
    default List<Challenge> challenges(AuthRequest request) {
        return List.of();
    }

    /**
     * Makes sure that this provider fits the server; called once, when the server is built.
     *
     * @param publicUris the URIs under which the server is known
     * @throws IllegalStateException if it doesn't
     */
    default void check(List<URI> publicUris) {}

    /**
     * Returns a provider that asks several ones in turn and stops at the first that doesn't say
     * {@link AuthResult.NoCredentials}.
     *
     * @param providers the providers, in order
     * @return the chain
     */
    static AuthProvider firstOf(AuthProvider... providers) {
        return new ProviderChain(List.of(providers));
    }

    /**
     * Returns a provider that may block, because it runs on an executor.
     *
     * @param authenticate judges a request
     * @param executor runs it; bounded by the host
     * @return the provider
     */
    static AuthProvider blocking(Function<AuthRequest, AuthResult> authenticate, Executor executor) {
        requireNonNull(authenticate, "authenticate");
        requireNonNull(executor, "executor");
        return request -> CompletableFuture.supplyAsync(() -> authenticate.apply(request), executor);
    }

    /**
     * Returns a provider that takes over whom the embedding server has found the visitor to be.
     *
     * @param identify maps a request, above all its {@link AuthRequest#hostPrincipal()}, to an identity; empty if the
     *     server knows nobody. An identity that rests on a cookie must be {@linkplain Identity.Builder#ambient ambient}
     * @return the provider
     */
    static AuthProvider host(Function<AuthRequest, Optional<Identity>> identify) {
        requireNonNull(identify, "identify");
        return request -> CompletableFuture.completedStage(identify.apply(request)
                .<AuthResult>map(AuthResult.Authenticated::new)
                .orElseGet(AuthResult.NoCredentials::new));
    }

    /**
     * Returns a provider for development, by which everybody on this machine is one agent. It takes requests that come
     * from the machine itself, name a loopback host and, if they are a page's, come from one, so that no page on the
     * web can use it. A server that is known by another name than a loopback one refuses to be built with it. What
     * comes with a credential is left to other providers.
     *
     * @param everybody the agent
     * @return the provider
     */
    static AuthProvider development(WebId everybody) {
        return new DevelopmentProvider(everybody);
    }

    /**
     * Returns a provider that knows nobody, for a server that everybody uses without an identity.
     *
     * @return the provider
     */
    static AuthProvider anonymous() {
        return request -> CompletableFuture.completedStage(new AuthResult.NoCredentials());
    }

    /**
     * Returns a provider with a fixed set of tokens, for development: whoever sends one, in the Authorization field or
     * the query, is its agent.
     *
     * @param agentsByToken the agents
     * @return the provider
     */
    static AuthProvider fixed(Map<String, WebId> agentsByToken) {
        return new FixedTokens(agentsByToken);
    }
}
