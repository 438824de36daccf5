package org.podbridge.tunnel.relay;

import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.AccessPolicy;

/** Allows everything but what a test overrides. */
class OpenPolicy implements AccessPolicy {

    private final AccessPolicy open = AccessPolicy.anyAuthenticated();

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return open.mayConnect(who, endpoint, origin);
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        return open.visible(viewer, online);
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return open.mayCall(from, to);
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return open.mayClaim(who, name);
    }
}
