package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.podbridge.identity.WebId;
import org.podbridge.testkit.AuthProviderContract;
import org.podbridge.testkit.CannedAuthRequest;

/** The ready-made providers keep the contract of all providers. */
class ProviderFormsTest {

    private static final WebId ALICE = WebId.of("https://alice.example/#me");
    private static final URI POD = URI.create("https://pod.example/.webrtc");

    private static CannedAuthRequest bearer(String token) {
        return CannedAuthRequest.to(POD)
                .credential(new Credential(Credential.Carrier.AUTHORIZATION, "Bearer", token, Optional.empty()));
    }

    private static AuthProvider tokens() {
        return AuthProvider.fixed(Map.of("a-good-token", ALICE));
    }

    private static AuthProvider hostPrincipal() {
        return AuthProvider.host(request ->
                request.hostPrincipal().map(principal -> Identity.of(WebId.of(principal.getName()), "host")));
    }

    /** A provider that judges tokens. */
    abstract static class TokenContract extends AuthProviderContract {
        @Override
        protected WebId agent() {
            return ALICE;
        }

        @Override
        protected AuthRequest good() {
            return bearer("a-good-token");
        }

        @Override
        protected Optional<AuthRequest> bad() {
            return Optional.of(bearer("a-bad-token"));
        }
    }

    @Nested
    class Fixed extends TokenContract {
        @Override
        protected AuthProvider provider() {
            return tokens();
        }
    }

    @Nested
    class Blocking extends TokenContract {
        @Override
        protected AuthProvider provider() {
            return AuthProvider.blocking(
                    request ->
                            tokens().authenticate(request).toCompletableFuture().join(),
                    Runnable::run);
        }
    }

    @Nested
    class FirstOf extends TokenContract {
        @Override
        protected AuthProvider provider() {
            return AuthProvider.firstOf(AuthProvider.anonymous(), hostPrincipal(), AuthProvider.firstOf(tokens()));
        }
    }

    @Nested
    class Host extends AuthProviderContract {
        @Override
        protected AuthProvider provider() {
            return hostPrincipal();
        }

        @Override
        protected WebId agent() {
            return ALICE;
        }

        @Override
        protected AuthRequest good() {
            return CannedAuthRequest.to(POD).hostPrincipal(ALICE::value);
        }

        @Override
        protected Optional<AuthRequest> bad() {
            return Optional.empty();
        }
    }

    @Test
    void aChainStopsAtTheFirstThatKnowsTheCredential() {
        List<String> asked = new ArrayList<>();
        AuthProvider noting = request -> {
            asked.add("second");
            return CompletableFuture.completedStage(new AuthResult.NoCredentials());
        };
        AuthProvider chain = AuthProvider.firstOf(tokens(), noting);
        chain.authenticate(bearer("a-bad-token"));
        chain.authenticate(bearer("a-good-token"));
        assertThat(asked).isEmpty();
        chain.authenticate(CannedAuthRequest.to(POD));
        assertThat(asked).containsExactly("second");
    }

    @Test
    void aChainNeverGoesOnBehindOneThatCouldNotTell() {
        AuthProvider down =
                request -> CompletableFuture.completedStage(new AuthResult.Unavailable("down", Duration.ofSeconds(1)));
        assertThat(AuthProvider.firstOf(down, tokens())
                        .authenticate(bearer("a-good-token"))
                        .toCompletableFuture()
                        .join())
                .isInstanceOf(AuthResult.Unavailable.class);
    }

    @Test
    void aBlockingProviderRunsNowhereElseThanOnItsExecutor() {
        List<Runnable> tasks = new ArrayList<>();
        var result = AuthProvider.blocking(request -> new AuthResult.NoCredentials(), tasks::add)
                .authenticate(CannedAuthRequest.to(POD))
                .toCompletableFuture();
        assertThat(result).isNotDone();
        tasks.get(0).run();
        assertThat(result.join()).isEqualTo(new AuthResult.NoCredentials());
    }

    @Test
    void aFullExecutorIsAFault() {
        AuthProvider full = AuthProvider.blocking(request -> new AuthResult.NoCredentials(), task -> {
            throw new RejectedExecutionException("full");
        });
        assertThatThrownBy(() -> full.authenticate(CannedAuthRequest.to(POD)))
                .isInstanceOf(RejectedExecutionException.class); // which the library takes for "unavailable"
    }

    @Test
    void anonymousKnowsNobody() {
        assertThat(AuthProvider.anonymous()
                        .authenticate(bearer("a-good-token"))
                        .toCompletableFuture()
                        .join())
                .isEqualTo(new AuthResult.NoCredentials());
    }
}
