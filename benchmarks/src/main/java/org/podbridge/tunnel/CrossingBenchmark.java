package org.podbridge.tunnel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.Origin;

/**
 * What the rules cost for each request through a tunnel: its target, the check of its head, the fields that cross, and
 * those of the response. 20 fields each way, as a browser and an ordinary web framework send them.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp first
public class CrossingBenchmark {

    private static final String TARGET = "/tunnel/app/api/items/42?page=3&sort=name";

    /** Whether the tunnel shares the pod's origin, and so goes through the allow-list. */
    @Param({"true", "false"})
    public boolean sandboxed;

    private RequestCheck check;
    private RequestRules requestRules;
    private ResponseRules responseRules;
    private RequestHead request;
    private HeaderFields response;
    private ResponseRules.Context context;
    private String prefix;

    /** For JMH. */
    public CrossingBenchmark() {}

    /**
     * Makes a request and a response.
     *
     * @throws UnknownHostException never
     */
    @Setup
    public void setUp() throws UnknownHostException {
        List<URI> uris = List.of(URI.create("https://pod.example"));
        check = new RequestCheck(new PublicHosts(uris, "tunnels.example"), 8_192);
        requestRules = new RequestRules("https", Set.of("sid"));
        responseRules = new ResponseRules(Set.of("sid"), List.of(new Origin("https", "pod.example", 443)));
        prefix = sandboxed ? "/tunnel/app" : "";
        request = RequestHead.builder("GET", TARGET)
                .scheme("https")
                .authority(sandboxed ? "pod.example" : "app.tunnels.example")
                .remoteAddress(new InetSocketAddress(InetAddress.getByName("203.0.113.7"), 40_000))
                .fields(HeaderFields.of(
                        "Host", "pod.example",
                        "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
                        "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                        "Accept-Language", "en-GB,en;q=0.7,nl;q=0.3",
                        "Accept-Encoding", "gzip, deflate, br, zstd",
                        "Referer", "https://pod.example/tunnel/app/",
                        "Connection", "keep-alive",
                        "Cookie", "sid=0123456789abcdef; theme=dark; lang=en",
                        "Upgrade-Insecure-Requests", "1",
                        "Sec-Fetch-Dest", "document",
                        "Sec-Fetch-Mode", "navigate",
                        "Sec-Fetch-Site", "none",
                        "Sec-Fetch-User", "?1",
                        "Priority", "u=0, i",
                        "Pragma", "no-cache",
                        "Cache-Control", "no-cache",
                        "If-None-Match", "\"33a64df551425fcc55e4d42a148795d9f25f89d4\"",
                        "DNT", "1",
                        "X-Requested-With", "XMLHttpRequest",
                        "X-Forwarded-For", "10.0.0.1"))
                .build();
        response = HeaderFields.of(
                "Date", "Wed, 25 Nov 2026 21:05:48 GMT",
                "Content-Type", "text/html; charset=utf-8",
                "Content-Length", "48213",
                "Connection", "keep-alive",
                "Keep-Alive", "timeout=5",
                "Server", "nginx",
                "X-Powered-By", "Express",
                "ETag", "W/\"bc55-19345\"",
                "Last-Modified", "Tue, 24 Nov 2026 08:00:00 GMT",
                "Cache-Control", "public, max-age=0",
                "Vary", "Accept-Encoding",
                "Content-Encoding", "br",
                "Content-Language", "en",
                "Accept-Ranges", "bytes",
                "Location", "/api/items/43",
                "Link", "</api/items?page=4>; rel=\"next\"",
                "Set-Cookie", "theme=dark; Path=/; HttpOnly; SameSite=Lax",
                "X-Request-Id", "0b5d9f4e-6a0c-4d6e-9a59-0c3c8e2d7f11",
                "X-Frame-Options", "SAMEORIGIN",
                "Strict-Transport-Security", "max-age=31536000");
        context = new ResponseRules.Context(request, prefix, true, false, sandboxed);
    }

    /**
     * Reads the target.
     *
     * @return what it says
     */
    @Benchmark
    public Object target() {
        return TunnelTarget.ofPath("/tunnel", TARGET);
    }

    /**
     * Judges a request and a response.
     *
     * @return something that depends on all of it
     */
    @Benchmark
    public int requestAndResponse() {
        Optional<TunnelTarget> target = TunnelTarget.ofPath("/tunnel", TARGET);
        Optional<RelayAnswer> refusal = check.refusal(request);
        HeaderFields there = requestRules.apply(request, true, "pod.example", prefix);
        Optional<ResponseRules.Crossing> back = responseRules.apply(200, response, context);
        return target.hashCode()
                + (refusal.isPresent() ? 1 : 0)
                + there.asList().size()
                + back.orElseThrow().fields().asList().size();
    }
}
