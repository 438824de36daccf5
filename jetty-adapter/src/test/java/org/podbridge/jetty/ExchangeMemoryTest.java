package org.podbridge.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.podbridge.Route;
import org.podbridge.testkit.ExchangeDriver;
import org.podbridge.testkit.FutureCompletion;
import org.podbridge.testkit.RawVisitor;

/** What an exchange makes the server hold. */
class ExchangeMemoryTest {

    private static final int BIG = 64 << 20;

    private final ExchangeDriver.Inbox inbox = new ExchangeDriver.Inbox();
    private final TestServer server =
            new TestServer(new PodbridgeHandler(head -> new Route.Http(inbox)), TestServer.http11(c -> {}));

    @BeforeEach
    void start() throws Exception {
        server.start();
    }

    @AfterEach
    void stop() throws Exception {
        server.stop();
    }

    private static long directMemory() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getTotalCapacity)
                .sum();
    }

    @Test
    void makesNoCopyOfABigSlice() {
        for (String fields : new String[] {"content-length", "trailer", "x-none"}) {
            try (RawVisitor visitor = RawVisitor.connect(server.uri("http"))) {
                visitor.send("GET / HTTP/1.1\r\nHost: pod.example\r\n\r\n");
                ExchangeDriver exchange = inbox.next();
                byte[] array = new byte[BIG + 2];
                array[0] = 'x';
                array[BIG + 1] = 'x';
                long before = directMemory();
                exchange.begin(200, fields, String.valueOf(BIG));
                FutureCompletion written = new FutureCompletion();
                exchange.exchange().write(ByteBuffer.wrap(array, 1, BIG), true, written);
                assertThat(visitor.readResponse().body()).hasSize(BIG).doesNotContain("x");
                assertThat(written.await()).isTrue();
                assertThat(directMemory() - before).isLessThan(16 << 20);
                assertThat(server.largestBuffer()).isLessThanOrEqualTo(1 << 20);
            }
        }
    }
}
