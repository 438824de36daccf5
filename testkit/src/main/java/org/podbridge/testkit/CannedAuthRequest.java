package org.podbridge.testkit;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Credential;
import org.podbridge.auth.Endpoint;
import org.podbridge.exchange.HeaderFields;

/**
 * A request as an auth provider sees it, made up by a test: a handshake at the signaling endpoint, by default without
 * anything that tells who sends it. Immutable.
 */
public final class CannedAuthRequest implements AuthRequest {

    private static final InetSocketAddress SOMEWHERE = new InetSocketAddress(InetAddress.getLoopbackAddress(), 50_000);

    private final URI uri;
    private final String method;
    private final HeaderFields fields;
    private final List<Credential> credentials;
    private final @Nullable Principal principal;

    private CannedAuthRequest(
            URI uri, String method, HeaderFields fields, List<Credential> credentials, @Nullable Principal principal) {
        this.uri = requireNonNull(uri, "uri");
        this.method = requireNonNull(method, "method");
        this.fields = requireNonNull(fields, "fields");
        this.credentials = List.copyOf(credentials);
        this.principal = principal;
    }

    /**
     * Returns a request that carries nothing.
     *
     * @param uri the URI that it asks for, with the scheme http or https
     * @return the request, with the method GET
     */
    public static CannedAuthRequest to(URI uri) {
        return new CannedAuthRequest(uri, "GET", HeaderFields.empty(), List.of(), null);
    }

    /**
     * Returns the same request with another method.
     *
     * @param other the method
     * @return the request
     */
    public CannedAuthRequest method(String other) {
        return new CannedAuthRequest(uri, other, fields, credentials, principal);
    }

    /**
     * Returns the same request with header fields.
     *
     * @param others names and values in turn
     * @return the request
     */
    public CannedAuthRequest fields(String... others) {
        return new CannedAuthRequest(uri, method, HeaderFields.of(others), credentials, principal);
    }

    /**
     * Returns the same request with a credential.
     *
     * @param credential the credential
     * @return the request
     */
    public CannedAuthRequest credential(Credential credential) {
        return new CannedAuthRequest(uri, method, fields, List.of(credential), principal);
    }

    /**
     * Returns the same request from somebody whom the embedding server knows.
     *
     * @param known the server's principal
     * @return the request
     */
    public CannedAuthRequest hostPrincipal(Principal known) {
        return new CannedAuthRequest(uri, method, fields, credentials, known);
    }

    @Override
    public Endpoint endpoint() {
        return Endpoint.SIGNALING;
    }

    @Override
    public Purpose purpose() {
        return method.equals("POST") ? Purpose.TICKET : Purpose.UPGRADE;
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public URI uri() {
        return uri;
    }

    @Override
    public Optional<String> authority() {
        return Optional.of(uri.getRawAuthority());
    }

    @Override
    public HeaderFields fields() {
        return fields;
    }

    @Override
    public List<Credential> credentials() {
        return credentials;
    }

    @Override
    public Optional<String> origin() {
        return fields.first("origin");
    }

    @Override
    public InetSocketAddress remoteAddress() {
        return SOMEWHERE;
    }

    @Override
    public Optional<Principal> hostPrincipal() {
        return Optional.ofNullable(principal);
    }

    @Override
    public <T> Optional<T> unwrap(Class<T> type) {
        return Optional.empty();
    }
}
