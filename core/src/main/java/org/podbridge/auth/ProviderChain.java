package org.podbridge.auth;

import java.net.URI;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Asks providers in turn until one knows what to do with the credentials. */
final class ProviderChain implements AuthProvider {

    private final List<AuthProvider> providers;

    ProviderChain(List<AuthProvider> providers) {
        this.providers = providers;
    }

    @Override
    public CompletionStage<AuthResult> authenticate(AuthRequest request) {
        return ask(0, request);
    }

    private CompletionStage<AuthResult> ask(int index, AuthRequest request) {
        if (index == providers.size()) {
            return CompletableFuture.completedStage(new AuthResult.NoCredentials());
        }
        return providers
                .get(index)
                .authenticate(request)
                .thenCompose(result -> result instanceof AuthResult.NoCredentials
                        ? ask(index + 1, request)
                        : CompletableFuture.completedStage(result));
    }

    @Override
    public void check(List<URI> publicUris) {
        providers.forEach(provider -> provider.check(publicUris));
    }

    @Override
    public List<Challenge> challenges(AuthRequest request) {
        return providers.stream()
                .flatMap(provider -> provider.challenges(request).stream())
                .toList();
    }
}
