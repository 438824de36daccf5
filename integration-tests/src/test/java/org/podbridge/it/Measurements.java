package org.podbridge.it;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToLongFunction;
import org.podbridge.contract.PodServer;
import org.podbridge.contract.ServerProcess;
import org.podbridge.contract.load.BulkVisitor;
import org.podbridge.contract.load.BulkVisitor.Transfer;
import org.podbridge.contract.load.KnownBytes;
import org.podbridge.contract.load.StreamingService;
import org.podbridge.it.load.DelayProxy;
import org.podbridge.it.load.Latencies;
import org.podbridge.testkit.RawVisitor;

/**
 * Measures streams through a tunnel and prints a table. Relay, client and service are processes of their own, the first
 * two with heaps of 96 MiB; the visitors are in this one. The relay is the pod server that the property {@code server}
 * names, {@code tomcat} or {@code jetty}, which it is unless set. Not part of the tests: what it prints depends on the
 * machine.
 */
final class Measurements implements AutoCloseable {

    private static final long GIBIBYTE = 1L << 30;
    private static final long UPLOAD = GIBIBYTE / 4;
    private static final Duration WINDOW = Duration.ofSeconds(5);
    private static final int RESTARTS = 20;
    private static final List<String> SMALL_HEAP = List.of("-Xmx96m", "-XX:+ExitOnOutOfMemoryError");
    private static final PodServer SERVER =
            PodServer.valueOf(System.getProperty("server", "jetty").toUpperCase(Locale.ROOT));

    private final ServerProcess service = ServerProcess.java(StreamingService.class);
    private final URI local = URI.create(service.await("^ready (\\S+)").group(1));
    private ServerProcess relay = relay("0");
    private final URI pod = URI.create("http://127.0.0.1:"
            + URI.create(relay.await("^ready (\\S+)").group(1)).getPort());
    private final ExecutorService visitors = Executors.newCachedThreadPool();

    private Measurements() {}

    private interface Part {
        void measure() throws Exception;
    }

    private static ServerProcess relay(String port) {
        return ServerProcess.podServer(SERVER, SMALL_HEAP, "--port", port, "--agent", "alice=alice-token");
    }

    private ServerProcess client(URI relayUri, String name) {
        ServerProcess client = ServerProcess.tunnel(SMALL_HEAP, relayUri, "alice-token", name, local.toString());
        client.await("/tunnel/" + name + "/");
        return client;
    }

    /**
     * Measures.
     *
     * @param args what, separated by spaces or commas: {@code near}, {@code beside}, {@code far}, {@code killed},
     *     {@code restarts}; all of it if there are none
     * @throws Exception if something fails
     */
    public static void main(String[] args) throws Exception {
        List<String> wanted = Arrays.stream(args)
                .flatMap(arg -> Arrays.stream(arg.split("[ ,]+")))
                .filter(arg -> !arg.isEmpty())
                .toList();
        print("server", SERVER.name().toLowerCase(Locale.ROOT));
        print("load of the machine", Files.readString(Path.of("/proc/loadavg")).strip());
        try (Measurements measurements = new Measurements()) {
            Map<String, Part> parts = new LinkedHashMap<>();
            parts.put("near", measurements::near);
            parts.put("beside", measurements::beside);
            parts.put("far", measurements::far);
            parts.put("killed", measurements::killedClient);
            parts.put("restarts", measurements::restartedRelay);
            if (!parts.keySet().containsAll(wanted)) {
                throw new IllegalArgumentException(wanted + " (expected: of " + parts.keySet() + ")");
            }
            for (Map.Entry<String, Part> part : parts.entrySet()) {
                if (wanted.isEmpty() || wanted.contains(part.getKey())) {
                    part.getValue().measure();
                }
            }
        }
        print("load of the machine", Files.readString(Path.of("/proc/loadavg")).strip());
        System.exit(0);
    }

    private static void print(String what, String figures) {
        System.out.printf("| %-52s | %s%n", what, figures);
    }

    private static void rate(String what, Transfer transfer) {
        if (transfer.checksum() != KnownBytes.checksum(transfer.bytes())) {
            throw new AssertionError("other bytes than were sent");
        }
        print(what, String.format("%.0f MB/s", transfer.megabytesPerSecond()));
    }

    private void near() throws Exception {
        try (ServerProcess client = client(pod, "near")) {
            warmUp("near");
            rate("1 GiB down, direct", BulkVisitor.download(local.resolve("/bytes?size=" + GIBIBYTE)));
            rate("1 GiB down", BulkVisitor.download(tunnelled("near", "/bytes?size=" + GIBIBYTE)));
            rate("1 GiB down, chunked", BulkVisitor.download(tunnelled("near", "/bytes?chunked&size=" + GIBIBYTE)));
            rate("1 GiB up, direct", BulkVisitor.upload(local.resolve("/sink"), GIBIBYTE, false));
            rate("1 GiB up", BulkVisitor.upload(tunnelled("near", "/sink"), GIBIBYTE, false));
            besideBulk("yet cold: ");
            besideBulk("");
            events();
            besideStalledReaders(client);
        }
    }

    private void beside() throws Exception {
        try (ServerProcess client = client(pod, "near")) {
            warmUp("near");
            besideBulk("yet cold: ");
            for (int i = 0; i < Integer.getInteger("slices", 3); i++) {
                besideBulk("");
            }
            print("its client lives", Boolean.toString(client.isAlive()));
        }
    }

    private void warmUp(String name) throws Exception {
        BulkVisitor.download(tunnelled(name, "/bytes?size=" + GIBIBYTE / 2));
        small(tunnelled(name, "/small"), WINDOW);
    }

    /** Asks for something small again and again on a connection that is kept. */
    private static Latencies small(URI uri, Duration time) {
        Latencies latencies = new Latencies();
        try (RawVisitor visitor = RawVisitor.connect(uri)) {
            long end = System.nanoTime() + time.toNanos();
            while (System.nanoTime() < end) {
                long start = System.nanoTime();
                RawVisitor.Response response = BulkVisitor.get(visitor, uri).readResponse();
                latencies.add(Duration.ofNanos(System.nanoTime() - start));
                if (!response.body().equals("ok")) {
                    throw new AssertionError(response.toString());
                }
            }
        }
        return latencies;
    }

    private double requestsPerSecond(URI uri) throws Exception {
        List<Callable<Latencies>> askers = List.of(() -> small(uri, WINDOW), () -> small(uri, WINDOW));
        int count = 0;
        for (Future<Latencies> asker : visitors.invokeAll(askers)) {
            count += asker.get().count();
        }
        return count / (double) WINDOW.toSeconds();
    }

    /** The code of all programs is compiled as they run, which takes both processors' time in the first half minute. */
    private void besideBulk(String prefix) throws Exception {
        print(
                prefix + "small request, direct",
                small(local.resolve("/small"), WINDOW).toString());
        print(
                prefix + "small request, alone",
                small(tunnelled("near", "/small"), WINDOW).toString());
        besideBulk(prefix, "4 downloads", this::downloadUntil);
        besideBulk(prefix, "4 uploads", this::uploadUntil);
    }

    private void besideBulk(String prefix, String what, ToLongFunction<AtomicBoolean> transferUntil) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        List<Future<Long>> transfers = new ArrayList<>();
        long start = System.nanoTime();
        for (int i = 0; i < 4; i++) {
            transfers.add(visitors.submit(() -> transferUntil.applyAsLong(over)));
        }
        Latencies beside = small(tunnelled("near", "/small"), WINDOW);
        over.set(true);
        long bytes = 0;
        for (Future<Long> transfer : transfers) {
            bytes += transfer.get();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        print(prefix + "small request, beside " + what, beside.toString());
        print(prefix + what + " meanwhile", String.format("%.0f MB/s", bytes / 1e6 / seconds));
    }

    private long downloadUntil(AtomicBoolean over) {
        URI uri = tunnelled("near", "/bytes?size=100000000000");
        long count = 0;
        try (RawVisitor visitor = RawVisitor.connect(uri)) {
            BulkVisitor.get(visitor, uri).readHead();
            while (!over.get()) {
                count += visitor.read(1 << 16).length;
            }
        }
        return count;
    }

    private long uploadUntil(AtomicBoolean over) {
        long count = 0;
        while (!over.get()) {
            count += BulkVisitor.upload(tunnelled("near", "/sink"), UPLOAD, false)
                    .bytes();
        }
        return count;
    }

    private void events() {
        Latencies direct = eventDelays(local.resolve("/events?count=200&every=10"));
        Latencies through = eventDelays(tunnelled("near", "/events?count=200&every=10"));
        print("event, direct", direct.toString());
        print("event", through.toString());
        print(
                "event, added to the median",
                String.format("%.2f ms", Latencies.millis(through.percentile(50).minus(direct.percentile(50)))));
    }

    private static Latencies eventDelays(URI uri) {
        Latencies latencies = new Latencies();
        try (RawVisitor visitor = RawVisitor.connect(uri)) {
            BulkVisitor.get(visitor, uri).readHead();
            for (byte[] chunk = visitor.readChunk(); chunk.length > 0; chunk = visitor.readChunk()) {
                long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
                String event = new String(chunk, US_ASCII).strip();
                long sent = Long.parseLong(event.substring(event.lastIndexOf(' ') + 1));
                latencies.add(Duration.of(now - sent, ChronoUnit.MICROS));
            }
        }
        return latencies;
    }

    private void besideStalledReaders(ServerProcess client) throws Exception {
        double before = requestsPerSecond(tunnelled("near", "/small"));
        String relayBefore = memory(relay);
        String clientBefore = memory(client);
        List<RawVisitor> stalled = new ArrayList<>();
        try {
            for (int i = 0; i < 32; i++) {
                RawVisitor visitor = RawVisitor.connect(pod);
                stalled.add(visitor);
                BulkVisitor.get(visitor, tunnelled("near", "/bytes?size=" + GIBIBYTE))
                        .readHead();
            }
            TimeUnit.SECONDS.sleep(1);
            double beside = requestsPerSecond(tunnelled("near", "/small"));
            print("requests a second, before", String.format("%.0f", before));
            print(
                    "requests a second, beside 32 stalled readers",
                    String.format("%.0f (%.0f %%)", beside, 100 * beside / before));
            print("memory of the relay, before and with them", relayBefore + " -> " + memory(relay));
            print("memory of the client, before and with them", clientBefore + " -> " + memory(client));
        } finally {
            stalled.forEach(RawVisitor::close);
        }
    }

    /** Returns what is live in the heap, and the resident set. */
    private static String memory(ServerProcess process) throws Exception {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        String pid = Long.toString(process.pid());
        try (ServerProcess collection = ServerProcess.start(List.of(jcmd, pid, "GC.run"))) {
            collection.exitCode();
        }
        try (ServerProcess info = ServerProcess.start(List.of(jcmd, pid, "GC.heap_info"))) {
            long kilobytes = Long.parseLong(info.await(" used (\\d+)K").group(1));
            String resident = Files.readAllLines(Path.of("/proc", pid, "status")).stream()
                    .filter(line -> line.startsWith("VmRSS"))
                    .findFirst()
                    .orElse("?");
            return String.format("heap %.1f MB, %s", kilobytes / 1e3, resident.replaceAll("\\s+", " "));
        }
    }

    private void far() throws Exception {
        try (DelayProxy proxy = DelayProxy.start(pod, Duration.ofMillis(25));
                ServerProcess client = client(proxy.uri(), "far")) {
            BulkVisitor.download(tunnelled("far", "/bytes?size=" + GIBIBYTE / 4));
            rate("50 ms: 256 MiB down", BulkVisitor.download(tunnelled("far", "/bytes?size=" + GIBIBYTE / 4)));
            rate("50 ms: 256 MiB up", BulkVisitor.upload(tunnelled("far", "/sink"), GIBIBYTE / 4, false));
            Latencies small = small(tunnelled("far", "/small"), WINDOW);
            print("50 ms: small request", small.toString());
            print(
                    "50 ms: small request, less the round trip",
                    String.format("%.2f ms", Latencies.millis(small.percentile(50)) - 50));
            print("its client lives", Boolean.toString(client.isAlive()));
        }
    }

    private void killedClient() {
        try (ServerProcess client = client(pod, "killed");
                RawVisitor visitor = RawVisitor.connect(pod)) {
            BulkVisitor.get(visitor, tunnelled("killed", "/stall?gate=never")).readHead();
            visitor.read(1_000);
            long start = System.nanoTime();
            client.kill();
            try {
                visitor.read(1);
                throw new AssertionError("it looks complete");
            } catch (UncheckedIOException e) {
                print("client killed to visitor broken off", millisSince(start));
            }
        }
    }

    private void restartedRelay() throws Exception {
        Latencies sinceReady = new Latencies();
        Latencies sinceEnd = new Latencies();
        try (ServerProcess client = client(pod, "again")) {
            for (int i = 0; i < RESTARTS; i++) {
                if (i % 2 == 0) {
                    relay.kill();
                } else {
                    relay.terminate();
                }
                relay.exitCode();
                long ended = System.nanoTime();
                relay = relay(Integer.toString(pod.getPort()));
                relay.await("^ready");
                long ready = System.nanoTime();
                awaitServed("again");
                sinceReady.add(Duration.ofNanos(System.nanoTime() - ready));
                sinceEnd.add(Duration.ofNanos(System.nanoTime() - ended));
            }
            print("its client lives", Boolean.toString(client.isAlive()));
        }
        print("relay ready again to request served", sinceReady.toString());
        print("relay ended to request served", sinceEnd.toString());
    }

    /** Asks until the tunnel answers, as a visitor would. */
    private void awaitServed(String name) throws Exception {
        URI uri = tunnelled(name, "/small");
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (System.nanoTime() < deadline) {
            try (RawVisitor visitor = RawVisitor.connect(uri)) {
                if (BulkVisitor.get(visitor, uri).readResponse().status() == 200) {
                    return;
                }
            }
            TimeUnit.MILLISECONDS.sleep(10);
        }
        throw new AssertionError("nobody serves the tunnel");
    }

    private static String millisSince(long start) {
        return String.format("%.0f ms", (System.nanoTime() - start) / 1e6);
    }

    private URI tunnelled(String name, String target) {
        return pod.resolve("/tunnel/" + name + target);
    }

    @Override
    public void close() {
        visitors.shutdownNow();
        service.close();
        relay.close();
    }
}
