package org.podbridge.policy;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;

/** Every authenticated agent may do everything. */
final class AnyAuthenticated implements AccessPolicy {

    private static final CompletionStage<AccessDecision> ALLOWED =
            CompletableFuture.completedStage(new AccessDecision.Allow());

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return ALLOWED;
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        return CompletableFuture.completedStage(online);
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return ALLOWED;
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return ALLOWED;
    }
}
