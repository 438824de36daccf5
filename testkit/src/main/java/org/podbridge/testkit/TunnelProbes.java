package org.podbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.auth.AuthProvider;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.ProbedTunnel.Answer;
import org.podbridge.testkit.ProbedTunnel.Asked;

/**
 * What must not get through a tunnel, whatever the container makes of it: requests and answers on which servers are
 * known to disagree, sent over real sockets to a whole Podbridge. The container may refuse a request by itself; what it
 * lets through must arrive as the one thing that it can mean, or be refused. Every connection carries a second,
 * ordinary request behind the first, which must get its own answer or none. An adapter's test extends it and starts a
 * server.
 */
public abstract class TunnelProbes {

    private static final String FOLLOWING =
            "GET /tunnel/app/after HTTP/1.1\r\nHost: pod.example\r\nConnection: close\r\n\r\n";

    private static final int PIPELINED = 1_000;

    /**
     * Names of fields that act on the pod's host, a proxy or the connection, wherever a service puts them: none of its
     * values ever reaches a visitor. A {@code Content-Length} is compared with the content instead.
     */
    public static final List<String> NAMES_THAT_NEVER_PASS = List.of(
            "Connection",
            "Keep-Alive",
            "Proxy-Connection",
            "Proxy-Authenticate",
            "TE",
            "Trailer",
            "Transfer-Encoding",
            "Upgrade",
            "Alt-Svc",
            "Strict-Transport-Security",
            "Public-Key-Pins",
            "Public-Key-Pins-Report-Only",
            "Expect-CT",
            "Clear-Site-Data",
            "Service-Worker-Allowed",
            "NEL",
            "Report-To",
            "Reporting-Endpoints",
            "Accept-CH",
            "Critical-CH",
            "Delegate-CH",
            "Origin-Agent-Cluster",
            "Origin-Trial",
            "Use-As-Dictionary",
            "Available-Dictionary",
            "Speculation-Rules",
            "Set-Login",
            "Secure-Session-Registration",
            "Attribution-Reporting-Register-Source",
            "Supports-Loading-Mode",
            "Activate-Storage-Access",
            "X-Accel-Redirect",
            "X-Accel-Buffering",
            "X-Sendfile",
            "X-Sendfile2",
            "X-Sendfile-Temporary",
            "X-LiteSpeed-Location",
            "X-LiteSpeed-Purge",
            "X-Reproxy-URL",
            "X-Reproxy-File",
            "X-Envoy-Immediate-Health-Check-Fail",
            "Edge-Cache-Tag",
            "Surrogate-Control",
            "Surrogate-Key",
            "Edge-Control",
            "CDN-Cache-Control",
            "Cloud-CDN-Cache-Control",
            "Cache-Tag",
            "X-Permitted-Cross-Domain-Policies",
            "X-Forwarded-Host",
            "Forwarded",
            "Via",
            "Server",
            "Refresh",
            "Set-Cookie2",
            "Any-CDN-Cache-Control");

    private final List<String> targetsOfTheHost = new CopyOnWriteArrayList<>();
    private volatile Podbridge podbridge = podbridge();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});

    /** Creates the suite. */
    protected TunnelProbes() {}

    private static Podbridge podbridge() {
        return Podbridge.builder()
                .publicUri(URI.create("http://pod.example"))
                .authProvider(AuthProvider.fixed(Map.of(
                        "owner", WebId.of("https://owner.example/card#me"),
                        "other", WebId.of("https://other.example/card#me"))))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .limits(Limits.builder().rates(RateLimits.none()).build())
                .build();
    }

    /**
     * Starts a server on 127.0.0.1 with the adapter in front of a handler of the server's own, which answers every
     * request that it gets with status 200 and doesn't repeat anything of its head.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    @BeforeEach
    void startServer() throws Exception {
        host = start(this::route);
    }

    @AfterEach
    void stopServer() throws Exception {
        podbridge.close();
        host.stop().close();
    }

    private Route route(RequestHead request) {
        Route route = podbridge.route(request);
        if (route instanceof Route.Host) {
            targetsOfTheHost.add(request.target());
        }
        return route;
    }

    // Requests

    @TestFactory
    Stream<DynamicTest> requestsArriveWholeAsWhatTheyAreOrNotAtAll() {
        return requests(1);
    }

    @TestFactory
    Stream<DynamicTest> requestsArriveAsWhatTheyAreOrNotAtAll() {
        return requests(2);
    }

    private Stream<DynamicTest> requests(int version) {
        ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", version);
        tunnel.answerWith(asked -> Answer.text("seen " + asked.method() + " " + asked.path()));
        return RequestProbe.all().stream()
                .map(probe -> DynamicTest.dynamicTest(probe.name(), () -> send(probe, tunnel)))
                .onClose(tunnel::close);
    }

    /**
     * Names the requests that the container reads in another way than it should, which an adapter can't see. No second
     * request may come out of them either.
     *
     * @return the names of probes
     */
    protected Set<String> readOtherwise() {
        return Set.of();
    }

    private void send(RequestProbe probe, ProbedTunnel tunnel) {
        tunnel.takeAsked();
        targetsOfTheHost.clear();
        String wire = RawVisitor.converse(host.uri(), probe.bytes() + FOLLOWING);
        List<WireResponse> answers = finals(wire, probe.method());
        List<Asked> seen = tunnel.takeEnded();
        List<Asked> probed =
                seen.stream().filter(asked -> !asked.path().equals("/after")).toList();
        List<String> hosts = List.copyOf(targetsOfTheHost);

        assertThat(probed.size() + hosts.size())
                .as("%s, and the host %s", probed, hosts)
                .isLessThanOrEqualTo(1);
        assertThat(seen).allSatisfy(asked -> assertThat(asked.path()).doesNotContain("evil"));
        assertThat(answers.size()).as(wire).isLessThanOrEqualTo(2);
        isAnsweredByItself(answers, seen.size() - probed.size());
        if (readOtherwise().contains(probe.name())) {
            return;
        }
        assertThat(answers)
                .as(wire)
                .allSatisfy(answer -> assertThat(answer.fields().asList())
                        .allSatisfy(field ->
                                assertThat(field.name() + field.value()).doesNotContainIgnoringCase("evil")));
        assertThat(seen)
                .as("what the service saw")
                .allSatisfy(asked -> assertThat(asked.head() + asked.trailers()).doesNotContainIgnoringCase("evil"));
        assertThat(probed.stream()
                        .map(asked -> new RequestProbe.Reading(asked.method(), asked.path(), asked.body(), asked.end()))
                        .toList())
                .as("what the service saw")
                .isSubsetOf(probe.readings());
        assertThat(hosts.isEmpty() || probe.mayBeTheHosts())
                .as("the host got %s", hosts)
                .isTrue();
        int status = answers.isEmpty() ? RequestProbe.NO_ANSWER : answers.get(0).status();
        if (!hosts.isEmpty() || probed.stream().anyMatch(asked -> asked.end() == Asked.End.WHOLE)) {
            assertThat(status).as(wire).isEqualTo(200);
        } else {
            assertThat(probe.refusals()).as(wire).contains(status);
        }
        if (probe.goesOn()) {
            assertThat(seen).as(wire).hasSize(probed.size() + 1);
        }
    }

    // Pipelining

    @Test
    void answersThousandPipelinedRequestsInTheirOrderWithoutTakingThemAllInAtOnce() {
        ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", 2);
        AtomicInteger most = new AtomicInteger();
        tunnel.answerWith(asked -> {
            most.accumulateAndGet(podbridge.diagnostics().exchangesInFlight(), Math::max);
            return Answer.text("seen " + asked.path());
        });
        List<String> paths =
                IntStream.range(0, PIPELINED).mapToObj(i -> "/" + i).toList();
        try (tunnel;
                RawVisitor visitor = RawVisitor.connect(host.uri())) {
            // Sent while answers are read: a server that takes one after the other may take them as slowly as that.
            CompletableFuture<Void> sent = CompletableFuture.runAsync(() -> paths.forEach(
                    path -> visitor.send("GET /tunnel/app" + path + " HTTP/1.1\r\nHost: pod.example\r\n\r\n")));
            for (String path : paths) {
                assertThat(visitor.readResponse().body()).isEqualTo("seen " + path);
            }
            Waiting.get(sent, "the last request");
            assertThat(tunnel.takeAsked().stream().map(Asked::path)).containsExactlyElementsOf(paths);
            // The next may begin before the one that was answered has been counted off.
            assertThat(most.get()).as("requests under way at once").isLessThanOrEqualTo(2);
        }
    }

    // Answers

    @TestFactory
    Stream<DynamicTest> answersOfVersion1AreCleanOrNone() {
        return answers(1);
    }

    @TestFactory
    Stream<DynamicTest> answersOfVersion2AreCleanOrNone() {
        return answers(2);
    }

    private Stream<DynamicTest> answers(int version) {
        ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", version);
        return ResponseProbe.all().stream()
                .map(probe -> DynamicTest.dynamicTest(probe.name(), () -> answer(probe, tunnel)))
                .onClose(tunnel::close);
    }

    private void answer(ResponseProbe probe, ProbedTunnel tunnel) {
        tunnel.answerWith(asked -> asked.path().equals("/after") ? Answer.text("seen GET /after") : probe.answer());
        String wire = RawVisitor.converse(
                host.uri(), probe.method() + " /tunnel/app/a HTTP/1.1\r\nHost: pod.example\r\n\r\n" + FOLLOWING);
        List<WireResponse> answers = finals(wire, probe.method());
        int following = (int) tunnel.takeAsked().stream()
                .filter(asked -> asked.path().equals("/after"))
                .count();

        assertThat(wire).doesNotContainIgnoringCase("evil").doesNotContain("\u0000");
        assertThat(answers).as(wire).hasSizeLessThanOrEqualTo(2);
        if (answers.isEmpty()) {
            assertThat(following).as("requests behind an answer that broke off").isZero();
            return;
        }
        WireResponse first = answers.get(0);
        assertThat(first.status()).isIn(200, 204, 304, 502);
        if (first.status() == 200 && first.complete() && probe.method().equals("GET")) {
            assertThat(first.body()).isEqualTo(probe.answer().body());
        }
        if (!first.complete()) {
            assertThat(answers)
                    .as("the connection ends with an answer that is cut")
                    .hasSize(1);
            return;
        }
        isAnsweredByItself(answers, following);
    }

    @TestFactory
    Stream<DynamicTest> noAnswerLooksWholeWhoseClientDiesInTheMiddleOfIt() {
        return Stream.of(true, false)
                .flatMap(tellsLength -> IntStream.of(0, 1, 5, 10)
                        .mapToObj(sent -> DynamicTest.dynamicTest(
                                (tellsLength ? "with" : "without") + " a length, behind " + sent + " bytes",
                                () -> dieInTheMiddle(tellsLength, sent))));
    }

    private void dieInTheMiddle(boolean tellsLength, int sent) {
        String content = "hello world".substring(0, sent);
        List<ProbedTunnel.Field> fields = tellsLength ? List.of(field("content-length", "11")) : List.of();
        CompletableFuture<Void> asked = new CompletableFuture<>();
        StringBuilder wire = new StringBuilder();
        try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", 2);
                RawVisitor visitor = RawVisitor.connect(host.uri())) {
            tunnel.answerWith(request -> {
                asked.complete(null);
                return new Answer("200", fields, content, List.of(), List.of(), false);
            });
            visitor.send("GET /tunnel/app/a HTTP/1.1\r\nHost: pod.example\r\nConnection: close\r\n\r\n");
            Waiting.get(asked, "request");
            if (sent > 0) {
                wire.append(visitor.readUntil("\r\n\r\n")).append(visitor.readUntil(content));
            }
            tunnel.abort();
            wire.append(visitor.readAll());
        }
        List<WireResponse> answers = finals(wire.toString(), "GET");
        if (sent == 0 && (answers.isEmpty() || answers.get(0).status() == 502)) {
            return; // nothing had left yet
        }
        assertThat(answers).as("%s", wire).hasSize(1);
        assertThat(answers.get(0).status()).isEqualTo(200);
        assertThat(answers.get(0).body()).isEqualTo(content);
        assertThat(answers.get(0).complete()).isFalse();
    }

    @TestFactory
    Stream<DynamicTest> noFieldThatActsBeyondItsPageLeavesInHeadInterimResponseOrTrailers() {
        return Stream.of(
                DynamicTest.dynamicTest("as they are written", () -> neverPass(NAMES_THAT_NEVER_PASS)),
                DynamicTest.dynamicTest(
                        "with other capitals",
                        () -> neverPass(NAMES_THAT_NEVER_PASS.stream()
                                .map(TunnelProbes::mixed)
                                .toList())));
    }

    private void neverPass(List<String> names) {
        List<ProbedTunnel.Field> head = Stream.concat(
                        // Which trailers may come is told to visitors, as the service says it.
                        names.stream()
                                .filter(name -> !name.equalsIgnoreCase("trailer"))
                                .map(name -> field(name, "evil")),
                        Stream.of(field("X-Sum", "1"), field("Trailer", "X-Sum")))
                .toList();
        List<ProbedTunnel.Field> others = Stream.concat(head.stream(), Stream.of(field("Content-Length", "evil")))
                .toList();
        try (ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", 2)) {
            tunnel.answerWith(asked -> new Answer("200", head, "content", others, others, true));
            String wire = RawVisitor.converse(
                    host.uri(), "GET /tunnel/app/a HTTP/1.1\r\nHost: pod.example\r\nConnection: close\r\n\r\n");
            assertThat(wire).doesNotContainIgnoringCase("evil");
            WireResponse answer = finals(wire, "GET").get(0);
            assertThat(answer.status()).as(wire).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("content");
            assertThat(answer.complete()).isTrue();
            assertThat(answer.fields().first("x-sum")).contains("1");
            assertThat(wire).containsIgnoringCase("\r\n0\r\nx-sum: 1\r\n"); // so trailers do leave
        }
    }

    private static ProbedTunnel.Field field(String name, String value) {
        return new ProbedTunnel.Field('"' + name + '"', '"' + value + '"');
    }

    /** Every second letter as a capital. */
    private static String mixed(String name) {
        StringBuilder mixed = new StringBuilder(name.toLowerCase(Locale.ROOT));
        for (int i = 1; i < mixed.length(); i += 2) {
            mixed.setCharAt(i, Character.toUpperCase(mixed.charAt(i)));
        }
        return mixed.toString();
    }

    // Clients

    @TestFactory
    Stream<DynamicTest> clientsThatBreakTheRulesHarmNobodyButTheirOwnVisitors() {
        return ClientProbe.all().stream()
                .map(probe -> DynamicTest.dynamicTest(
                        "version " + probe.version() + ": " + probe.name(), () -> listen(probe)));
    }

    private void listen(ClientProbe probe) {
        podbridge.close();
        podbridge = podbridge();
        try (ProbedTunnel other = ProbedTunnel.serve(podbridge, "other", 3 - probe.version(), "\"name\":\"other\"");
                ProbedTunnel tunnel = ProbedTunnel.serve(podbridge, "owner", probe.version())) {
            other.answerWith(asked -> Answer.text("seen other"));
            tunnel.answerWith(asked -> Answer.text("seen GET /after"));
            tunnel.speakWith(asked ->
                    asked.path().equals("/after") ? List.of() : probe.says().apply(asked));
            String request = "GET /tunnel/app/a HTTP/1.1\r\nHost: pod.example\r\n\r\n";
            String wire = RawVisitor.converse(host.uri(), request + FOLLOWING);
            List<WireResponse> answers = finals(wire, "GET");
            long following = tunnel.takeAsked().stream()
                    .filter(asked -> asked.path().equals("/after"))
                    .count();

            assertThat(wire).doesNotContainIgnoringCase("evil").doesNotContainIgnoringCase("exception");
            ClientProbe.Outcome outcome = outcome(answers);
            assertThat(probe.outcomes()).as(wire).contains(outcome);
            isAnsweredByItself(answers, (int) following);
            boolean goesOn =
                    outcome == ClientProbe.Outcome.REFUSED || probe.outcomes().size() == 1;
            if (goesOn && !answers.get(0).fields().all("connection").contains("close")) {
                assertThat(answers).as(wire).hasSize(2);
                assertThat(answers.get(1).status()).isEqualTo(following == 1 ? 200 : 502);
            }
            String others = RawVisitor.converse(host.uri(), FOLLOWING.replace("app/after", "other/"));
            assertThat(finals(others, "GET"))
                    .singleElement()
                    .satisfies(answer -> assertThat(answer.body()).isEqualTo("seen other"));
        }
    }

    private static ClientProbe.Outcome outcome(List<WireResponse> answers) {
        if (answers.isEmpty() || !answers.get(0).complete()) {
            return ClientProbe.Outcome.BROKEN;
        }
        WireResponse first = answers.get(0);
        assertThat(first.status()).isIn(200, 502);
        if (first.status() == 200) {
            assertThat(first.body()).isEqualTo(ClientProbe.FINE_BODY);
        }
        return first.status() == 200 ? ClientProbe.Outcome.FINE : ClientProbe.Outcome.REFUSED;
    }

    /** The request behind the probe gets its own answer and nothing else, or none at all. */
    private static void isAnsweredByItself(List<WireResponse> answers, int timesSeen) {
        assertThat(timesSeen).as("times that the following request was seen").isLessThanOrEqualTo(1);
        List<WireResponse> own = answers.stream()
                .filter(answer -> answer.body().equals("seen GET /after"))
                .toList();
        assertThat(own).as("answers to the following request").hasSize(timesSeen);
        if (timesSeen == 1) {
            assertThat(answers.get(answers.size() - 1)).isEqualTo(own.get(0));
        }
    }

    private static List<WireResponse> finals(String wire, String method) {
        return WireResponse.parse(wire, method).stream()
                .filter(response -> response.status() >= 200)
                .toList();
    }
}
