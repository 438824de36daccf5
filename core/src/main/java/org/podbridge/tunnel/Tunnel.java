package org.podbridge.tunnel;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.TunnelInfo;
import org.podbridge.tunnel.v1.ClientMessage;

/**
 * A name as it stands in the registry at one moment. Immutable; a change replaces it.
 *
 * @param name the name
 * @param owner who has registered it
 * @param passthrough whether credentials cross
 * @param share whether further connections of the owner serve it too, rather than take it over
 * @param access who may visit
 * @param connections who serves it; none while the name is only kept for its owner
 */
record Tunnel(
        TunnelName name,
        WebId owner,
        boolean passthrough,
        boolean share,
        ClientMessage.Access access,
        List<TunnelConnection> connections) {

    Tunnel {
        connections = List.copyOf(connections);
    }

    Tunnel withConnections(List<TunnelConnection> others) {
        return new Tunnel(name, owner, passthrough, share, access, others);
    }

    /** Returns the connection that has the least to do. */
    Optional<TunnelConnection> leastBusy() {
        return leastBusy(connection -> true);
    }

    /** Returns the connection that has the least to do, of those that fit. */
    Optional<TunnelConnection> leastBusy(Predicate<TunnelConnection> fit) {
        return connections.stream().filter(fit).min(Comparator.comparingInt(TunnelConnection::exchangesInFlight));
    }

    TunnelInfo info() {
        return new TunnelInfo(name, owner);
    }

    boolean isPublic() {
        return access.kind() == ClientMessage.Access.Kind.PUBLIC;
    }

    /** Tells whether the owner lets an agent in. */
    boolean admits(WebId visitor) {
        return switch (access.kind()) {
            case PUBLIC -> true;
            case OWNER -> owner.equals(visitor);
            case WEB_IDS -> owner.equals(visitor) || access.webIds().contains(visitor.value());
            case INVALID -> false;
        };
    }
}
