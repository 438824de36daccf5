package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v1.ClientMessage;

/**
 * What a client was built with.
 *
 * @param relay how to get there
 * @param name the name to register
 * @param registration what to ask of the relay
 * @param legs how many connections serve the name
 * @param service who answers
 * @param limits sizes and counts
 * @param times durations
 * @param listener guarded
 * @param scheduler time
 */
record Settings(
        Relay relay,
        String name,
        ClientMessage.Register registration,
        int legs,
        Service service,
        Limits limits,
        Times times,
        TunnelClientListener listener,
        Scheduler scheduler) {

    /**
     * The way to the relay.
     *
     * @param uri the control endpoint, {@code ws} or {@code wss}
     * @param credentials asked before every connection; null if there is a login
     * @param login what to get tickets with; null if there are credentials
     * @param tokenInQuery whether every token goes into the URL
     * @param sslContext whom to trust, or null for the JVM's default
     */
    record Relay(
            URI uri,
            @Nullable TokenSource credentials,
            @Nullable SolidLogin login,
            boolean tokenInQuery,
            @Nullable SSLContext sslContext) {}

    /**
     * The local service.
     *
     * @param target its origin
     * @param trustsAnyCertificate whether its certificate doesn't matter
     * @param fields set on every request, in place of the visitor's of the same names
     * @param host the value of {@code Host}, or null for the target's own
     * @param hostOfVisitor whether {@code Host} is what the visitor has asked for, if the relay tells
     */
    record Service(
            URI target,
            boolean trustsAnyCertificate,
            HeaderFields fields,
            @Nullable String host,
            boolean hostOfVisitor) {}

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
