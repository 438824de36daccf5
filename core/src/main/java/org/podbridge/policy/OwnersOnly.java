package org.podbridge.policy;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;

/** A known set of agents may do everything, and nobody else anything. */
final class OwnersOnly implements AccessPolicy {

    private final Set<WebId> owners;

    OwnersOnly(Set<WebId> owners) {
        this.owners = owners;
    }

    private CompletionStage<AccessDecision> decide(WebId webId) {
        return CompletableFuture.completedStage(
                owners.contains(webId) ? new AccessDecision.Allow() : new AccessDecision.Deny("not an owner"));
    }

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return decide(who.webId());
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        // Nobody else gets in by this policy, but may by another one beside it.
        return CompletableFuture.completedStage(
                owners.contains(viewer.webId())
                        ? online.stream().filter(owners::contains).collect(Collectors.toUnmodifiableSet())
                        : Set.of());
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return owners.contains(from.webId()) ? decide(to) : decide(from.webId());
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return decide(who.webId());
    }
}
