package org.podbridge.policy;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;

/** An agent is seen and called by those whom it counts among its contacts. */
final class ContactsPolicy implements AccessPolicy {

    private static final AccessDecision ALLOW = new AccessDecision.Allow();

    private final ContactLookup lookup;

    ContactsPolicy(ContactLookup lookup) {
        this.lookup = lookup;
    }

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return CompletableFuture.completedStage(
                endpoint == Endpoint.TUNNEL ? new AccessDecision.Deny("contacts have no tunnels") : ALLOW);
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        return lookup.thoseWhoKnow(viewer.webId(), online);
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return lookup.thoseWhoKnow(from.webId(), Set.of(to))
                .thenApply(known ->
                        known.contains(to) ? ALLOW : new AccessDecision.Deny("no contact of the one that is called"));
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return CompletableFuture.completedStage(new AccessDecision.Deny("contacts have no tunnels"));
    }
}
