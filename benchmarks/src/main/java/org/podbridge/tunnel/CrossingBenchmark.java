package org.podbridge.tunnel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Arrays;
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
import org.podbridge.identity.TunnelName;

/**
 * What the rules cost for each request through a tunnel: whose it is, the check of its head, whether a page of the pod
 * asks, the fields that cross, and those of the response. 20 fields each way, as a browser and an ordinary web
 * framework send them: with cookies, a redirect, a link and a cache-control that are rewritten, and fields that are
 * dropped. All that comes out is handed to JMH.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@SuppressWarnings("NullAway.Init") // JMH calls setUp first
public class CrossingBenchmark {

    private static final String PATH = "/api/items/42?page=3&sort=name";
    private static final String TARGET = "/tunnel/app" + PATH;

    /** Whether the tunnel shares the pod's origin, and so goes through the allow-list. */
    @Param({"true", "false"})
    public boolean sandboxed;

    /** How many fields each of the two has. */
    @Param({"10", "20"})
    public int fields;

    private PublicHosts hosts;
    private RequestCheck check;
    private RequestRules requestRules;
    private ResponseRules responseRules;
    private RequestHead request;
    private HeaderFields response;

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
        hosts = new PublicHosts(uris, "tunnels.example");
        check = new RequestCheck(hosts, 8_192);
        requestRules = new RequestRules("https", Set.of("sid"));
        responseRules = new ResponseRules(Set.of("sid"), List.of(new Origin("https", "pod.example", 443)));
        String host = sandboxed ? "pod.example" : "app.tunnels.example";
        request = RequestHead.builder("GET", sandboxed ? TARGET : PATH)
                .scheme("https")
                .authority(host)
                .remoteAddress(new InetSocketAddress(InetAddress.getByName("203.0.113.7"), 40_000))
                .fields(first(
                        "Host", host,
                        "User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
                        "Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                        "Accept-Language", "en-GB,en;q=0.7,nl;q=0.3",
                        "Accept-Encoding", "gzip, deflate, br, zstd",
                        "Referer", "https://" + host + "/",
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
        response = first(
                "Date", "Wed, 25 Nov 2026 21:05:48 GMT",
                "Content-Type", "text/html; charset=utf-8",
                "Content-Length", "48213",
                "Set-Cookie", "theme=dark; Path=/; HttpOnly; SameSite=Lax",
                "Link", "</api/items?page=4>; rel=\"next\"",
                "Location", "/api/items/43",
                "Cache-Control", "public, max-age=0",
                "Connection", "keep-alive",
                "Keep-Alive", "timeout=5",
                "Server", "nginx",
                "X-Powered-By", "Express",
                "ETag", "W/\"bc55-19345\"",
                "Last-Modified", "Tue, 24 Nov 2026 08:00:00 GMT",
                "Vary", "Accept-Encoding",
                "Content-Encoding", "br",
                "Content-Language", "en",
                "Accept-Ranges", "bytes",
                "X-Request-Id", "0b5d9f4e-6a0c-4d6e-9a59-0c3c8e2d7f11",
                "X-Frame-Options", "SAMEORIGIN",
                "Strict-Transport-Security", "max-age=31536000");
    }

    private HeaderFields first(String... namesAndValues) {
        return HeaderFields.of(Arrays.copyOf(namesAndValues, 2 * fields));
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

    /** What comes out, all of which JMH takes. */
    record Crossed(Object refusal, boolean forThePod, HeaderFields there, Object back) {}

    /**
     * Judges a request and a response.
     *
     * @return what comes out
     */
    @Benchmark
    public Object requestAndResponse() {
        Optional<String> label = hosts.tunnelLabel(request);
        TunnelTarget target = label.isEmpty()
                ? TunnelTarget.ofPath("/tunnel", request.target()).orElseThrow()
                : TunnelTarget.ofHost(TunnelName.of(label.get()), request.target());
        String prefix = ((TunnelTarget.Service) target).prefix();
        Optional<RelayAnswer> refusal = check.refusal(request);
        boolean forThePod = sandboxed && (Sandbox.refuses(request) || Sandbox.isPreflight(request));
        HeaderFields there = requestRules.apply(request, true, hosts.authorityOf(request), prefix);
        Optional<ResponseRules.Crossing> back = responseRules.apply(
                200, response, new ResponseRules.Context(request, prefix, true, false, sandboxed, false));
        return new Crossed(refusal, forThePod, there, back);
    }
}
