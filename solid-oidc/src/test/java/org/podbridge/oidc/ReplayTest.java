package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.podbridge.testkit.ManualScheduler;

/** That no proof is used twice, as long as it could be. */
class ReplayTest {

    private static final String USED = "The DPoP proof was already used";

    @Test
    void aProofWorksOnce() {
        try (Pod pod = new Pod()) {
            String token = pod.token();
            String proof = pod.proof();
            assertThat(pod.enter(token, proof).status()).isEqualTo(101);
            pod.web.asked();
            new Refusal("again", 401, "invalid_dpop_proof", USED, 0, p -> p.enter(token, proof)).check(pod);
            assertThat(pod.enter(pod.token(claims -> claims.put("a", 1)), proof).detail())
                    .as("with another token")
                    .isEqualTo(USED);
            assertThat(pod.enter().status()).isEqualTo(101);
        }
    }

    @Test
    void anotherKeyMayUseTheSameName() {
        try (Pod pod = new Pod()) {
            Signer other = Signer.of("ES256");
            Map<String, Object> header = pod.proofHeader();
            header.put("jwk", other.jwk());
            Map<String, Object> claims = pod.proofClaims();
            String elsewhere = other.compact(Pod.json(header), Pod.json(claims));
            assertThat(pod.enter(pod.token(), pod.proof(own -> own.put("jti", claims.get("jti"))))
                            .status())
                    .isEqualTo(101);
            assertThat(pod.enter(pod.token(own -> own.put("cnf", Map.of("jkt", other.thumbprint()))), elsewhere)
                            .status())
                    .isEqualTo(101);
        }
    }

    @Test
    void aProofFromTheFutureIsRememberedUntilItIsTooOld() {
        try (Pod pod = new Pod()) {
            String token = pod.token();
            String proof = pod.proof(claims -> claims.put("iat", pod.now() + 60));
            assertThat(pod.enter(token, proof).status()).isEqualTo(101);
            for (int seconds : List.of(60, 61, 58, 1)) {
                pod.scheduler.advance(Duration.ofSeconds(seconds));
                assertThat(pod.enter(token, proof).detail()).isEqualTo(USED);
            }
            pod.scheduler.advance(Duration.ofSeconds(1));
            assertThat(pod.enter(token, proof).detail()).isEqualTo("The DPoP proof iat is not acceptable");
        }
    }

    @Test
    void aProofThatIsRefusedForSomethingElseIsNotUsedUp() {
        try (Pod pod = new Pod()) {
            String proof = pod.proof();
            pod.web.put(Pod.CARD, TestWeb.status(500));
            assertThat(pod.enter(pod.token(), proof).status()).isEqualTo(503);
            assertThat(pod.enter(pod.token(claims -> claims.put("aud", "other")), proof)
                            .status())
                    .isEqualTo(401);
            pod.scheduler.advance(Duration.ofSeconds(31));
            pod.web.put(Pod.CARD, TestWeb.text("text/turtle", Pod.turtle(Pod.ALICE, Pod.ISSUER)));
            assertThat(pod.enter(pod.token(), proof).status()).isEqualTo(101);
        }
    }

    @Test
    void aFullStoreTurnsNewProofsAwayAndForgetsNone() {
        ManualScheduler clock = new ManualScheduler();
        try (Pod pod = new Pod(builder -> builder.replayStore(ReplayStore.inMemory(clock, 2, 10)))) {
            String token = pod.token();
            String first = pod.proof();
            assertThat(pod.enter(token, first).status()).isEqualTo(101);
            assertThat(pod.enter().status()).isEqualTo(101);
            pod.web.asked();
            new Refusal("a third", 503, "", "Too many pending proofs", 0, Pod::enter).check(pod);
            assertThat(pod.enter().fields().first("retry-after")).contains("60");
            assertThat(pod.enter(token, first).detail()).isEqualTo(USED);
        }
    }

    @Test
    void aFullStoreHasRoomAgainWhenProofsAreTooOld() {
        ManualScheduler clock = new ManualScheduler();
        ReplayStore store = ReplayStore.inMemory(clock, 2, 10);
        Instant end = clock.now().plusSeconds(180);
        assertThat(put(store, "a", "k", end)).isEqualTo(ReplayStore.Outcome.NEW);
        assertThat(put(store, "b", "k", end.plusSeconds(1))).isEqualTo(ReplayStore.Outcome.NEW);
        clock.advance(Duration.ofMinutes(3));
        assertThat(put(store, "c", "k", end.plusSeconds(9))).isEqualTo(ReplayStore.Outcome.FULL);
        assertThat(put(store, "a", "k", end)).isEqualTo(ReplayStore.Outcome.SEEN);
        clock.advance(Duration.ofMillis(1));
        assertThat(put(store, "c", "k", end.plusSeconds(9))).isEqualTo(ReplayStore.Outcome.NEW);
        assertThat(put(store, "d", "k", end.plusSeconds(9))).isEqualTo(ReplayStore.Outcome.FULL);
        assertThat(put(store, "b", "k", end)).isEqualTo(ReplayStore.Outcome.SEEN);
    }

    @Test
    void oneKeyTakesUpABoundedPart() {
        ManualScheduler clock = new ManualScheduler();
        ReplayStore store = ReplayStore.inMemory(clock, 100, 3);
        Instant end = clock.now().plusSeconds(180);
        for (int i = 0; i < 3; i++) {
            assertThat(put(store, "a" + i, "a", end)).isEqualTo(ReplayStore.Outcome.NEW);
        }
        assertThat(put(store, "a3", "a", end)).isEqualTo(ReplayStore.Outcome.FULL);
        assertThat(put(store, "b0", "b", end)).isEqualTo(ReplayStore.Outcome.NEW);
        clock.advance(Duration.ofSeconds(181));
        for (int i = 0; i < 3; i++) {
            assertThat(put(store, "c" + i, "a", end.plusSeconds(200))).isEqualTo(ReplayStore.Outcome.NEW);
        }
    }

    @Test
    void aClientMayHave256ProofsPending() {
        try (Pod pod = new Pod(builder -> builder.cacheVerifiedTokens(true))) {
            String token = pod.token();
            for (int i = 0; i < 256; i++) {
                assertThat(pod.enter(token, pod.proof()).status()).isEqualTo(101);
            }
            assertThat(pod.enter(token, pod.proof()).detail()).isEqualTo("Too many pending proofs");
        }
    }

    @Test
    void ofManyAtATimeOneIsNew() throws Exception {
        ManualScheduler clock = new ManualScheduler();
        ReplayStore store = ReplayStore.inMemory(clock, 1000, 1000);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            for (int round = 0; round < 50; round++) {
                String proof = "p" + round;
                List<Future<ReplayStore.Outcome>> outcomes = new ArrayList<>();
                for (int i = 0; i < 4; i++) {
                    outcomes.add(threads.submit(
                            () -> put(store, proof, "k", clock.now().plusSeconds(180))));
                }
                int fresh = 0;
                for (Future<ReplayStore.Outcome> outcome : outcomes) {
                    fresh += outcome.get(20, TimeUnit.SECONDS) == ReplayStore.Outcome.NEW ? 1 : 0;
                }
                assertThat(fresh).isEqualTo(1);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void aStoreThatFailsLetsNobodyIn() {
        try (Pod pod = new Pod(builder -> builder.replayStore(
                (proof, key, until) -> CompletableFuture.failedStage(new IllegalStateException("SECRET"))))) {
            assertThat(pod.enter().status()).isEqualTo(503);
        }
        try (Pod pod = new Pod(builder -> builder.replayStore((proof, key, until) -> {
            throw new IllegalStateException("SECRET");
        }))) {
            assertThat(pod.enter().status()).isEqualTo(503);
        }
    }

    @Test
    void aStoreIsToldDigestKeyAndEnd() {
        List<String> told = new ArrayList<>();
        try (Pod pod = new Pod(builder -> builder.replayStore((proof, key, until) -> {
            told.add(proof + " " + key + " " + until.getEpochSecond());
            return CompletableFuture.completedStage(ReplayStore.Outcome.NEW);
        }))) {
            long iat = pod.now() - 5;
            pod.enter(pod.token(), pod.proof(claims -> {
                claims.put("iat", iat);
                claims.put("jti", "j");
            }));
            String jkt = Pod.CLIENT_KEY.thumbprint();
            assertThat(told).containsExactly(Digest.of(jkt + "j") + " " + jkt + " " + (iat + 180));
        }
    }

    private static ReplayStore.Outcome put(ReplayStore store, String proof, String key, Instant until) {
        return store.putIfAbsent(proof, key, until).toCompletableFuture().join();
    }
}
