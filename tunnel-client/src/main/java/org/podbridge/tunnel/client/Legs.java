package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.IntStream;
import org.podbridge.limits.ByteBudget;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections that serve one name. The first one goes ahead; when it has the name for the first time the others
 * follow, and from then on each finds its own way back. What the listener is told is about all of them together: there
 * is a connection as long as one of them stands.
 */
final class Legs implements Reconnector.Observer {

    private static final Logger logger = LoggerFactory.getLogger(Legs.class);

    private final Settings settings;
    private final Executor executor;
    private final List<Reconnector> legs;
    private final CompletableFuture<URI> firstRegistration = new CompletableFuture<>();

    // Below confined to the events.
    private final Set<Reconnector> connected = new HashSet<>();
    private final Set<Reconnector> registered = new HashSet<>();
    private boolean othersStarted;
    private boolean refusedBefore;

    /**
     * Makes the legs.
     *
     * @param executor runs what waits for the first registration
     * @param events runs one task after the other
     */
    Legs(Settings settings, Executor executor, Executor events, RelayDialer dialer, LocalService service) {
        this.settings = settings;
        this.executor = executor;
        ByteBudget budget = new ByteBudget(settings.limits().bufferedBytes());
        this.legs = IntStream.range(0, settings.legs())
                .mapToObj(i -> new Reconnector(settings, events, dialer, service, budget, this))
                .toList();
    }

    /**
     * Makes the first attempt.
     *
     * @return completes with the public URL, or exceptionally if the relay said no or {@link #close} came first
     */
    CompletionStage<URI> start() {
        legs.get(0).start();
        return firstRegistration.minimalCompletionStage();
    }

    /**
     * Ends all sessions, and what shall lead to one. Idempotent.
     *
     * @return completes when all connections have ended
     */
    CompletableFuture<Void> close() {
        firstRegistration.cancel(false);
        return CompletableFuture.allOf(
                legs.stream().map(leg -> leg.close().toCompletableFuture()).toArray(CompletableFuture<?>[]::new));
    }

    @Override
    public void connected(Reconnector leg) {
        boolean first = connected.isEmpty();
        connected.add(leg);
        if (first) {
            URI relay = settings.relay().uri();
            String withoutQuery = relay.getScheme() + "://" + relay.getRawAuthority() + relay.getRawPath();
            settings.listener().connected(URI.create(withoutQuery));
        }
    }

    @Override
    public void registered(Reconnector leg, URI publicUrl) {
        boolean first = registered.isEmpty();
        registered.add(leg);
        if (first) {
            settings.listener().registered(publicUrl);
            // What waits for it is not ours, and shall not hold up what comes next.
            executor.execute(() -> firstRegistration.complete(publicUrl));
        }
        if (!othersStarted) {
            othersStarted = true;
            legs.stream().skip(1).forEach(Reconnector::start);
        }
    }

    @Override
    public void disconnected(Reconnector leg, String reason, Duration retryIn) {
        boolean stood = !connected.isEmpty();
        connected.remove(leg);
        registered.remove(leg);
        boolean tells = connected.isEmpty() && (stood || leg.equals(legs.get(0)));
        if (tells) {
            settings.listener().disconnected(reason, retryIn);
        } else {
            logger.debug("One of the connections to the relay was lost: {}", PrintableText.of(reason));
        }
    }

    @Override
    public void refused(Reconnector leg, TunnelRefusedException refusal) {
        if (refusedBefore) {
            return;
        }
        refusedBefore = true;
        legs.forEach(Reconnector::close);
        settings.listener().refused(refusal);
        executor.execute(() -> firstRegistration.completeExceptionally(refusal));
    }

    @Override
    public void requestStarted(StartedRequest request) {
        settings.listener().requestStarted(request);
    }

    @Override
    public void requestFinished(FinishedRequest request) {
        settings.listener().requestFinished(request);
    }
}
