package org.podbridge.exchange;

import static java.util.Objects.requireNonNull;

import java.net.InetSocketAddress;
import java.security.Principal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP request asks, before its body. Immutable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-6.2">RFC 9110 section 6.2</a>
 */
public final class RequestHead {

    private final String method;
    private final String target;
    private final String scheme;
    private final @Nullable String authority;
    private final HeaderFields fields;
    private final InetSocketAddress remoteAddress;
    private final @Nullable Principal principal;
    private final @Nullable Object containerRequest;

    private RequestHead(Builder builder) {
        this.method = builder.method;
        this.target = builder.target;
        this.scheme = builder.scheme;
        this.authority = builder.authority;
        this.fields = builder.fields;
        this.remoteAddress = builder.remoteAddress;
        this.principal = builder.principal;
        this.containerRequest = builder.containerRequest;
    }

    /**
     * Returns a builder.
     *
     * @param method the method, as it came
     * @param target the request target, as {@link #target()} says
     * @return the builder
     */
    public static Builder builder(String method, String target) {
        return new Builder(method, target);
    }

    /**
     * Returns the method. An extended CONNECT of RFC 8441 is {@code CONNECT}.
     *
     * @return the method
     */
    public String method() {
        return method;
    }

    /**
     * Returns the path and query in the form in which they came, nothing decoded, resolved or cut: the origin-form of
     * RFC 9112 section 3.2.1, also where the request came in absolute-form.
     *
     * @return the raw target, such as {@code /a/b%20c?d}
     */
    public String target() {
        return target;
    }

    /**
     * Returns the target up to its query.
     *
     * @return the raw path
     */
    public String path() {
        int query = target.indexOf('?');
        return query < 0 ? target : target.substring(0, query);
    }

    /**
     * Returns what follows the first {@code ?} of the target.
     *
     * @return the raw query, or empty if there is no question mark
     */
    public Optional<String> query() {
        int query = target.indexOf('?');
        return query < 0 ? Optional.empty() : Optional.of(target.substring(query + 1));
    }

    /**
     * Returns the scheme with which the request reached the container.
     *
     * @return {@code http} or {@code https}
     */
    public String scheme() {
        return scheme;
    }

    /**
     * Returns the host and port that the visitor named: the Host field, or {@code :authority}.
     *
     * @return the authority, unchecked, or empty if none was named
     */
    public Optional<String> authority() {
        return Optional.ofNullable(authority);
    }

    /**
     * Returns the header fields.
     *
     * @return the fields
     */
    public HeaderFields fields() {
        return fields;
    }

    /**
     * Returns the address at the other end of the socket.
     *
     * @return the address
     */
    public InetSocketAddress remoteAddress() {
        return remoteAddress;
    }

    /**
     * Returns the same head as if it had come from another address.
     *
     * @param address the address
     * @return a copy
     */
    public RequestHead withRemoteAddress(InetSocketAddress address) {
        return copy().remoteAddress(address).build();
    }

    /**
     * Returns the same head with other header fields.
     *
     * @param others the fields
     * @return a copy
     */
    public RequestHead withFields(HeaderFields others) {
        return copy().fields(others).build();
    }

    private Builder copy() {
        return new Builder(method, target)
                .scheme(scheme)
                .authority(authority)
                .fields(fields)
                .remoteAddress(remoteAddress)
                .principal(principal)
                .containerRequest(containerRequest);
    }

    /**
     * Returns whom the embedding server has found the visitor to be.
     *
     * @return the server's principal, or empty
     */
    public Optional<Principal> principal() {
        return Optional.ofNullable(principal);
    }

    /**
     * Returns the container's own request object, for an auth provider that knows the container.
     *
     * @param type the class wanted
     * @param <T> the class wanted
     * @return the object, if the container has one of that class
     */
    public <T> Optional<T> unwrap(Class<T> type) {
        return type.isInstance(containerRequest) ? Optional.of(type.cast(containerRequest)) : Optional.empty();
    }

    /**
     * Tells whether this is the opening handshake of a WebSocket, over HTTP/1.1 or, with RFC 8441, HTTP/2.
     *
     * @return whether the request asks for a WebSocket
     */
    public boolean isWebSocketUpgrade() {
        if (!method.equals("GET")) {
            return method.equals("CONNECT");
        }
        for (int i = 0; i < fields.size(); i++) {
            if (fields.name(i).equalsIgnoreCase("upgrade") && fields.value(i).equalsIgnoreCase("websocket")) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns method and path; a query may hold a secret.
     *
     * @return text for logs
     */
    @Override
    public String toString() {
        return method + " " + path();
    }

    /** Collects the parts of a head. Not thread-safe. */
    public static final class Builder {

        private final String method;
        private final String target;
        private String scheme = "http";
        private @Nullable String authority;
        private HeaderFields fields = HeaderFields.empty();
        private InetSocketAddress remoteAddress = InetSocketAddress.createUnresolved("unknown", 0);
        private @Nullable Principal principal;
        private @Nullable Object containerRequest;

        private Builder(String method, String target) {
            this.method = requireNonNull(method, "method");
            this.target = requireNonNull(target, "target");
        }

        /**
         * Sets the scheme; {@code http} unless set.
         *
         * @param scheme {@code http} or {@code https}
         * @return this builder
         */
        public Builder scheme(String scheme) {
            this.scheme = requireNonNull(scheme, "scheme");
            return this;
        }

        /**
         * Sets the authority; none unless set.
         *
         * @param authority host and port as named by the visitor
         * @return this builder
         */
        public Builder authority(@Nullable String authority) {
            this.authority = authority;
            return this;
        }

        /**
         * Sets the header fields; none unless set.
         *
         * @param fields the fields
         * @return this builder
         */
        public Builder fields(HeaderFields fields) {
            this.fields = requireNonNull(fields, "fields");
            return this;
        }

        /**
         * Sets the address at the other end of the socket.
         *
         * @param remoteAddress the address
         * @return this builder
         */
        public Builder remoteAddress(InetSocketAddress remoteAddress) {
            this.remoteAddress = requireNonNull(remoteAddress, "remoteAddress");
            return this;
        }

        /**
         * Sets whom the embedding server has found the visitor to be; nobody unless set.
         *
         * @param principal the principal
         * @return this builder
         */
        public Builder principal(@Nullable Principal principal) {
            this.principal = principal;
            return this;
        }

        /**
         * Sets the container's own request object; none unless set.
         *
         * @param containerRequest the object
         * @return this builder
         */
        public Builder containerRequest(@Nullable Object containerRequest) {
            this.containerRequest = containerRequest;
            return this;
        }

        /**
         * Returns the head.
         *
         * @return the head
         */
        public RequestHead build() {
            return new RequestHead(this);
        }
    }
}
