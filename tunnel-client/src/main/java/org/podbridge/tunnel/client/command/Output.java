package org.podbridge.tunnel.client.command;

import java.net.URI;
import java.time.Duration;
import org.podbridge.tunnel.client.FinishedRequest;
import org.podbridge.tunnel.client.TunnelRefusedException;

/** Where the command tells what happens. Names are those of tunnels. Thread-safe. */
interface Output {

    /** The relay is reached. */
    void connected(String name, URI relay);

    /** The tunnel can be visited. */
    void registered(String name, URI publicUrl);

    /** A visitor was answered. */
    void request(String name, FinishedRequest request);

    /** There is no connection for the time being. */
    void disconnected(String name, String reason, Duration retryIn);

    /** There will be none. */
    void refused(String name, TunnelRefusedException refusal);

    /** The service has gone away or come back. */
    void health(String name, URI service, boolean isReachable);

    /** There is something that the user should know. */
    void warn(String warning);
}
