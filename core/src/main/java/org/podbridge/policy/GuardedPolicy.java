package org.podbridge.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.time.Scheduler;

/**
 * A host's policy, made safe to ask: every question is answered in bounded time, and what goes wrong denies. Stages
 * that are complete already stay so. Thread-safe.
 */
public final class GuardedPolicy implements AccessPolicy {

    private static final AccessDecision FAILED = new AccessDecision.Deny("the policy failed");

    private final AccessPolicy policy;
    private final Guard guard;

    /**
     * Makes one.
     *
     * @param policy the host's policy
     * @param timeLimit how long one answer may take
     * @param scheduler time
     */
    public GuardedPolicy(AccessPolicy policy, Duration timeLimit, Scheduler scheduler) {
        this.policy = policy;
        this.guard = Guard.within(timeLimit, scheduler);
        policy.start(scheduler, timeLimit);
    }

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return guard.ask(() -> policy.mayConnect(who, endpoint, origin), FAILED);
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        return online.isEmpty()
                ? CompletableFuture.completedStage(online)
                : guard.ask(
                        () -> policy.visible(viewer, online).thenApply(visible -> among(online, visible)), Set.of());
    }

    private static Set<WebId> among(Set<WebId> online, Set<WebId> visible) {
        return online.stream().filter(visible::contains).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return guard.ask(() -> policy.mayCall(from, to), FAILED);
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return guard.ask(() -> policy.mayClaim(who, name), FAILED);
    }

    @Override
    public CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        return guard.ask(() -> policy.mayVisit(visitor, tunnel, request), FAILED);
    }

    @Override
    public boolean takesAuthorization() {
        return policy.takesAuthorization();
    }
}
