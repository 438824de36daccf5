package org.podbridge.servlet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.PING;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.testkit.ConnectionContract;
import org.podbridge.testkit.RawWebSocket;
import org.podbridge.testkit.RecordingListener;
import org.podbridge.testkit.RunningHost;

/** The contract of connections, on a servlet container. */
public abstract class ServletConnectionContract extends ConnectionContract {

    private final ServletHost container;

    /**
     * Creates the suite.
     *
     * @param container what to start
     */
    protected ServletConnectionContract(ServletHost container) {
        this.container = container;
    }

    @Override
    protected RunningHost start(Router router) throws Exception {
        return container.start("", HostServlet.behind(router));
    }

    /** The standard has handlers of pongs and none of pings. */
    @Override
    protected final boolean tellsOfPings() {
        return false;
    }

    /** Core can't hold them to a rate: it isn't told of pings. */
    @Test
    void holdsNoPileOfPongsForAPeerThatPingsAndDoesNotRead() throws Exception {
        RecordingListener listener = new RecordingListener();
        RunningHost host = start(request -> new Route.WebSocket(head -> CompletableFuture.completedFuture(
                new HandshakeDecision.Accept(Optional.empty(), listener, Duration.ofSeconds(5)))));
        try (RawWebSocket peer = RawWebSocket.open(host.uri(), "/ws")) {
            listener.awaitOpen();
            byte[] ping = RawWebSocket.frame(FIN | PING, RawWebSocket.pattern(125));
            byte[][] pings = new byte[1_000][];
            Arrays.fill(pings, ping);
            byte[] thousand = RawWebSocket.join(pings);
            long before = usedMemory();
            AtomicInteger sent = new AtomicInteger();
            CompletableFuture<Void> flood = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < 200; i++) {
                    peer.visitor().send(thousand);
                    sent.incrementAndGet();
                }
                peer.send(FIN | PING, "the last".getBytes(UTF_8));
            });
            for (int seen = -1; seen != sent.get() && !flood.isDone(); ) {
                seen = sent.get();
                flood.copy().completeOnTimeout(null, 1, TimeUnit.SECONDS).join();
            }
            assertThat(usedMemory() - before).isLessThan(thousand.length * 20L);
            while (!peer.readFrame().text().equals("the last")) {
                // A container may leave out all but the latest.
            }
            flood.join();
            peer.sendText("still here");
            assertThat(listener.awaitMessage().text()).isEqualTo("still here");
        } finally {
            host.stop().close();
        }
    }

    private static long usedMemory() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
