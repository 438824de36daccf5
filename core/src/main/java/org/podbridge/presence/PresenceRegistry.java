package org.podbridge.presence;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.WebId;

/**
 * The agents that are online, each with its newest connection. Thread-safe.
 *
 * @param <C> the type of a connection
 */
public final class PresenceRegistry<C extends PresenceRegistry.Present> {

    /*
     * Whom a view has told its agent of is kept as one bit per agent rather than as a set of WebIDs: with everybody
     * visible to everybody, 15,000 agents would otherwise hold 225 million entries. An agent's bit is its slot. The slot
     * stays the agent's own until it is offline and every view has dealt with that, so a view never takes one agent's bit
     * for another's.
     *
     * Changes reach views in no particular order; a view looks up what holds now, so the order doesn't matter.
     */

    private final Messages messages;
    private final ConcurrentHashMap<WebId, C> online = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<WebId, Slot> slots = new HashMap<>();
    private final BitSet usedSlots = new BitSet();

    /** What the current thread has still to announce; null unless it is announcing. */
    @SuppressWarnings("ThreadLocalUsage") // a registry's own, and removed with each announcement
    private final ThreadLocal<@Nullable Queue<Agent>> announcing = new ThreadLocal<>();

    private static final class Slot {
        final int index;
        int holders;

        Slot(int index) {
            this.index = index;
        }
    }

    /** How changes are put into words. */
    public interface Messages {

        /**
         * Says that an agent came.
         *
         * @param webId the agent
         * @return the message
         */
        ByteBuffer joined(WebId webId);

        /**
         * Says that an agent left.
         *
         * @param webId the agent
         * @return the message
         */
        ByteBuffer left(WebId webId);
    }

    /** A connection of an agent, as the registry sees it. */
    public interface Present {

        /**
         * Returns the agent.
         *
         * @return its WebID
         */
        WebId webId();

        /**
         * Returns what the agent knows of the others.
         *
         * @return the view
         */
        PresenceView view();

        /** A newer connection of the same agent has taken this one's place. */
        void replaced();
    }

    /**
     * Makes a registry of nobody.
     *
     * @param messages how changes are put into words
     */
    public PresenceRegistry(Messages messages) {
        this.messages = messages;
    }

    Messages messages() {
        return messages;
    }

    /**
     * An agent and its slot.
     *
     * @param webId the agent
     * @param slot the slot
     */
    record Agent(WebId webId, int slot) {}

    /**
     * Brings an agent online, or moves it to a newer connection. Others hear of it only if it wasn't online before.
     *
     * @param connection the connection
     */
    public void join(C connection) {
        WebId webId = connection.webId();
        C before;
        int slot;
        lock.lock();
        try {
            before = online.put(webId, connection);
            slot = before == null ? holdSlot(webId, 2) : slotOf(webId); // one for being online, one for the change
        } finally {
            lock.unlock();
        }
        if (before == null) {
            announce(webId, slot);
        } else {
            before.replaced();
        }
    }

    /**
     * Takes an agent offline, if the connection is still its newest one.
     *
     * @param connection the connection
     */
    public void leave(C connection) {
        WebId webId = connection.webId();
        int slot;
        lock.lock();
        try {
            if (!online.remove(webId, connection)) {
                return;
            }
            slot = slotOf(webId); // the hold of being online passes to the change
        } finally {
            lock.unlock();
        }
        announce(webId, slot);
    }

    /**
     * Returns the connection of an agent.
     *
     * @param webId the agent
     * @return its newest connection, or empty if it isn't online
     */
    public Optional<C> find(WebId webId) {
        return Optional.ofNullable(online.get(webId));
    }

    /**
     * Returns how many agents are online.
     *
     * @return the number
     */
    public int size() {
        return online.size();
    }

    boolean isOnline(WebId webId) {
        return online.containsKey(webId);
    }

    List<Agent> snapshot() {
        lock.lock();
        try {
            List<Agent> agents = new ArrayList<>(online.size());
            for (WebId webId : online.keySet()) {
                agents.add(new Agent(webId, slotOf(webId)));
            }
            return agents;
        } finally {
            lock.unlock();
        }
    }

    /**
     * What a listener causes while it is told waits until all have been told: the stack doesn't grow with the crowd.
     */
    private void announce(WebId webId, int slot) {
        Agent next = new Agent(webId, slot);
        Queue<Agent> waiting = announcing.get();
        if (waiting != null) {
            waiting.add(next);
            return;
        }
        waiting = new ArrayDeque<>();
        announcing.set(waiting);
        try {
            while (next != null) {
                tell(next);
                next = waiting.poll();
            }
        } finally {
            announcing.remove();
        }
    }

    private void tell(Agent changed) {
        List<C> audience = new ArrayList<>(online.values());
        // One more than the audience, so that an empty one releases the slot too.
        PresenceChange change = new PresenceChange(this, changed.webId(), changed.slot(), audience.size() + 1);
        for (C connection : audience) {
            connection.view().changed(change);
        }
        change.dealtWith();
    }

    private int slotOf(WebId webId) {
        Slot slot = slots.get(webId);
        if (slot == null) {
            throw new IllegalStateException("an agent online has no slot");
        }
        return slot.index;
    }

    private int holdSlot(WebId webId, int holders) {
        Slot slot = slots.computeIfAbsent(webId, who -> {
            int free = usedSlots.nextClearBit(0);
            usedSlots.set(free);
            return new Slot(free);
        });
        slot.holders += holders;
        return slot.index;
    }

    void releaseSlot(WebId webId) {
        lock.lock();
        try {
            Slot slot = slots.get(webId);
            if (slot != null && --slot.holders == 0) {
                slots.remove(webId);
                usedSlots.clear(slot.index);
            }
        } finally {
            lock.unlock();
        }
    }

    int slotsInUse() {
        lock.lock();
        try {
            return slots.size();
        } finally {
            lock.unlock();
        }
    }
}
