package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebID documents as they are found on the web. */
class ProfileTest {

    private static final String UNREADABLE = "The WebID cannot be read";
    private static final String UNLISTED = "The WebID does not list the issuer";
    private static final String CARD_WITHOUT_ISSUER = "<#me> a <http://xmlns.com/foaf/0.1/Person> .";

    private final Pod pod = new Pod();

    @AfterEach
    void close() {
        pod.close();
    }

    private static Arguments page(String name, TestWeb.Page page) {
        return Refusal.other(name, 503, "", UNREADABLE, 3, pod -> {
            pod.web.put(Pod.CARD, page);
            return pod.enter();
        });
    }

    private static Arguments redirect(String name, int lookups, String location) {
        return Refusal.other("a redirect to " + name, 503, "", UNREADABLE, lookups, pod -> {
            pod.web.put(Pod.CARD, TestWeb.redirect(location));
            return pod.enter();
        });
    }

    static Stream<Arguments> unreadable() {
        String good = Pod.turtle(Pod.ALICE, Pod.ISSUER);
        return Stream.of(
                page("one that must not be read", TestWeb.status(401)),
                page("one that may not be read", TestWeb.status(403)),
                page("one that isn't there", TestWeb.status(404)),
                page("one that is gone", TestWeb.status(410)),
                page("nothing", TestWeb.status(204)),
                page("a part", exchange -> {
                    exchange.getResponseHeaders().set("content-type", "text/turtle");
                    byte[] bytes = good.getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(206, bytes.length);
                    exchange.getResponseBody().write(bytes);
                }),
                page("a mebibyte", TestWeb.text("text/turtle", good + " ".repeat(1 << 20))),
                page("one byte more than 256 KiB", TestWeb.text("text/turtle", padded(good, 256 * 1024 + 1))),
                page("RDF/XML", TestWeb.text("application/rdf+xml", good)),
                page("N3", TestWeb.text("text/n3", good)),
                page("TriG", TestWeb.text("application/trig", good)),
                page("text", TestWeb.text("text/plain", good)),
                page("JSON", TestWeb.text("application/json", "{}")),
                page("another charset", TestWeb.text("text/turtle; charset=iso-8859-1", good)),
                page("a compressed one", TestWeb.text("text/turtle", good, Map.of("content-encoding", "gzip"))),
                page("a syntax error behind the triple", TestWeb.text("text/turtle", good + "garbage")),
                page("no end", TestWeb.text("text/turtle", good + "<#me> <#p> \"")),
                page(
                        "20,000 nested brackets",
                        TestWeb.text("text/turtle", good + "<#a> <#b> " + "[<#c> ".repeat(20_000))),
                redirect("http", 3, "http://alice.example/card"),
                redirect("nowhere", 3, "https:///"),
                redirect("no URL", 3, "::"),
                redirect("a file", 3, "file:///etc/passwd"),
                redirect("another port", 3, "https://alice.example:8443/card"),
                redirect("itself", 6, Pod.CARD),
                page("a redirect without a target", TestWeb.status(302)));
    }

    private static String padded(String text, int length) {
        return text + " ".repeat(length - text.length());
    }

    @ParameterizedTest
    @MethodSource("unreadable")
    void cannotBeRead(Refusal refusal) {
        refusal.check(pod);
    }

    @Test
    void isNotAskedForAgainForHalfAMinuteIfItCannotBeRead() {
        pod.web.put(Pod.CARD, TestWeb.status(500));
        assertThat(pod.enter().fields().first("retry-after")).contains("30");
        pod.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, Pod.ISSUER)));
        pod.web.asked();
        pod.scheduler.advance(Duration.ofSeconds(29));
        new Refusal("soon again", 503, "", UNREADABLE, 0, Pod::enter).check(pod);
        pod.scheduler.advance(Duration.ofSeconds(1));
        assertThat(pod.enter().status()).isEqualTo(101);
    }

    @Test
    void isKeptForTwoMinutes() {
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.web.put(Pod.CARD, TestWeb.text("text/turtle", CARD_WITHOUT_ISSUER));
        pod.scheduler.advance(Duration.ofSeconds(119));
        pod.web.asked();
        assertThat(pod.enter().status()).isEqualTo(101);
        assertThat(pod.web.asked()).isEmpty();
        pod.scheduler.advance(Duration.ofSeconds(1));
        assertThat(pod.enter().detail()).isEqualTo(UNLISTED);
    }

    @Test
    void anOldOneDoesNotServeWhenTheNewCannotBeRead() {
        assertThat(pod.enter().status()).isEqualTo(101);
        pod.web.put(Pod.CARD, TestWeb.status(500));
        pod.scheduler.advance(Duration.ofMinutes(2));
        assertThat(pod.enter().detail()).isEqualTo(UNREADABLE);
    }

    @Test
    void mayBe256KibibytesWithAByteOrderMark() {
        String good = "\uFEFF" + Pod.turtle(Pod.ALICE, Pod.ISSUER);
        pod.web.put(Pod.CARD, TestWeb.text("Text/Turtle; Charset=\"UTF-8\"", padded(good, 256 * 1024 - 2)));
        assertThat(pod.enter().status()).isEqualTo(101);
    }

    @Test
    void mayBeThreeRedirectsAway() {
        pod.web.put(Pod.CARD, TestWeb.redirect("/a"));
        pod.web.put("https://alice.example/a", TestWeb.redirect("https://pods.example/b"));
        pod.web.put("https://pods.example/b", TestWeb.redirect("//pods.example/c#fragment"));
        pod.web.put("https://pods.example/c", TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, Pod.ISSUER)));
        assertThat(pod.enter().status()).isEqualTo(101);
    }

    @Test
    void isReadWithItsOwnAddressAsBaseAndTheWebIdAsSubject() {
        pod.web.put(Pod.CARD, TestWeb.redirect("https://pods.example/alice"));
        String relative = Pod.turtle("#me", Pod.ISSUER);
        pod.web.put("https://pods.example/alice", TestWeb.text("text/turtle", relative));
        assertThat(pod.enter().detail()).isEqualTo(UNLISTED);
        pod.scheduler.advance(Duration.ofMinutes(2));
        pod.web.put(Pod.CARD, TestWeb.text("text/turtle", relative));
        assertThat(pod.enter().status()).isEqualTo(101);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://alice.example/card", "https://alice.example/card#me", "https://alice.example/card#"})
    void belongsToTheWebIdAsItIsWritten(String webId) {
        pod.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(webId, Pod.ISSUER)));
        assertThat(pod.enter(pod.token(claims -> claims.put("webid", webId)), pod.proof())
                        .status())
                .isEqualTo(101);
        assertThat(pod.enter(pod.token(claims -> claims.put("webid", webId + "x")), pod.proof())
                        .status())
                .isNotEqualTo(101);
    }

    @Test
    void theHostKnowsItsOwn() {
        try (Pod own = new Pod(builder -> builder.issuerLookup(webId -> CompletableFuture.completedStage(
                webId.value().equals(Pod.ALICE) ? Optional.of(Set.of(Pod.ISSUER)) : Optional.empty())))) {
            assertThat(own.enter().status()).isEqualTo(101);
            assertThat(own.web.asked()).containsExactly(Pod.DISCOVERY, Pod.JWKS);
            String bob = "https://bob.example/#me";
            own.web.put("https://bob.example/", TestWeb.text("text/turtle", Pod.turtle(bob, Pod.ISSUER)));
            assertThat(own.enter(own.token(claims -> claims.put("webid", bob)), own.proof())
                            .status())
                    .isEqualTo(101);
            assertThat(own.web.asked()).containsExactly("https://bob.example/");
        }
    }

    @Test
    void theHostsWordIsLast() {
        try (Pod own = new Pod(
                builder -> builder.issuerLookup(webId -> CompletableFuture.completedStage(Optional.of(Set.of()))))) {
            new Refusal("unlisted", 401, "invalid_token", UNLISTED, 2, Pod::enter).check(own);
        }
        try (Pod own = new Pod(builder ->
                builder.issuerLookup(webId -> CompletableFuture.failedStage(new IllegalStateException("SECRET"))))) {
            new Refusal("unknown", 503, "", UNREADABLE, 2, Pod::enter).check(own);
        }
        try (Pod own = new Pod(builder -> builder.issuerLookup(webId -> {
            throw new IllegalStateException("SECRET");
        }))) {
            new Refusal("unknown", 503, "", UNREADABLE, 2, Pod::enter).check(own);
        }
    }

    @Test
    void theHostIsNotAskedForWhatNobodyHasSigned() {
        try (Pod own = new Pod(builder -> builder.issuerLookup(webId -> {
            throw new AssertionError("asked");
        }))) {
            String forged = Signer.of("ES256").compact(Pod.json(own.tokenHeader()), Pod.json(own.tokenClaims()));
            assertThat(own.enter(forged, own.proof()).detail()).isEqualTo("The access token signature is invalid");
        }
    }
}
