package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.podbridge.testkit.ManualScheduler;

class ServiceWatchTest {

    private final ManualScheduler scheduler = new ManualScheduler();
    private final List<String> heard = new ArrayList<>();
    private ServerSocket service = listen(0);
    private final int port = service.getLocalPort();
    private final ServiceWatch watch = new ServiceWatch(
            URI.create("http://127.0.0.1:" + port), Runnable::run, scheduler, new ServiceWatch.Observer() {
                @Override
                public void unreachable() {
                    heard.add("unreachable");
                }

                @Override
                public void reachable() {
                    heard.add("reachable");
                }
            });

    private static ServerSocket listen(int port) {
        try {
            return new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @AfterEach
    void close() throws IOException {
        service.close();
    }

    @Test
    void saysAndDoesNothingWhileTheServiceIsThere() {
        watch.look();
        watch.look();
        assertThat(heard).isEmpty();
        assertThat(scheduler.pending()).isZero();
    }

    @Test
    void saysOnceThatItIsNotThereAndOnceThatItIsBack() throws IOException {
        service.close();
        watch.look();
        watch.look();
        assertThat(scheduler.pending()).isEqualTo(1);
        scheduler.advance(Duration.ofSeconds(30));
        assertThat(heard).containsExactly("unreachable");
        service = listen(port);
        scheduler.advance(Duration.ofSeconds(10));
        assertThat(heard).containsExactly("unreachable", "reachable");
        assertThat(scheduler.pending()).isZero();
        service.close();
        watch.look();
        assertThat(heard).containsExactly("unreachable", "reachable", "unreachable");
    }

    @Test
    void looksMoreAndMoreSeldom() throws IOException {
        service.close();
        watch.look();
        service = listen(port);
        scheduler.advance(Duration.ofSeconds(1).minusNanos(1));
        assertThat(heard).containsExactly("unreachable");
        scheduler.advance(Duration.ofNanos(1));
        assertThat(heard).containsExactly("unreachable", "reachable");
    }

    @Test
    void stops() throws IOException {
        service.close();
        watch.look();
        watch.stop();
        assertThat(scheduler.pending()).isZero();
        watch.look();
        assertThat(heard).containsExactly("unreachable");
    }

    @Test
    void takesAnUnknownHostForOneThatIsNotThere() {
        ServiceWatch elsewhere = new ServiceWatch(
                URI.create("http://nowhere.invalid"), Runnable::run, scheduler, new ServiceWatch.Observer() {
                    @Override
                    public void unreachable() {
                        heard.add("unreachable");
                    }

                    @Override
                    public void reachable() {
                        heard.add("reachable");
                    }
                });
        elsewhere.look();
        assertThat(heard).containsExactly("unreachable");
    }
}
