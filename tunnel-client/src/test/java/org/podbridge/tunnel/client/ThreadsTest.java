package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.podbridge.exchange.HeaderFields;

class ThreadsTest {

    private static final Pattern OF_OTHERS =
            Pattern.compile("raw-service|ForkJoinPool|CompletableFutureDelay|surefire");

    @Test
    void noneIsLeftWhenTheClientIsClosed() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (FakeRelay relay = FakeRelay.start();
                RawService service = RawService.start()) {
            useAndClose(relay, service, false);
            useAndClose(relay, service, true);
        }
        awaitNoneLeftSince(before);
    }

    @Test
    void aClientClosedByItsOwnListenerEndsThemToo() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        try (FakeRelay relay = FakeRelay.start();
                RawService service = RawService.start()) {
            CompletableFuture<TunnelClient> self = new CompletableFuture<>();
            CompletableFuture<Void> closed = new CompletableFuture<>();
            self.complete(builder(relay, service)
                    .listener(new TunnelClientListener() {
                        @Override
                        public void requestFinished(FinishedRequest request) {
                            self.join().close();
                            closed.complete(null);
                        }
                    })
                    .build());
            self.join().start();
            relay.register("myapp").sendRequest("1", "GET", "/");
            closed.join();
        }
        awaitNoneLeftSince(before);
    }

    private static void useAndClose(FakeRelay relay, RawService service, boolean breaksOff) {
        try (TunnelClient client = builder(relay, service).build()) {
            client.start();
            RelayLink link = relay.register("myapp");
            assertThat(link.ask("GET", "/", HeaderFields.empty()).status()).isEqualTo(200);
            if (breaksOff) {
                link.close();
            } else {
                link.sendClose(1000);
            }
        }
    }

    private static TunnelClientBuilder builder(FakeRelay relay, RawService service) {
        return TunnelClient.builder()
                .relay(relay.uri())
                .credentials("t")
                .name("myapp")
                .target(service.uri());
    }

    private static Set<String> leftSince(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .map(Thread::getName)
                .filter(name -> !OF_OTHERS.matcher(name).lookingAt())
                .collect(Collectors.toSet());
    }

    /** Before Java 21 an HTTP client's thread ends when the garbage collector has found the client. */
    private static void awaitNoneLeftSince(Set<Thread> before) {
        long start = System.nanoTime();
        Set<String> left = leftSince(before);
        while (!left.isEmpty() && System.nanoTime() - start < TimeUnit.MILLISECONDS.toNanos(FakeRelay.LIMIT_MILLIS)) {
            System.gc();
            left = leftSince(before);
        }
        assertThat(left).isEmpty();
    }
}
