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
 * @param tokenInQuery whether the token goes into the URL
 * @param trustedCertificates whose signature the relay's certificate must bear
 * @param tunnels one or more
 */
record ConfigFile(
        @Nullable URI relay,
        @Nullable Path tokenFile,
        boolean tokenInQuery,
        @Nullable Path trustedCertificates,
        List<TunnelPlan> tunnels) {

    /** A file in which nothing is said. */
    static final ConfigFile NONE = new ConfigFile(null, null, false, null, List.of());

    ConfigFile {
        tunnels = List.copyOf(tunnels);
    }
}
