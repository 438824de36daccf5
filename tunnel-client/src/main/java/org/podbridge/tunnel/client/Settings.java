package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import org.podbridge.time.Scheduler;

/**
 * What a client was built with.
 *
 * @param relay the control endpoint, {@code ws} or {@code wss}
 * @param credentials asked before every connection
 * @param tokenInQuery whether every token goes into the URL
 * @param name the name to register
 * @param passthrough whether credentials of visitors shall cross
 * @param target the local service's origin
 * @param trustsAnyCertificate whether the local service's certificate doesn't matter
 * @param limits sizes and counts
 * @param times durations
 * @param listener guarded
 * @param scheduler time
 */
record Settings(
        URI relay,
        TokenSource credentials,
        boolean tokenInQuery,
        String name,
        boolean passthrough,
        URI target,
        boolean trustsAnyCertificate,
        Limits limits,
        Times times,
        TunnelClientListener listener,
        Scheduler scheduler) {

    /**
     * Sizes and counts.
     *
     * @param requestMessageBytes of one message from the relay
     * @param responseBodyBytes of one body of the local service
     * @param bufferedBytes of all bodies together
     * @param concurrentRequests that the local service sees at a time
     * @param queuedRequests that wait for it
     */
    record Limits(
            long requestMessageBytes,
            long responseBodyBytes,
            long bufferedBytes,
            int concurrentRequests,
            int queuedRequests) {}

    /**
     * Durations.
     *
     * @param response until the local service has answered
     * @param pingInterval between pings to the relay
     * @param pingTimeout without a sign of life after a ping
     * @param firstReconnect before the first attempt to connect anew
     * @param longestReconnect between two attempts at the most
     */
    record Times(
            Duration response,
            Duration pingInterval,
            Duration pingTimeout,
            Duration firstReconnect,
            Duration longestReconnect) {}
}
