package org.podbridge.presence;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.podbridge.auth.Identity;
import org.podbridge.identity.WebId;
import org.podbridge.policy.GuardedPolicy;

/**
 * What one connection's agent has been told of the others. Sends a snapshot first, then only differences: nobody is
 * missed or told twice, however changes, other threads and a slow policy interleave. Once its connection has left the
 * registry no more changes come, and the view ends with those that it has. Thread-safe.
 */
public final class PresenceView {

    private final WebId own;
    private final PresenceRegistry<?> registry;
    private final GuardedPolicy policy;
    private final Sink sink;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock. While 'busy', one thread, or one stage of the policy, works and the others only leave changes.
    private final Map<WebId, PresenceChange> changes = new LinkedHashMap<>();
    private boolean busy = true;
    private Identity viewer;
    private boolean renewed;
    // Touched only by who made the view busy.
    private final BitSet told = new BitSet();

    /** Where a view's findings go. Calls come one at a time; none blocks or throws. */
    public interface Sink {

        /**
         * The others that are online, to be told first of all.
         *
         * @param peers the visible ones
         */
        void snapshot(Collection<WebId> peers);

        /**
         * An agent came, or one that had been told of has left.
         *
         * @param message says so; a buffer of the sink's own
         */
        void changed(ByteBuffer message);
    }

    /**
     * Makes a view that waits for {@link #open}.
     *
     * @param viewer whose view it is
     * @param registry who is online
     * @param policy who is visible
     * @param sink where findings go
     */
    public PresenceView(Identity viewer, PresenceRegistry<?> registry, GuardedPolicy policy, Sink sink) {
        this.viewer = viewer;
        this.own = viewer.webId();
        this.registry = registry;
        this.policy = policy;
        this.sink = sink;
    }

    /** Sends the snapshot, then what changes. To be called once, after the connection has joined the registry. */
    public void open() {
        List<PresenceRegistry.Agent> others = others();
        policy.visible(viewer(), webIds(others)).thenAccept(visible -> {
            List<WebId> peers = new ArrayList<>(others.size());
            for (PresenceRegistry.Agent agent : others) {
                if (visible.contains(agent.webId())) {
                    told.set(agent.slot());
                    peers.add(agent.webId());
                }
            }
            sink.snapshot(peers);
            work();
        });
    }

    /**
     * Takes the viewer's renewed identity, and asks the policy anew about everybody: who is visible now comes, and who
     * isn't any more leaves.
     *
     * @param identity the identity, of the same agent
     */
    public void renew(Identity identity) {
        boolean mine;
        lock.lock();
        try {
            viewer = identity;
            renewed = true;
            mine = !busy;
            busy = true;
        } finally {
            lock.unlock();
        }
        if (mine) {
            work();
        }
    }

    private Identity viewer() {
        lock.lock();
        try {
            return viewer;
        } finally {
            lock.unlock();
        }
    }

    private List<PresenceRegistry.Agent> others() {
        return registry.snapshot().stream()
                .filter(agent -> !agent.webId().equals(own))
                .toList();
    }

    private static Set<WebId> webIds(Collection<PresenceRegistry.Agent> agents) {
        return agents.stream().map(PresenceRegistry.Agent::webId).collect(Collectors.toUnmodifiableSet());
    }

    void changed(PresenceChange change) {
        PresenceChange obsolete;
        boolean mine = false;
        lock.lock();
        try {
            if (change.webId().equals(own)) {
                obsolete = change;
            } else {
                obsolete = changes.put(change.webId(), change); // of the same slot, which both have kept
                mine = !busy;
                busy = true;
            }
        } finally {
            lock.unlock();
        }
        if (obsolete != null) {
            obsolete.dealtWith();
        }
        if (mine) {
            work();
        }
    }

    /** Deals with the changes that have come, in a loop while the policy answers at once. */
    private void work() {
        boolean more = true;
        while (more) {
            more = workOnce();
        }
    }

    /** A question to the policy, and what its answer is for. */
    private record Look(Set<WebId> at, Consumer<Set<WebId>> then) {}

    /** Returns whether to go on; if not, the view is idle, or a stage of the policy will go on. */
    private boolean workOnce() {
        Optional<Look> next = nextLook();
        if (next.isEmpty()) {
            return false;
        }
        Look look = next.get();
        var answer = policy.visible(viewer(), look.at());
        if (answer.toCompletableFuture().isDone()) {
            answer.thenAccept(look.then());
            return true;
        }
        answer.thenAccept(visible -> {
            look.then().accept(visible);
            work();
        });
        return false;
    }

    private Optional<Look> nextLook() {
        Map<WebId, PresenceChange> batch;
        lock.lock();
        try {
            if (renewed) {
                renewed = false;
                batch = Map.of();
            } else if (changes.isEmpty()) {
                busy = false;
                return Optional.empty();
            } else {
                batch = new LinkedHashMap<>(changes);
                changes.clear();
            }
        } finally {
            lock.unlock();
        }
        if (batch.isEmpty()) {
            // Whoever leaves from now on leaves a change behind this look, which keeps its slot.
            List<PresenceRegistry.Agent> others = others();
            return Optional.of(new Look(webIds(others), visible -> tellAnew(others, visible)));
        }
        Set<WebId> arrived = batch.keySet().stream().filter(registry::isOnline).collect(Collectors.toUnmodifiableSet());
        return Optional.of(new Look(arrived, visible -> tell(batch.values(), visible)));
    }

    private void tellAnew(Collection<PresenceRegistry.Agent> others, Set<WebId> visible) {
        for (PresenceRegistry.Agent agent : others) {
            int slot = agent.slot();
            if (!visible.contains(agent.webId()) && told.get(slot)) {
                told.clear(slot);
                sink.changed(registry.messages().left(agent.webId()));
            } else if (visible.contains(agent.webId()) && !told.get(slot) && registry.isOnline(agent.webId())) {
                told.set(slot);
                sink.changed(registry.messages().joined(agent.webId()));
            }
        }
    }

    private void tell(Collection<PresenceChange> batch, Set<WebId> visible) {
        for (PresenceChange change : batch) {
            int slot = change.slot();
            boolean online = registry.isOnline(change.webId());
            if (online && visible.contains(change.webId()) && !told.get(slot)) {
                told.set(slot);
                sink.changed(change.joinedMessage());
            } else if (!online && told.get(slot)) {
                told.clear(slot);
                sink.changed(change.leftMessage());
            }
            change.dealtWith();
        }
    }

    int changesWaiting() {
        lock.lock();
        try {
            return changes.size();
        } finally {
            lock.unlock();
        }
    }
}
