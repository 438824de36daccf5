package org.podbridge.tunnel;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Names that nobody has, but that nobody gets for a while except for their former owners: browsers keep things for
 * them. A name is here or in the registry, not in both.
 *
 * <p>Bounded in all and for each owner. An owner who frees more than that has its own oldest one released, and never
 * somebody else's. What an owner may have shrinks with the room that others leave, so that there is some for those who
 * have none yet. Not thread-safe.
 */
final class Quarantine {

    private static final Logger logger = LoggerFactory.getLogger(Quarantine.class);

    /** An owner may have this part of the room that others leave. */
    private static final int PART = 64;

    private final Scheduler scheduler;
    private final long nanos;
    private final int maxNames;
    private final int maxNamesPerOwner;
    private final Consumer<TunnelName> released;

    /** In the order in which they end, since all stay equally long. */
    private final Map<TunnelName, Stay> stays = new LinkedHashMap<>();

    /** The oldest first. */
    private final Map<WebId, Set<TunnelName>> byOwner = new HashMap<>();

    private boolean fullBefore;

    private record Stay(WebId owner, long end) {}

    /**
     * Makes one without names.
     *
     * @param limits how long names stay; as many may be here as may be registered, in all and for one owner
     * @param scheduler the monotonic clock
     * @param released is told of each name that anybody may have from now on
     */
    Quarantine(Limits limits, Scheduler scheduler, Consumer<TunnelName> released) {
        this.scheduler = scheduler;
        this.nanos = limits.nameQuarantine().toNanos();
        this.maxNames = limits.maxNames();
        this.maxNamesPerOwner = limits.maxNamesPerWebId();
        this.released = released;
    }

    /** Takes in a name that its owner has no more; releases it at once if there is no room. */
    void add(TunnelName name, WebId owner) {
        releaseThoseOver();
        Set<TunnelName> own = byOwner.getOrDefault(owner, Set.of());
        if (nanos == 0) {
            released.accept(name);
        } else if (own.size() < maxFor(own.size())) {
            put(name, owner);
        } else if (!own.isEmpty()) {
            release(own.iterator().next());
            put(name, owner);
        } else {
            warnOnce();
            released.accept(name);
        }
    }

    /** Takes a name out, since its owner has it again; tells whether it was here. */
    boolean takeOut(TunnelName name) {
        Stay stay = stays.remove(name);
        if (stay != null) {
            forget(name, stay);
        }
        return stay != null;
    }

    /** Returns the one who alone may have a name, or empty if it isn't here. */
    Optional<WebId> ownerOf(TunnelName name) {
        return Optional.ofNullable(stays.get(name)).map(Stay::owner);
    }

    /** Releases a name before its time; tells whether it was here. */
    boolean release(TunnelName name) {
        boolean here = takeOut(name);
        if (here) {
            released.accept(name);
        }
        return here;
    }

    /** To be called before the others are asked something. */
    void releaseThoseOver() {
        long now = scheduler.nanoTime();
        Iterator<Map.Entry<TunnelName, Stay>> oldestFirst = stays.entrySet().iterator();
        while (oldestFirst.hasNext()) {
            Map.Entry<TunnelName, Stay> oldest = oldestFirst.next();
            if (now - oldest.getValue().end() < 0) {
                return;
            }
            oldestFirst.remove();
            forget(oldest.getKey(), oldest.getValue());
            released.accept(oldest.getKey());
        }
    }

    int size() {
        return stays.size();
    }

    /** Tells how many names an owner may have here who has some. */
    private int maxFor(int own) {
        int leftByOthers = maxNames - (stays.size() - own);
        return Math.min(maxNamesPerOwner, (int) Math.ceil((double) leftByOthers / PART));
    }

    private void put(TunnelName name, WebId owner) {
        stays.put(name, new Stay(owner, scheduler.nanoTime() + nanos));
        byOwner.computeIfAbsent(owner, first -> new LinkedHashSet<>()).add(name);
    }

    private void forget(TunnelName name, Stay stay) {
        byOwner.computeIfPresent(stay.owner(), (owner, names) -> {
            names.remove(name);
            return names.isEmpty() ? null : names;
        });
    }

    private void warnOnce() {
        if (!fullBefore) {
            fullBefore = true;
            logger.warn(
                    "{} freed tunnel names of {} agents are kept from others, and no more can be: those of agents who"
                            + " have none among them are anybody's at once",
                    stays.size(),
                    byOwner.size());
        }
    }
}
