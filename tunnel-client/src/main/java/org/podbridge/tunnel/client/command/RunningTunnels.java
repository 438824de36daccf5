package org.podbridge.tunnel.client.command;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.podbridge.tunnel.client.FinishedRequest;
import org.podbridge.tunnel.client.TunnelClient;
import org.podbridge.tunnel.client.TunnelClientListener;
import org.podbridge.tunnel.client.TunnelRefusedException;

/**
 * The tunnels of one command. One that is refused ends alone; with the last one the command ends, with the exit code of
 * the first.
 */
final class RunningTunnels implements AutoCloseable {

    private final Output output;
    private final CompletableFuture<Integer> exitCode;
    private final List<TunnelClient> clients = new ArrayList<>();
    private final AtomicInteger left = new AtomicInteger();
    private final AtomicInteger firstCode = new AtomicInteger();

    /**
     * Makes none yet.
     *
     * @param exitCode completed when no tunnel is left
     */
    RunningTunnels(Output output, CompletableFuture<Integer> exitCode) {
        this.output = output;
        this.exitCode = exitCode;
    }

    void add(TunnelClient client) {
        clients.add(client);
    }

    void start() {
        left.set(clients.size());
        clients.forEach(TunnelClient::start);
    }

    private void refused(TunnelRefusedException refusal) {
        firstCode.compareAndSet(ExitCode.STOPPED, ExitCode.of(refusal.reason()));
        if (left.decrementAndGet() == 0) {
            exitCode.complete(firstCode.get());
        }
    }

    /** Closes all, at once, since each takes its time. */
    @Override
    public void close() {
        CompletableFuture.allOf(clients.stream()
                        .map(client -> CompletableFuture.runAsync(client::close))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
    }

    /** Returns what hears of one tunnel. */
    TunnelClientListener listener(String name) {
        return new TunnelClientListener() {
            @Override
            public void connected(URI relay) {
                output.connected(name, relay);
            }

            @Override
            public void registered(URI publicUrl) {
                output.registered(name, publicUrl);
            }

            @Override
            public void requestFinished(FinishedRequest request) {
                output.request(name, request);
            }

            @Override
            public void disconnected(String reason, Duration retryIn) {
                output.disconnected(name, reason, retryIn);
            }

            @Override
            public void serviceUnreachable(URI service) {
                output.health(name, service, false);
            }

            @Override
            public void serviceReachable(URI service) {
                output.health(name, service, true);
            }

            @Override
            public void refused(TunnelRefusedException refusal) {
                output.refused(name, refusal);
                RunningTunnels.this.refused(refusal);
            }
        };
    }
}
