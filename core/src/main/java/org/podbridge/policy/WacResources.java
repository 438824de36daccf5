package org.podbridge.policy;

import java.net.URI;
import java.util.Optional;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;

/** Names the resources whose access control decides; a host knows where the pods of its agents are. Thread-safe. */
public interface WacResources {

    /**
     * Returns the resource that stands for reaching an agent.
     *
     * @param agent the agent
     * @return such as {@code https://pod.example/alice/.webrtc}; empty if the agent has no pod here, so that nobody
     *     sees or calls it
     */
    Optional<URI> signaling(WebId agent);

    /**
     * Returns the resource that stands for a tunnel.
     *
     * @param name the tunnel's name
     * @return such as {@code https://pod.example/tunnel/blog/}
     */
    URI tunnel(TunnelName name);
}
