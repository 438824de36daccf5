package org.podbridge.tunnel.client.command;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.WebId;
import org.podbridge.tunnel.client.TunnelAccess;
import org.podbridge.tunnel.client.TunnelClient;
import org.podbridge.tunnel.client.TunnelClientBuilder;
import org.podbridge.tunnel.client.TunnelClientListener;

/**
 * Makes clients of plans, all of them for one relay.
 *
 * @param relay its control endpoint
 * @param credentials sets how all tunnels prove whose they are
 * @param tokenInQuery whether the token goes into the URL
 * @param trustedCertificates whose signature the relay's certificate must bear, or null
 */
record ClientFactory(
        URI relay,
        Consumer<TunnelClientBuilder> credentials,
        boolean tokenInQuery,
        @Nullable Path trustedCertificates) {

    /**
     * Makes a client, not yet started.
     *
     * @throws IllegalArgumentException if the plan makes no sense
     * @throws IllegalStateException if it doesn't go together
     */
    TunnelClient create(TunnelPlan plan, TunnelClientListener listener) {
        TunnelClientBuilder builder = TunnelClient.builder()
                .relay(relay)
                .tokenInQuery(tokenInQuery)
                .name(requireNonNull(plan.name(), "name"))
                .target(requireNonNull(plan.target(), "target"))
                .access(access(plan.access()))
                .share(isTrue(plan.share()))
                .legs(plan.legs() == null ? 1 : plan.legs())
                .passthrough(isTrue(plan.passthrough()))
                .trustAnyCertificate(isTrue(plan.insecureLocal()))
                .listener(listener);
        credentials.accept(builder);
        if (trustedCertificates != null) {
            builder.trustedCertificates(trustedCertificates);
        }
        plan.fields().forEach(field -> addField(field, builder));
        String host = plan.host();
        if (TunnelPlan.VISITOR.equals(host)) {
            builder.hostOfVisitor(true);
        } else if (host != null) {
            builder.host(host);
        }
        return builder.build();
    }

    private static boolean isTrue(@Nullable Boolean flag) {
        return flag != null && flag;
    }

    private static TunnelAccess access(List<String> who) {
        if (who.isEmpty() || who.equals(List.of("public"))) {
            return TunnelAccess.everybody();
        }
        if (who.equals(List.of("owner"))) {
            return TunnelAccess.owner();
        }
        if (who.contains("public") || who.contains("owner")) {
            throw new IllegalArgumentException(
                    "access: public and owner stand alone (expected: one of them, or WebIDs)");
        }
        return TunnelAccess.only(who.stream().map(WebId::of).toList());
    }

    /** The complaint does not repeat what may be a secret. */
    private static void addField(String field, TunnelClientBuilder builder) {
        int colon = field.indexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("header: without a colon (expected: 'Name: value')");
        }
        builder.requestField(field.substring(0, colon), field.substring(colon + 1));
    }
}
