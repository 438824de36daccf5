package org.podbridge.oidc;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Credential;
import org.podbridge.identity.WebId;
import org.podbridge.testkit.AuthProviderContract;
import org.podbridge.testkit.CannedAuthRequest;

class SolidOidcContractTest extends AuthProviderContract {

    private final Pod pod = new Pod();

    @AfterEach
    void close() {
        pod.close();
    }

    @Override
    protected AuthProvider provider() {
        return pod.provider();
    }

    @Override
    protected WebId agent() {
        return WebId.of(Pod.ALICE);
    }

    @Override
    protected AuthRequest good() {
        return request(pod.token());
    }

    @Override
    protected Optional<AuthRequest> bad() {
        return Optional.of(request(pod.token(claims -> claims.put("exp", pod.now() - 600))));
    }

    @Override
    protected Instant now() {
        return pod.scheduler.now();
    }

    private AuthRequest request(String token) {
        String proof = pod.proof();
        return CannedAuthRequest.to(uri())
                .fields("dpop", proof)
                .credential(new Credential(Credential.Carrier.AUTHORIZATION, "DPoP", token, Optional.of(proof)));
    }
}
