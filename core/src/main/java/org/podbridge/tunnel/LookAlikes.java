package org.podbridge.tunnel;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;

/**
 * Whose names have which skeleton. As long as each name is added that {@link #admits} allows, and no other, all names
 * of one skeleton are one agent's. Holds no more entries than there are names. Not thread-safe.
 */
final class LookAlikes {

    private final Set<Skeleton> reserved;
    private final Map<Skeleton, Holding> holdings = new HashMap<>();

    /** Who has the names of one skeleton, and how many there are. */
    private record Holding(WebId owner, int names) {}

    /** Makes one without names, but for those that nobody gets. */
    LookAlikes(Set<String> reservedNames) {
        this.reserved = reservedNames.stream().map(Skeleton::of).collect(Collectors.toUnmodifiableSet());
    }

    /** Tells whether a name looks like no reserved one, and like none of another agent. */
    boolean admits(Tunnel wanted) {
        Skeleton skeleton = skeletonOf(wanted);
        Holding holding = holdings.get(skeleton);
        return !reserved.contains(skeleton)
                && (holding == null || holding.owner().equals(wanted.owner()));
    }

    void add(Tunnel tunnel) {
        holdings.merge(
                skeletonOf(tunnel),
                new Holding(tunnel.owner(), 1),
                (before, one) -> new Holding(before.owner(), before.names() + 1));
    }

    void remove(TunnelName name) {
        holdings.computeIfPresent(
                Skeleton.of(name.value()),
                (skeleton, before) -> before.names() == 1 ? null : new Holding(before.owner(), before.names() - 1));
    }

    int size() {
        return holdings.size();
    }

    private static Skeleton skeletonOf(Tunnel tunnel) {
        return Skeleton.of(tunnel.name().value());
    }
}
