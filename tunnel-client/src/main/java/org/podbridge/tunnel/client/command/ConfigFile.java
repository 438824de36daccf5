package org.podbridge.tunnel.client.command;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file says.
 *
 * @param relay the relay's control endpoint
 * @param tokenFile where the token is
 * @param login how to log in in place of that
 * @param tokenInQuery whether the token goes into the URL
 * @param trustedCertificates whose signature the relay's certificate must bear
 * @param tunnels one or more
 */
record ConfigFile(
        @Nullable URI relay,
        @Nullable Path tokenFile,
        Login login,
        boolean tokenInQuery,
        @Nullable Path trustedCertificates,
        List<TunnelPlan> tunnels) {

    /** A file in which nothing is said. */
    static final ConfigFile NONE = new ConfigFile(null, null, Login.NONE, false, null, List.of());

    /**
     * What the file says about the login of a Solid user.
     *
     * @param issuer the identity provider
     * @param clientId the id of the client credentials
     * @param secretFile where their secret is
     * @param trustedCertificates whose signature the identity provider's certificate must bear
     */
    record Login(
            @Nullable URI issuer,
            @Nullable String clientId,
            @Nullable Path secretFile,
            @Nullable Path trustedCertificates) {

        /** Nothing is said. */
        static final Login NONE = new Login(null, null, null, null);

        /** Tells whether a login is wanted. */
        boolean isSaid() {
            return issuer != null || clientId != null || secretFile != null;
        }
    }

    ConfigFile {
        tunnels = List.copyOf(tunnels);
    }
}
