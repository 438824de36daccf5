package org.podbridge.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A host's policy, made safe to ask: every question is answered in bounded time, and what goes wrong denies. Stages
 * that are complete already stay so. Thread-safe.
 */
public final class GuardedPolicy implements AccessPolicy {

    private static final Logger logger = LoggerFactory.getLogger(GuardedPolicy.class);
    private static final AccessDecision FAILED = new AccessDecision.Deny("the policy failed");

    private final AccessPolicy policy;
    private final Duration timeLimit;
    private final Scheduler scheduler;

    /**
     * Makes one.
     *
     * @param policy the host's policy
     * @param timeLimit how long one answer may take
     * @param scheduler time
     */
    public GuardedPolicy(AccessPolicy policy, Duration timeLimit, Scheduler scheduler) {
        this.policy = policy;
        this.timeLimit = timeLimit;
        this.scheduler = scheduler;
    }

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return guard(() -> policy.mayConnect(who, endpoint, origin), FAILED);
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        return online.isEmpty()
                ? CompletableFuture.completedStage(online)
                : guard(() -> policy.visible(viewer, online).thenApply(visible -> among(online, visible)), Set.of());
    }

    private static Set<WebId> among(Set<WebId> online, Set<WebId> visible) {
        return online.stream().filter(visible::contains).collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return guard(() -> policy.mayCall(from, to), FAILED);
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return guard(() -> policy.mayClaim(who, name), FAILED);
    }

    @Override
    public CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        return guard(() -> policy.mayVisit(visitor, tunnel, request), FAILED);
    }

    @Override
    public boolean takesAuthorization() {
        return policy.takesAuthorization();
    }

    private <T> CompletionStage<T> guard(Supplier<CompletionStage<T>> question, T whenFailed) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            question.get().whenComplete((result, failure) -> answer.complete(checked(result, failure, whenFailed)));
        } catch (Throwable e) { // the host's code may fail in any way, and that is no reason to fail others
            answer.complete(checked(null, e, whenFailed));
        }
        if (answer.isDone()) {
            return answer; // no timer needed
        }
        Scheduler.Task limit = scheduler.schedule(timeLimit, () -> {
            if (answer.complete(whenFailed)) {
                logger.warn("The access policy took longer than {}", timeLimit);
            }
        });
        return answer.whenComplete((result, failure) -> limit.cancel());
    }

    private static <T> T checked(@Nullable T result, @Nullable Throwable failure, T whenFailed) {
        if (failure != null) {
            logger.warn("The access policy failed", failure);
        }
        return failure != null || result == null ? whenFailed : result;
    }
}
