package org.podbridge.policy;

import static java.util.Objects.requireNonNull;

import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;

/**
 * What a policy may know of a tunnel.
 *
 * @param name its name
 * @param owner who registered it
 */
public record TunnelInfo(TunnelName name, WebId owner) {
    /** Checks that both are there. */
    public TunnelInfo {
        requireNonNull(name, "name");
        requireNonNull(owner, "owner");
    }
}
