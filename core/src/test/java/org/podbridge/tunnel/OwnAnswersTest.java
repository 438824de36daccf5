package org.podbridge.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimits;
import org.podbridge.tunnel.v1.ClientMessage;

/** What the relay itself answers below a tunnel's path is held to what its services' answers are. */
class OwnAnswersTest {

    static Stream<Named<ShortResponse>> answers() {
        List<RequestHead> visitors = Stream.of("text/html", "application/json")
                .map(accept -> RequestHead.builder("GET", "/tunnel/app/")
                        .fields(HeaderFields.of("accept", accept))
                        .build())
                .toList();
        return Stream.concat(
                Arrays.stream(RelayAnswer.values())
                        .flatMap(answer ->
                                visitors.stream().map(visitor -> Named.of(answer.name(), answer.toResponse(visitor)))),
                Stream.of(
                        Named.of(
                                "too often",
                                RelayAnswer.tooOften(
                                        visitors.get(0),
                                        new RateLimits.Exceeded(
                                                RateLimits.Counted.VISITS,
                                                RateLimits.Scope.ADDRESS,
                                                Rate.perSecond(1, 1)))),
                        Named.of("preflight", Sandbox.preflightResponse()),
                        Named.of("to the tunnel's own host", RelayRedirect.toOwnHost("https://app.tunnels.example/")),
                        Named.of("to the tunnel's root", RelayRedirect.withSlash("/tunnel/app/")),
                        Named.of("into the tunnel", RelayRedirect.onward("/tunnel/app/", "a=b"))));
    }

    @ParameterizedTest
    @MethodSource("answers")
    void areInASandboxAndNeverKept(ShortResponse answer) {
        HeaderFields fields = answer.fields();
        assertThat(fields.all("content-security-policy")).hasSize(1);
        List<String> policy = directives(fields);
        assertThat(policy).anyMatch(directive -> directive.equals("sandbox") || directive.startsWith("sandbox "));
        assertThat(policy).noneMatch(directive -> directive.contains("allow-same-origin"));
        assertThat(fields.all("x-content-type-options")).containsExactly("nosniff");
        assertThat(fields.all("cache-control")).containsExactly("no-store");
    }

    static Stream<Named<ShortResponse>> pages() {
        return Stream.of(
                Named.of("question", question()),
                Named.of("too late", InterstitialPage.over()),
                Named.of("no page", InterstitialPage.notAPage()),
                Named.of("link", SharePage.opening()),
                Named.of("link that has ended", SharePage.over()));
    }

    private static ShortResponse question() {
        Tunnel tunnel = new Tunnel(
                TunnelName.of("app"),
                WebId.of("https://owner.example/card#me"),
                false,
                false,
                ClientMessage.Access.PUBLIC,
                List.of());
        return InterstitialPage.asking(tunnel, "/tunnel/app/.visit", "token", "/", false);
    }

    /** Their forms are answered by the relay, so they need its origin; there is nothing of a service in them. */
    @ParameterizedTest
    @MethodSource("pages")
    void haveNoScriptsButTheRelaysOwnWhereTheyAreInNoSandbox(ShortResponse page) {
        assertThat(directives(page.fields()))
                .contains("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'")
                .noneMatch(directive -> directive.matches("script-src (?!'sha256-[^' ]+'$).*"));
        assertThat(page.fields().all("x-content-type-options")).containsExactly("nosniff");
        assertThat(page.fields().all("cache-control")).containsExactly("no-store");
    }

    private static List<String> directives(HeaderFields fields) {
        Optional<String> policy = fields.first("content-security-policy");
        return Arrays.stream(policy.orElseThrow().split(";", -1))
                .map(String::strip)
                .toList();
    }
}
