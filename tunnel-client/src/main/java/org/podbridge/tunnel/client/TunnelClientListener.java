package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;

/**
 * Hears what happens to a tunnel. Every method does nothing unless overridden. They are called on threads of the
 * client, where they must not block; {@link #requestFinished} concurrently, the others one after the other. What they
 * throw is logged, and the client goes on. Texts hold no control characters.
 */
public interface TunnelClientListener {

    /**
     * The WebSocket to the relay stands.
     *
     * @param relay the relay's address, without its query, which may hold a secret
     */
    default void connected(URI relay) {}

    /**
     * The relay gave the name to this client; visitors can come. Follows every {@link #connected} that goes well.
     *
     * @param publicUrl where visitors reach the tunnel
     */
    default void registered(URI publicUrl) {}

    /**
     * A visitor's request has ended.
     *
     * @param request what became of it
     */
    default void requestFinished(FinishedRequest request) {}

    /**
     * There is no connection to the relay, because it was lost or could not be made. The client will try again.
     *
     * @param reason why, for people
     * @param retryIn when the next attempt starts
     */
    default void disconnected(String reason, Duration retryIn) {}

    /**
     * The relay said no for good. The client has stopped; only its threads wait to be ended by
     * {@link TunnelClient#close}.
     *
     * @param refusal why
     */
    default void refused(TunnelRefusedException refusal) {}

    /**
     * Returns a listener that does nothing.
     *
     * @return the listener
     */
    static TunnelClientListener none() {
        return new TunnelClientListener() {};
    }
}
