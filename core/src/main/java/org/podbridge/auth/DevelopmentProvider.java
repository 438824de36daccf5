package org.podbridge.auth;

import java.net.InetAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.identity.Origin;
import org.podbridge.identity.WebId;

/** Takes everybody on this machine for one agent. */
final class DevelopmentProvider implements AuthProvider {

    private final Identity identity;

    DevelopmentProvider(WebId everybody) {
        this.identity = Identity.of(everybody, "development");
    }

    @Override
    public void check(List<URI> publicUris) {
        for (URI uri : publicUris) {
            if (!isLoopback(Origin.of(uri))) {
                throw new IllegalStateException(
                        "the development provider is for loopback names such as http://localhost:3000, not for " + uri);
            }
        }
    }

    @Override
    public CompletionStage<AuthResult> authenticate(AuthRequest request) {
        return CompletableFuture.completedStage(judge(request));
    }

    private AuthResult judge(AuthRequest request) {
        if (!request.credentials().isEmpty()) {
            return new AuthResult.NoCredentials();
        }
        InetAddress address = request.remoteAddress().getAddress();
        boolean local = address != null
                && address.isLoopbackAddress()
                && isLoopback(named(request)) // a name of the web may have been pointed to this machine
                && request.origin().map(origin -> isLoopback(parse(origin))).orElse(true);
        return local
                ? new AuthResult.Authenticated(identity)
                : new AuthResult.Rejected(
                        new AuthError(403, "", "This server is for development on its own machine", List.of()));
    }

    private static Optional<Origin> named(AuthRequest request) {
        return request.authority().flatMap(authority -> parse("http://" + authority));
    }

    private static Optional<Origin> parse(String uri) {
        try {
            return Origin.of(URI.create(uri));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isLoopback(Optional<Origin> origin) {
        return origin.filter(Origin::isLoopback).isPresent();
    }
}
