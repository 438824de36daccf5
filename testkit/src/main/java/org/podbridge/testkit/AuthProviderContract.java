package org.podbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Challenge;
import org.podbridge.auth.Credential;
import org.podbridge.identity.WebId;

/** What every auth provider must do, whoever it knows. A provider's tests extend it. */
public abstract class AuthProviderContract {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int THREADS = 4;
    private static final int ROUNDS = 25;

    /** For the subclasses. */
    protected AuthProviderContract() {}

    /**
     * Returns the provider.
     *
     * @return the provider, the same for every call within one test
     */
    protected abstract AuthProvider provider();

    /**
     * Returns the agent whom the provider knows.
     *
     * @return its WebID
     */
    protected abstract WebId agent();

    /**
     * Makes a request of that agent, with a method and to the URI of {@link #uri()}; a fresh one for each call, for
     * providers that take each only once.
     *
     * @return the request
     */
    protected abstract AuthRequest good();

    /**
     * Makes a request with a credential that the provider recognises as its own kind, and that is bad.
     *
     * @return the request; empty if the provider judges no credentials
     */
    protected abstract Optional<AuthRequest> bad();

    /**
     * Returns the URI of the server under test.
     *
     * @return a URI; {@code https://pod.example/.webrtc} unless overridden
     */
    protected URI uri() {
        return URI.create("https://pod.example/.webrtc");
    }

    /**
     * Returns what time it is for the provider.
     *
     * @return the time; that of this machine unless overridden
     */
    protected Instant now() {
        return Instant.now();
    }

    private AuthResult ask(AuthRequest request) throws Exception {
        return provider().authenticate(request).toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * A good request makes an identity of the agent that hasn't ended yet.
     *
     * @throws Exception if the provider fails
     */
    @Test
    protected void knowsItsAgent() throws Exception {
        assertThat(ask(good())).isInstanceOfSatisfying(AuthResult.Authenticated.class, authenticated -> {
            assertThat(authenticated.identity().webId()).isEqualTo(agent());
            assertThat(authenticated.identity().method()).isNotEmpty();
            assertThat(authenticated.identity().expiresAt().orElse(Instant.MAX)).isAfter(now());
        });
    }

    /**
     * Nothing to go by leaves the request to others; it is neither an identity nor a refusal.
     *
     * @throws Exception if the provider fails
     */
    @Test
    protected void leavesWhatCarriesNothingToOthers() throws Exception {
        assertThat(ask(CannedAuthRequest.to(uri()))).isEqualTo(new AuthResult.NoCredentials());
        assertThat(ask(CannedAuthRequest.to(uri()).method("POST"))).isEqualTo(new AuthResult.NoCredentials());
    }

    /**
     * A bad credential is refused, so that nobody takes its sender for somebody without one.
     *
     * @throws Exception if the provider fails
     */
    @Test
    protected void refusesABadCredential() throws Exception {
        Optional<AuthRequest> bad = bad();
        if (bad.isEmpty()) {
            return; // it judges none
        }
        assertThat(ask(bad.get())).isInstanceOfSatisfying(AuthResult.Rejected.class, rejected -> {
            assertThat(rejected.error().status()).isBetween(400, 499);
            assertThat(rejected.error().message()).isNotBlank();
        });
    }

    /**
     * A credential of a kind that nobody knows makes no identity.
     *
     * @throws Exception if the provider fails
     */
    @Test
    protected void takesNoStrangeCredential() throws Exception {
        for (String scheme : List.of("Strange", "", "Bearer\u0000", "B\u00e9arer")) {
            Credential strange = new Credential(Credential.Carrier.AUTHORIZATION, scheme, "whatever", Optional.empty());
            assertThat(ask(CannedAuthRequest.to(uri()).credential(strange)))
                    .isNotInstanceOf(AuthResult.Authenticated.class);
        }
    }

    /**
     * What it says repeats nothing of a credential.
     *
     * @throws Exception if the provider fails
     */
    @Test
    protected void repeatsNoSecret() throws Exception {
        List<AuthRequest> requests = new ArrayList<>(List.of(good()));
        bad().ifPresent(requests::add);
        for (AuthRequest request : requests) {
            String said = String.valueOf(ask(request));
            for (Credential credential : request.credentials()) {
                assertThat(said).doesNotContain(credential.value());
                credential.proof().ifPresent(proof -> assertThat(said).doesNotContain(proof));
            }
        }
    }

    /** Its challenges can be named for every request. */
    @Test
    protected void namesItsChallenges() {
        assertThat(provider().challenges(CannedAuthRequest.to(uri())))
                .allSatisfy(challenge -> assertThatCode(challenge::fieldValue).doesNotThrowAnyException());
        assertThat(provider().challenges(good()).stream().map(Challenge::scheme))
                .allSatisfy(scheme -> assertThat(scheme).isNotEmpty());
    }

    /**
     * Many threads may ask it at once.
     *
     * @throws Exception if the provider fails
     */
    @Test
    protected void canBeAskedByManyAtOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Callable<AuthResult>> questions = new ArrayList<>();
            for (int i = 0; i < ROUNDS; i++) {
                AuthRequest request = good();
                questions.add(() -> ask(request));
                questions.add(() -> ask(CannedAuthRequest.to(uri())));
            }
            List<Future<AuthResult>> answers = threads.invokeAll(questions);
            for (int i = 0; i < answers.size(); i++) {
                assertThat(answers.get(i).get())
                        .isInstanceOf(i % 2 == 0 ? AuthResult.Authenticated.class : AuthResult.NoCredentials.class);
            }
        } finally {
            threads.shutdown();
        }
    }
}
