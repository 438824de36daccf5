package org.podbridge.tunnel;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.Scheduler;

/**
 * Which name belongs to whom, and who serves it. A name has one owner at any time; for a while after that nobody else
 * gets it. Thread-safe.
 */
final class TunnelRegistry {

    private final Limits limits;
    private final Scheduler scheduler;

    /** Written under the lock, read by visitors without. */
    private final ConcurrentHashMap<TunnelName, Tunnel> tunnels = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<WebId, Integer> namesByOwner = new HashMap<>();
    private final Map<TunnelName, Lease> leases = new HashMap<>();
    private final @Nullable LookAlikes lookAlikes;
    private final Quarantine quarantine;

    /** Told apart by identity: the end of an old lease must not end a newer one of the same name. */
    private static final class Lease {
        private Scheduler.Task end = () -> {};
    }

    /**
     * Makes one.
     *
     * @param lookAlikes keeps names from looking like those of other agents, and is from now on this registry's; or
     *     null if they may
     */
    TunnelRegistry(Limits limits, Scheduler scheduler, @Nullable LookAlikes lookAlikes) {
        this.limits = limits;
        this.scheduler = scheduler;
        this.lookAlikes = lookAlikes;
        this.quarantine = new Quarantine(limits, scheduler, lookAlikes == null ? name -> {} : lookAlikes::remove);
    }

    /** What became of a claim. */
    sealed interface Claim {
        /**
         * The name is the claimant's.
         *
         * @param replaced connections of the same agent that served it until now
         */
        record Granted(List<TunnelConnection> replaced) implements Claim {}

        /** The name is another agent's. */
        record Taken() implements Claim {}

        /** The name was another agent's until a while ago. */
        record Reserved() implements Claim {}

        /** The name looks like one of another agent, or like one that nobody gets. */
        record Confusable() implements Claim {}

        /** The agent, the connection or the relay has too many names. */
        record TooMany() implements Claim {}

        /** The claimant is closed, or about to be. */
        record TooLate() implements Claim {}
    }

    Optional<Tunnel> find(TunnelName name) {
        return Optional.ofNullable(tunnels.get(name));
    }

    /**
     * Gives a name to a connection.
     *
     * @param wanted the name, its owner and how it is served, with the claimant as the only connection
     */
    Claim claim(Tunnel wanted) {
        TunnelConnection claimant = wanted.connections().get(0);
        lock.lock();
        try {
            if (claimant.isOver()) {
                return new Claim.TooLate();
            }
            quarantine.releaseThoseOver();
            Tunnel before = tunnels.get(wanted.name());
            if (before != null && !before.owner().equals(wanted.owner())) {
                return new Claim.Taken();
            }
            if (quarantine
                    .ownerOf(wanted.name())
                    .filter(owner -> !owner.equals(wanted.owner()))
                    .isPresent()) {
                return new Claim.Reserved();
            }
            if (before == null && lookAlikes != null && !lookAlikes.admits(wanted)) {
                return new Claim.Confusable();
            }
            boolean served = before != null && before.connections().contains(claimant);
            if (!served && claimant.names().size() >= limits.maxNamesPerConnection()) {
                return new Claim.TooMany();
            }
            if (before == null && !hasRoomFor(wanted.owner())) {
                return new Claim.TooMany();
            }
            if (before == null) {
                remember(wanted);
            }
            cancelLease(wanted.name());
            claimant.names().add(wanted.name());
            List<TunnelConnection> others = before == null ? List.of() : without(before.connections(), claimant);
            if (before != null && before.share() && wanted.share()) {
                List<TunnelConnection> all = new ArrayList<>(others);
                all.add(claimant);
                tunnels.put(wanted.name(), wanted.withConnections(all));
                return new Claim.Granted(List.of());
            }
            tunnels.put(wanted.name(), wanted);
            others.forEach(other -> other.names().remove(wanted.name()));
            return new Claim.Granted(others);
        } finally {
            lock.unlock();
        }
    }

    List<TunnelName> namesOf(TunnelConnection connection) {
        lock.lock();
        try {
            return List.copyOf(connection.names());
        } finally {
            lock.unlock();
        }
    }

    /** Frees a name without a lease, if the connection serves it; others that share it go on. */
    void release(TunnelName name, TunnelConnection connection) {
        lock.lock();
        try {
            if (connection.names().remove(name)) {
                Tunnel rest = restOf(name, connection);
                if (rest.connections().isEmpty()) {
                    forget(rest);
                } else {
                    tunnels.put(name, rest);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Frees what a connection served that is over, and so gets nothing any more. Names that nobody serves any more are
     * leased to their owner for a while.
     */
    void releaseAll(TunnelConnection connection) {
        lock.lock();
        try {
            for (TunnelName name : List.copyOf(connection.names())) {
                Tunnel rest = restOf(name, connection);
                boolean served = !rest.connections().isEmpty();
                if (!served && limits.nameLease().isZero()) {
                    forget(rest);
                    continue;
                }
                tunnels.put(name, rest);
                if (!served) {
                    Lease lease = new Lease();
                    lease.end = scheduler.schedule(limits.nameLease(), () -> endLease(name, lease));
                    leases.put(name, lease);
                }
            }
            connection.names().clear();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Gives a name to whoever claims it next, if nobody serves it; tells whether it was kept for somebody until now.
     */
    boolean free(TunnelName name) {
        lock.lock();
        try {
            quarantine.releaseThoseOver();
            Tunnel tunnel = tunnels.get(name);
            if (tunnel == null) {
                return quarantine.release(name);
            }
            if (!tunnel.connections().isEmpty()) {
                return false;
            }
            cancelLease(name);
            forget(tunnel);
            quarantine.release(name);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many names are kept for those who have given them up. */
    int quarantined() {
        lock.lock();
        try {
            quarantine.releaseThoseOver();
            return quarantine.size();
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many names are somebody's. */
    int size() {
        return tunnels.size();
    }

    private boolean hasRoomFor(WebId owner) {
        return tunnels.size() < limits.maxNames() && namesByOwner.getOrDefault(owner, 0) < limits.maxNamesPerWebId();
    }

    /** Returns what is left of a tunnel that a connection serves no more; visitors see each change as a whole. */
    private Tunnel restOf(TunnelName name, TunnelConnection connection) {
        Tunnel tunnel = tunnels.get(name);
        if (tunnel == null) {
            throw new IllegalStateException("a connection serves a name that is not registered");
        }
        return tunnel.withConnections(without(tunnel.connections(), connection));
    }

    private void endLease(TunnelName name, Lease lease) {
        lock.lock();
        try {
            Tunnel tunnel = tunnels.get(name);
            if (leases.remove(name, lease) && tunnel != null) {
                forget(tunnel);
            }
        } finally {
            lock.unlock();
        }
    }

    private void remember(Tunnel tunnel) {
        namesByOwner.merge(tunnel.owner(), 1, Integer::sum);
        boolean knownByItsLook = quarantine.takeOut(tunnel.name());
        if (lookAlikes != null && !knownByItsLook) {
            lookAlikes.add(tunnel);
        }
    }

    private void forget(Tunnel tunnel) {
        tunnels.remove(tunnel.name());
        namesByOwner.computeIfPresent(tunnel.owner(), (owner, count) -> count == 1 ? null : count - 1);
        quarantine.add(tunnel.name(), tunnel.owner());
    }

    private void cancelLease(TunnelName name) {
        Lease lease = leases.remove(name);
        if (lease != null) {
            lease.end.cancel();
        }
    }

    private static List<TunnelConnection> without(List<TunnelConnection> connections, TunnelConnection one) {
        return connections.stream().filter(connection -> connection != one).toList();
    }
}
