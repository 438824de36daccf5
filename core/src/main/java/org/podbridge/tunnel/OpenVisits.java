package org.podbridge.tunnel;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The visits that are under way, so that they end when the tunnel isn't open to their visitors any more, or the
 * visitors aren't who they were. Thread-safe.
 */
final class OpenVisits {

    private static final Logger logger = LoggerFactory.getLogger(OpenVisits.class);

    private final TunnelRegistry registry;
    private final BiPredicate<Entry, Tunnel> holds;
    private final Map<TunnelName, Map<Visit, Boolean>> visits = new ConcurrentHashMap<>();
    private final AtomicLong revocations = new AtomicLong();

    /** One visit. */
    private static final class Visit {
        private final Entry entry;
        private final Runnable end;

        Visit(Entry entry, Runnable end) {
            this.entry = entry;
            this.end = end;
        }
    }

    /** Makes one. The predicate tells whether an entry opens a tunnel as it stands. */
    OpenVisits(TunnelRegistry registry, BiPredicate<Entry, Tunnel> holds) {
        this.registry = registry;
        this.holds = holds;
    }

    /**
     * Watches over a visit; it is ended at once if its entry doesn't hold any more, or may not hold because somebody's
     * identity was revoked while the visitor was let in.
     *
     * @param since what {@link #revocations} was before it was asked who the visitor is
     * @param end ends the visit; may run more than once
     * @return to be run when the visit is over
     */
    Runnable add(TunnelName name, Entry entry, long since, Runnable end) {
        Visit visit = new Visit(entry, end);
        visits.compute(name, (key, others) -> {
            Map<Visit, Boolean> all = others == null ? new ConcurrentHashMap<>(2) : others;
            all.put(visit, true);
            return all;
        });
        // After it was put in: who changes the tunnel meanwhile either finds it there, or is seen here.
        boolean revoked = revocations.get() != since && !(entry instanceof Entry.Open);
        if (revoked
                || registry.find(name).filter(now -> !holds.test(entry, now)).isPresent()) {
            end.run();
        }
        return () -> visits.computeIfPresent(name, (key, others) -> {
            others.remove(visit);
            return others.isEmpty() ? null : others;
        });
    }

    /** Ends the visits of a tunnel that it isn't open to any more. */
    void recheck(TunnelName name) {
        Optional<Tunnel> now = registry.find(name);
        List.copyOf(visits.getOrDefault(name, Map.of()).keySet()).stream()
                .filter(visit -> now.isPresent() && !holds.test(visit.entry, now.get()))
                .forEach(OpenVisits::end);
    }

    /** A fault at the end of one visit keeps no other from its end. */
    private static void end(Visit visit) {
        try {
            visit.end.run();
        } catch (RuntimeException e) {
            logger.error("A visit could not be ended", e);
        }
    }

    /** Returns how often identities were revoked. */
    long revocations() {
        return revocations.get();
    }

    /**
     * Notes that identities are being revoked, before what rests on them is ended: who is being let in is seen later.
     */
    void countRevocation() {
        revocations.incrementAndGet();
    }

    /** Ends the visits of certain identities. */
    void end(Predicate<Identity> whose) {
        visits.values().stream()
                .flatMap(ofTunnel -> ofTunnel.keySet().stream())
                .filter(visit -> visit.entry.visitor().filter(whose).isPresent())
                .toList()
                .forEach(OpenVisits::end);
    }

    int size() {
        return visits.size();
    }
}
