package org.podbridge.policy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.time.Scheduler;

/**
 * Several policies, all of which have to allow something, or one of them. All are asked at once, so that the time that
 * an answer takes doesn't tell which of them has decided. One that fails or takes too long denies, and spoils nothing
 * else.
 */
final class CombinedPolicy implements AccessPolicy {

    private static final AccessDecision FAILED = new AccessDecision.Deny("a policy failed");

    private final List<AccessPolicy> policies;
    private final boolean all;
    private volatile Guard guard = Guard.patient();

    CombinedPolicy(List<AccessPolicy> policies, boolean all) {
        if (policies.isEmpty()) {
            throw new IllegalArgumentException("policies: none (expected: at least one)");
        }
        this.policies = policies;
        this.all = all;
    }

    /** Gives each policy half of the time, so that those which answer are heard though another doesn't. */
    @Override
    public void start(Scheduler scheduler, Duration timeLimit) {
        Duration share = timeLimit.dividedBy(2);
        guard = Guard.within(share, scheduler);
        policies.forEach(policy -> policy.start(scheduler, share));
    }

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        return decide(policy -> policy.mayConnect(who, endpoint, origin));
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        return ask(policy -> policy.visible(viewer, online), Set.of()).thenApply(answers -> {
            Set<WebId> visible = new HashSet<>(answers.get(0));
            answers.forEach(answer -> {
                if (all) {
                    visible.retainAll(answer);
                } else {
                    visible.addAll(answer);
                }
            });
            return visible;
        });
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        return decide(policy -> policy.mayCall(from, to));
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return decide(policy -> policy.mayClaim(who, name));
    }

    @Override
    public CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        return decide(policy -> policy.mayVisit(visitor, tunnel, request));
    }

    @Override
    public boolean takesAuthorization() {
        return policies.stream().anyMatch(AccessPolicy::takesAuthorization);
    }

    private CompletionStage<AccessDecision> decide(Function<AccessPolicy, CompletionStage<AccessDecision>> question) {
        return ask(question, FAILED).thenApply(all ? CombinedPolicy::strictest : CombinedPolicy::mildest);
    }

    /** No is final; asking for a credential makes no sense if that wouldn't help. */
    private static AccessDecision strictest(List<AccessDecision> decisions) {
        return first(decisions, AccessDecision.Deny.class)
                .or(() -> first(decisions, AccessDecision.AskForCredentials.class))
                .orElse(decisions.get(0));
    }

    private static AccessDecision mildest(List<AccessDecision> decisions) {
        return first(decisions, AccessDecision.Allow.class)
                .or(() -> first(decisions, AccessDecision.AskForCredentials.class))
                .orElse(decisions.get(0));
    }

    private static Optional<AccessDecision> first(
            List<AccessDecision> decisions, Class<? extends AccessDecision> kind) {
        return decisions.stream().filter(kind::isInstance).findFirst();
    }

    private <T> CompletionStage<List<T>> ask(Function<AccessPolicy, CompletionStage<T>> question, T whenFailed) {
        CompletionStage<List<T>> answers = CompletableFuture.completedStage(List.of());
        List<CompletionStage<T>> asked = new ArrayList<>(policies.size());
        for (AccessPolicy policy : policies) {
            asked.add(guard.ask(() -> question.apply(policy), whenFailed));
        }
        for (CompletionStage<T> answer : asked) {
            answers = answers.thenCombine(answer, (before, next) -> {
                List<T> more = new ArrayList<>(before);
                more.add(next);
                return more;
            });
        }
        return answers;
    }
}
