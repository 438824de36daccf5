package org.podbridge.tunnel.client.command;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is said about one tunnel, on the command line or in a file. What nothing was said about is null or empty.
 *
 * @param name the tunnel's name
 * @param target the service that answers
 * @param access who may visit: {@code public}, {@code owner}, or WebIDs
 * @param share whether other clients of the same agent may serve the name too
 * @param legs how many connections serve it
 * @param passthrough whether credentials cross
 * @param fields set on every request, as {@code Name: value}
 * @param host what the service gets as {@code Host}, {@link #VISITOR} for what the visitor has asked for
 * @param insecureLocal whether the service's certificate doesn't matter
 */
record TunnelPlan(
        @Nullable String name,
        @Nullable URI target,
        List<String> access,
        @Nullable Boolean share,
        @Nullable Integer legs,
        @Nullable Boolean passthrough,
        List<String> fields,
        @Nullable String host,
        @Nullable Boolean insecureLocal) {

    /** The word for the host that the visitor has asked for. */
    static final String VISITOR = "visitor";

    TunnelPlan {
        access = List.copyOf(access);
        fields = List.copyOf(fields);
    }

    /** Returns this plan with all that another one says in place of what this one does. */
    TunnelPlan overriddenBy(TunnelPlan other) {
        return new TunnelPlan(
                first(other.name, name),
                first(other.target, target),
                other.access.isEmpty() ? access : other.access,
                first(other.share, share),
                first(other.legs, legs),
                first(other.passthrough, passthrough),
                other.fields.isEmpty() ? fields : other.fields,
                first(other.host, host),
                first(other.insecureLocal, insecureLocal));
    }

    private static <T> @Nullable T first(@Nullable T one, @Nullable T other) {
        return one != null ? one : other;
    }
}
