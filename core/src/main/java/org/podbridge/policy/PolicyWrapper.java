package org.podbridge.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.time.Scheduler;

/** Asks another policy, but for what a subclass decides. */
abstract class PolicyWrapper implements AccessPolicy {

    private final AccessPolicy wrapped;

    PolicyWrapper(AccessPolicy wrapped) {
        this.wrapped = wrapped;
    }

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return wrapped.mayConnect(who, endpoint, origin);
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        return wrapped.visible(viewer, online);
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return wrapped.mayCall(from, to);
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return wrapped.mayClaim(who, name);
    }

    @Override
    public CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        return wrapped.mayVisit(visitor, tunnel, request);
    }

    @Override
    public void start(Scheduler scheduler, Duration timeLimit) {
        wrapped.start(scheduler, timeLimit);
    }

    @Override
    public boolean takesAuthorization() {
        return wrapped.takesAuthorization();
    }
}
