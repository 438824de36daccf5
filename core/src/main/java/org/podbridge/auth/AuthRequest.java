package org.podbridge.auth;

import java.net.InetSocketAddress;
import java.net.URI;
import java.security.Principal;
import java.util.List;
import java.util.Optional;
import org.podbridge.exchange.HeaderFields;

/** What a provider may know of the request that it judges. Immutable. */
public interface AuthRequest {

    /** Why somebody is authenticated. */
    enum Purpose {
        /** To open a WebSocket. */
        UPGRADE,
        /** To get a ticket. */
        TICKET,
        /** To visit a tunnel. */
        VISIT,
        /** To get TURN credentials. */
        TURN
    }

    /**
     * Returns what is to be used.
     *
     * @return the endpoint
     */
    Endpoint endpoint();

    /**
     * Returns why somebody is authenticated.
     *
     * @return the purpose
     */
    Purpose purpose();

    /**
     * Returns the method.
     *
     * @return the method, {@code GET} or {@code CONNECT} for an upgrade
     */
    String method();

    /**
     * Returns the URI as the client saw it: the configured public URI with the request's path, never one made of the
     * Host field. Without the query, which may hold a secret.
     *
     * @return the URI, with the scheme http or https
     */
    URI uri();

    /**
     * Returns the host and port that the client named. Whoever asks for an endpoint of the pod has named one of the
     * configured ones, or it wouldn't have come so far; a visitor of a tunnel may have named anything.
     *
     * @return the Host field or {@code :authority}, or empty if there is none
     */
    default Optional<String> authority() {
        return Optional.empty();
    }

    /**
     * Returns the header fields, without credentials that came among the subprotocols.
     *
     * @return the fields
     */
    HeaderFields fields();

    /**
     * Returns the credentials that came along, found by the library where they may be.
     *
     * @return none or one
     */
    List<Credential> credentials();

    /**
     * Returns the Origin field.
     *
     * @return the field's value, or empty
     */
    Optional<String> origin();

    /**
     * Returns the address at the other end of the socket.
     *
     * @return the address
     */
    InetSocketAddress remoteAddress();

    /**
     * Returns whom the embedding server has found the visitor to be.
     *
     * @return the server's principal, or empty
     */
    Optional<Principal> hostPrincipal();

    /**
     * Returns the container's own request object, in which credentials are where they came.
     *
     * @param type the class wanted
     * @param <T> the class wanted
     * @return the object, if the container has one of that class
     */
    <T> Optional<T> unwrap(Class<T> type);
}
