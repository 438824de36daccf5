package org.podbridge.policy;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Web Access Control says of resources that stand for agents and tunnels. Solid knows neither presence nor calls
 * nor tunnels, so what the modes mean for them is our own, and is said here only.
 */
final class WacPolicy implements AccessPolicy {

    private static final Logger logger = LoggerFactory.getLogger(WacPolicy.class);
    private static final AccessDecision ALLOW = new AccessDecision.Allow();

    private final WacModes modes;
    private final WacResources resources;
    private volatile Guard guard = Guard.patient();

    WacPolicy(WacModes modes, WacResources resources) {
        this.modes = modes;
        this.resources = resources;
    }

    /** Gives the question about one agent half of the time, so that one that isn't answered hides nobody else. */
    @Override
    public void start(Scheduler scheduler, Duration timeLimit) {
        guard = Guard.within(timeLimit.dividedBy(2), scheduler);
    }

    @Override
    public CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin) {
        Optional<URI> own = endpoint == Endpoint.TUNNEL ? Optional.empty() : resources.signaling(who.webId());
        return own.isEmpty() // judged by its names, or by whom it calls
                ? CompletableFuture.completedStage(ALLOW)
                : decide(own.get(), Optional.of(who), WacModes.Mode.WRITE);
    }

    @Override
    public CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online) {
        AtomicInteger failures = new AtomicInteger();
        Set<WebId> visible = new HashSet<>();
        List<CompletionStage<Boolean>> answers = new ArrayList<>(online.size());
        List<WebId> agents = List.copyOf(online);
        for (WebId agent : agents) {
            answers.add(guard.ask(
                    () -> has(resources.signaling(agent), Optional.of(viewer), WacModes.Mode.READ),
                    false,
                    failure -> failures.incrementAndGet()));
        }
        CompletableFuture<?>[] all =
                answers.stream().map(CompletionStage::toCompletableFuture).toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(all).thenApply(done -> {
            for (int i = 0; i < agents.size(); i++) {
                if (answers.get(i).toCompletableFuture().join()) {
                    visible.add(agents.get(i));
                }
            }
            if (failures.get() > 0) {
                logger.warn("Access control of {} agents failed or took too long; nobody sees them", failures.get());
            }
            return visible;
        });
    }

    @Override
    public CompletionStage<AccessDecision> mayCall(Identity from, WebId to) {
        Optional<URI> resource = resources.signaling(to);
        return resource.isEmpty()
                ? CompletableFuture.completedStage(new AccessDecision.Deny("the one that is called has no pod here"))
                : decide(resource.get(), Optional.of(from), WacModes.Mode.APPEND);
    }

    @Override
    public CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name) {
        return decide(resources.tunnel(name), Optional.of(who), WacModes.Mode.CONTROL);
    }

    @Override
    public CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        WacModes.Mode needed = request.isWebSocketUpgrade() ? WacModes.Mode.READ : neededFor(request.method());
        return decide(resources.tunnel(tunnel.name()), visitor, needed);
    }

    private static WacModes.Mode neededFor(String method) {
        return switch (method) {
            case "GET", "HEAD", "OPTIONS" -> WacModes.Mode.READ;
            case "POST" -> WacModes.Mode.APPEND;
            default -> WacModes.Mode.WRITE;
        };
    }

    private CompletionStage<AccessDecision> decide(URI resource, Optional<Identity> agent, WacModes.Mode needed) {
        return has(Optional.of(resource), agent, needed)
                .thenApply(granted -> granted ? ALLOW : new AccessDecision.Deny("no " + needed + " on " + resource));
    }

    private CompletionStage<Boolean> has(Optional<URI> resource, Optional<Identity> agent, WacModes.Mode needed) {
        return resource.isEmpty()
                ? CompletableFuture.completedStage(false)
                : modes.modes(resource.get(), agent)
                        .thenApply(granted -> granted.contains(needed)
                                || (needed == WacModes.Mode.APPEND && granted.contains(WacModes.Mode.WRITE)));
    }
}
