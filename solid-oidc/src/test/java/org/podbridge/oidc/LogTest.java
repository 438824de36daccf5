package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;
import org.slf4j.LoggerFactory;

/** That with everything logged nothing that came with a request is in the log, nor what it led to. */
class LogTest {

    private static final Path LOG = Path.of("target", "test.log"); // as set in simplelogger.properties

    @Test
    void nothingThatCameWithARequestIsLogged() throws IOException {
        String mark = "begin " + System.nanoTime();
        LoggerFactory.getLogger(LogTest.class).trace(mark);
        Stream.of(
                        TokenTest.carriers(),
                        TokenTest.shapes(),
                        TokenTest.headers(),
                        TokenTest.signatures(),
                        TokenTest.claims(),
                        TokenTest.urls(),
                        TokenTest.profiles(),
                        ProofTest.shapes(),
                        ProofTest.headers(),
                        ProofTest.targets(),
                        ProofTest.names(),
                        IssuerTest.failures(),
                        IssuerTest.noKeys(),
                        ProfileTest.unreadable())
                .flatMap(cases -> cases)
                .map(Arguments::get)
                .forEach(arguments -> {
                    try (Pod pod = new Pod()) {
                        pod.enter();
                        Pod.Answer answer = ((Refusal) arguments[0]).attempt().apply(pod);
                        assertThat(answer.status()).isPositive();
                    }
                });
        try (Pod pod = new Pod(builder -> builder.issuerLookup(
                webId -> CompletableFuture.failedStage(new IllegalStateException("SECRET " + webId))))) {
            pod.enter();
        }
        try (Pod pod = new Pod()) {
            pod.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, "https://idp.example")));
            pod.enter();
            pod.scheduler.advance(Duration.ofMinutes(2));
            pod.web.put(Pod.CARD, TestWeb.text("text/turtle", "SECRET garbage"));
            pod.web.put("https://m.example/x", TestWeb.text("text/turtle", Pod.turtle("x", "SECRET")));
            pod.enter();
            pod.enter(pod.token(claims -> claims.put("webid", "https://m.example/x")), pod.proof());
            pod.enter(pod.token(claims -> claims.put("cnf", Map.of("jkt", "SECRET"))), pod.proof());
        }
        String log = Files.readString(LOG, StandardCharsets.UTF_8);
        int begin = log.lastIndexOf(mark);
        assertTrue(begin >= 0, "the log is on"); // without printing it all
        String logged = log.substring(begin);
        assertThat(List.of(
                        "Refused: The access token has expired", // so it is the right log
                        "The issuer lookup failed: java.lang.IllegalStateException",
                        "lists its issuer with another slash at the end"))
                .allMatch(logged::contains);
        assertThat(List.of("SECRET", "eyJ", ".example", "93.184.215.14")).noneMatch(logged::contains);
    }
}
