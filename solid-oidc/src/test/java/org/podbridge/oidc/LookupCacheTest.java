package org.podbridge.oidc;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;
import org.podbridge.testkit.ManualScheduler;

/** What look-ups have found, and when it is looked up again. */
class LookupCacheTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualScheduler clock = new ManualScheduler();
    private final LookupCache<String, String> cache = new LookupCache<>(clock, 2, MINUTE, Duration.ZERO);
    private final List<String> lookedUp = new ArrayList<>();

    private CompletionStage<String> get(String key, CompletableFuture<String> answer) {
        return cache.get(key, () -> {}, () -> {
            lookedUp.add(key);
            return answer.thenApply(value -> new LookupCache.Found<>(value, MINUTE));
        });
    }

    private CompletionStage<String> refresh(String seen, CompletableFuture<String> answer) {
        return cache.refresh("a", seen, Duration.ofSeconds(30), () -> {}, () -> {
            lookedUp.add("a");
            return answer.thenApply(value -> new LookupCache.Found<>(value, MINUTE));
        });
    }

    private static CompletableFuture<String> now(String value) {
        return CompletableFuture.completedFuture(value);
    }

    private static String value(CompletionStage<String> stage) {
        assertThat(stage.toCompletableFuture()).isDone();
        return stage.toCompletableFuture().join();
    }

    @Test
    void whatNobodyHasAskedForLongestIsForgotten() {
        get("a", now("1"));
        get("b", now("2"));
        assertThat(value(get("a", now("unused")))).isEqualTo("1");
        get("c", now("3"));
        lookedUp.clear();
        assertThat(value(get("a", now("unused")))).isEqualTo("1");
        assertThat(value(get("c", now("unused")))).isEqualTo("3");
        assertThat(lookedUp).isEmpty();
        assertThat(value(get("b", now("4")))).isEqualTo("4");
    }

    @Test
    void whatIsBeingLookedUpIsNotForgotten() {
        CompletableFuture<String> first = new CompletableFuture<>();
        get("a", first);
        get("b", now("2"));
        get("c", now("3"));
        CompletionStage<String> second = get("a", now("unused"));
        first.complete("1");
        assertThat(value(second)).isEqualTo("1");
        assertThat(lookedUp).containsExactly("a", "b", "c");
    }

    @Test
    void somebodyWhoGivesUpDoesNotStopTheOthers() {
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletionStage<String> first = get("a", answer);
        CompletionStage<String> second = get("a", answer);
        first.toCompletableFuture().cancel(true);
        answer.complete("1");
        assertThat(value(second)).isEqualTo("1");
    }

    @Test
    void aLookupThatThrowsIsAFailure() {
        CompletionStage<String> failed = cache.get("a", () -> {}, () -> {
            throw new IllegalStateException("no");
        });
        assertThat(failed.toCompletableFuture()).isCompletedExceptionally();
        assertThat(get("a", now("1")).toCompletableFuture()).isCompletedExceptionally();
        clock.advance(MINUTE);
        assertThat(value(get("a", now("1")))).isEqualTo("1");
    }

    @Test
    void aRefreshReturnsWhatOthersHaveFoundMeanwhile() {
        get("a", now("1"));
        clock.advance(Duration.ofSeconds(30));
        assertThat(value(refresh("1", now("2")))).isEqualTo("2");
        clock.advance(Duration.ofSeconds(30));
        assertThat(value(refresh("1", now("3")))).isEqualTo("2");
        assertThat(lookedUp).containsExactly("a", "a");
    }

    @Test
    void severalRefreshesAreOne() {
        get("a", now("1"));
        clock.advance(Duration.ofSeconds(30));
        CompletableFuture<String> answer = new CompletableFuture<>();
        CompletionStage<String> first = refresh("1", answer);
        CompletionStage<String> second = refresh("1", now("unused"));
        assertThat(value(get("a", now("unused")))).as("meanwhile").isEqualTo("1");
        answer.completeExceptionally(new IllegalStateException("down"));
        assertThat(first.toCompletableFuture()).isCompletedExceptionally();
        assertThat(second.toCompletableFuture()).isCompletedExceptionally();
        assertThat(lookedUp).containsExactly("a", "a");
    }
}
