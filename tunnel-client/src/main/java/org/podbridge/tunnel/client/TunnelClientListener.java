package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;

/**
 * Hears what happens to a tunnel. Every method does nothing unless overridden. They are called on threads of the
 * client, where they must not block. {@link #requestStarted} and {@link #requestFinished} come concurrently, for each
 * request one after the other; all others come one after the other. What they throw is logged, and the client goes on.
 * Texts hold no control characters.
 */
public interface TunnelClientListener {

    /**
     * The WebSocket to the relay stands; of several {@linkplain TunnelClientBuilder#legs legs}, the first one does.
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
     * A visitor's request has come. {@link #requestFinished} follows, with the same id.
     *
     * @param request what is asked
     */
    default void requestStarted(StartedRequest request) {}

    /**
     * A visitor's request has ended.
     *
     * @param request what became of it
     */
    default void requestFinished(FinishedRequest request) {}

    /**
     * There is no connection to the relay, because it was lost or could not be made. The client will try again. As long
     * as one of several legs stands, the loss of another is not told.
     *
     * @param reason why, for people
     * @param retryIn when the next attempt starts
     */
    default void disconnected(String reason, Duration retryIn) {}

    /**
     * The local service takes no connections; visitors get 502. It is looked at again until it does.
     *
     * @param service its origin
     */
    default void serviceUnreachable(URI service) {}

    /**
     * The local service takes connections again. Follows every {@link #serviceUnreachable} that passes.
     *
     * @param service its origin
     */
    default void serviceReachable(URI service) {}

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
