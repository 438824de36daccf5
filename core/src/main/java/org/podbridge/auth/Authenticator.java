package org.podbridge.auth;

import java.net.InetSocketAddress;
import java.net.URI;
import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.Origin;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a request into an identity: finds the credential, redeems a ticket or asks the host's provider, and makes sure
 * that an answer comes in time. Thread-safe.
 */
public final class Authenticator {

    private static final Logger logger = LoggerFactory.getLogger(Authenticator.class);
    /** A scheme, a host name of the longest kind and a port. */
    private static final int MAX_ORIGIN_CHARACTERS = 300;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);
    private static final Pattern HARMLESS_AUTHORITY = Pattern.compile("[A-Za-z0-9.:\\[\\]_-]{1,255}");

    private final AuthProvider provider;
    private final Tickets tickets;
    private final Configuration configuration;
    private final Scheduler scheduler;

    /**
     * How requests are judged.
     *
     * @param publicUris the URIs under which the server is known, at least one
     * @param anyLoopbackHost whether it answers for every loopback name at every port
     * @param queryTokenIssuers whose tokens may be in URLs if they aren't bound to a key
     * @param timeLimit how long the provider may take
     */
    public record Configuration(
            List<URI> publicUris, boolean anyLoopbackHost, Set<String> queryTokenIssuers, Duration timeLimit) {
        /** Copies. */
        public Configuration {
            publicUris = List.copyOf(publicUris);
            queryTokenIssuers = Set.copyOf(queryTokenIssuers);
        }
    }

    /**
     * Makes one.
     *
     * @param provider the host's provider
     * @param tickets the tickets
     * @param configuration how requests are judged
     * @param scheduler time
     */
    public Authenticator(AuthProvider provider, Tickets tickets, Configuration configuration, Scheduler scheduler) {
        this.provider = provider;
        this.tickets = tickets;
        this.configuration = configuration;
        this.scheduler = scheduler;
    }

    /**
     * Finds out who sends a request.
     *
     * @param head the request
     * @param endpoint what is to be used
     * @param purpose why
     * @return the result; completes in bounded time, never exceptionally
     */
    public CompletionStage<AuthResult> authenticate(RequestHead head, Endpoint endpoint, AuthRequest.Purpose purpose) {
        if (endpoint != Endpoint.VISIT && baseFor(head).isEmpty()) { // the hosts of tunnels are the tunnels' affair
            head.authority()
                    .filter(authority -> HARMLESS_AUTHORITY.matcher(authority).matches())
                    .ifPresent(authority -> logger.debug("{} is no host of the public URIs", authority));
            return refuse(new AuthError(421, "", "This server does not answer for that host", List.of()));
        }
        Optional<AuthError> malformed = malformedOrigin(head);
        if (malformed.isPresent()) {
            return refuse(malformed.get());
        }
        List<Credential> credentials;
        try {
            credentials = CarriedCredential.find(head, purpose);
        } catch (CarriedCredential.MalformedCredentialException e) {
            return refuse(invalidRequest(String.valueOf(e.getMessage())));
        }
        Request request = request(head, endpoint, purpose, credentials);
        Optional<AuthError> misplaced =
                credentials.stream().findFirst().flatMap(credential -> misplaced(credential, endpoint, head));
        if (misplaced.isPresent()) {
            return refuse(misplaced.get());
        }
        for (Credential credential : credentials) {
            if (credential.carrier() != Credential.Carrier.AUTHORIZATION && Tickets.isTicket(credential.value())) {
                AuthResult result = redeem(credential.value(), endpoint, request.origin());
                return CompletableFuture.completedStage(
                        purpose == AuthRequest.Purpose.UPGRADE
                                ? check(result, request.origin(), purpose)
                                : refusedTicket()); // a ticket buys no ticket
            }
        }
        return ask(request).thenApply(result -> check(result, request.origin(), purpose));
    }

    /** Looks whether a credential is where one of its kind must not be. */
    private Optional<AuthError> misplaced(Credential credential, Endpoint endpoint, RequestHead head) {
        if (credential.carrier() == Credential.Carrier.SUBPROTOCOL
                && !CarriedCredential.isOffered(head.fields(), endpoint.subprotocol())) {
            return Optional.of(
                    invalidRequest("Offer the subprotocol " + endpoint.subprotocol() + " beside the credential"));
        }
        if (credential.carrier() == Credential.Carrier.AUTHORIZATION) {
            return Optional.empty();
        }
        return UnverifiedToken.of(credential.value())
                .flatMap(token -> misplaced(token, credential.carrier(), head.path()))
                .map(Authenticator::invalidRequest);
    }

    private Optional<String> misplaced(UnverifiedToken token, Credential.Carrier carrier, String path) {
        if (token.isBound()) {
            return Optional.of("This token is bound to a key; ask POST " + path + " for a ticket");
        }
        if (carrier == Credential.Carrier.QUERY && !token.isOf(configuration.queryTokenIssuers())) {
            return Optional.of("Access tokens are not accepted in the URL; ask POST " + path + " for a ticket");
        }
        return carrier == Credential.Carrier.QUERY && !token.isShort()
                ? Optional.of("The access token lives too long for the URL; ask POST " + path + " for a ticket")
                : Optional.empty();
    }

    private static AuthError invalidRequest(String message) {
        return new AuthError(400, "invalid_request", message, List.of());
    }

    /**
     * Finds out whose a ticket is that came in a message on an open WebSocket. Uses it up.
     *
     * @param ticket what came, if it is one
     * @param endpoint on whose WebSocket
     * @param origin the origin of the page that has opened the WebSocket, if it is a page
     * @return an identity or a refusal
     */
    public AuthResult renew(String ticket, Endpoint endpoint, Optional<String> origin) {
        return Tickets.isTicket(ticket)
                ? check(redeem(ticket, endpoint, origin), origin, AuthRequest.Purpose.UPGRADE)
                : new AuthResult.Rejected(invalidRequest("Only a ticket renews a connection"));
    }

    /**
     * Looks whether a request names its origin in a way in which no browser does: more than once, or at a length that
     * no origin has. Whoever sent it, those on the way may read it differently.
     *
     * @param head the request
     * @return why it is refused, or empty if it names its origin once or not at all
     */
    public static Optional<AuthError> malformedOrigin(RequestHead head) {
        List<String> origins = head.fields().all("origin");
        boolean malformed =
                origins.size() > 1 || (origins.size() == 1 && origins.get(0).length() > MAX_ORIGIN_CHARACTERS);
        return malformed ? Optional.of(invalidRequest("Malformed Origin")) : Optional.empty();
    }

    /**
     * Tells whether a request carries credentials, of whatever kind and value. Then it isn't anonymous.
     *
     * @param head the request
     * @return whether it does
     */
    public static boolean hasCredentials(RequestHead head) {
        try {
            return !CarriedCredential.find(head, AuthRequest.Purpose.UPGRADE).isEmpty();
        } catch (CarriedCredential.MalformedCredentialException e) {
            return true;
        }
    }

    /**
     * Returns the subprotocol to name in the answer to an opening handshake.
     *
     * @param head the handshake
     * @param endpoint what is to be used
     * @return the endpoint's own, if it was offered; never a credential
     */
    public static Optional<String> subprotocol(RequestHead head, Endpoint endpoint) {
        return Optional.of(endpoint.subprotocol())
                .filter(own -> !own.isEmpty() && CarriedCredential.isOffered(head.fields(), own));
    }

    /**
     * Returns the fields of a request without the credentials that are among the subprotocols, for who passes them on.
     *
     * @param fields the fields
     * @return the others
     */
    public static HeaderFields withoutCredentialProtocols(HeaderFields fields) {
        return CarriedCredential.withoutSecrets(fields);
    }

    /**
     * Returns what to offer somebody without credentials.
     *
     * @param head the request
     * @param endpoint what is to be used
     * @param purpose why
     * @return the values of WWW-Authenticate
     */
    public List<String> challenges(RequestHead head, Endpoint endpoint, AuthRequest.Purpose purpose) {
        try {
            return provider.challenges(request(head, endpoint, purpose, List.of())).stream()
                    .map(Challenge::fieldValue)
                    .toList();
        } catch (Throwable e) { // as above
            warn("The auth provider failed to name its challenges", e);
            return List.of();
        }
    }

    private AuthResult redeem(String ticket, Endpoint endpoint, Optional<String> origin) {
        return tickets.redeem(ticket, endpoint, origin)
                .<AuthResult>map(AuthResult.Authenticated::new)
                .orElseGet(Authenticator::refusedTicket);
    }

    private static AuthResult refusedTicket() {
        return new AuthResult.Rejected(
                AuthError.invalidToken("The ticket is unknown, expired, used or for something else"));
    }

    private CompletionStage<AuthResult> ask(AuthRequest request) {
        CompletableFuture<AuthResult> answer = new CompletableFuture<>();
        try {
            provider.authenticate(request).whenComplete((result, failure) -> {
                if (failure != null) {
                    warn("The auth provider failed", failure);
                }
                answer.complete(failure != null || result == null ? unavailable() : result);
            });
        } catch (Throwable e) { // the host's code may fail in any way
            warn("The auth provider failed", e);
            answer.complete(unavailable());
        }
        if (answer.isDone()) {
            return answer; // no timer needed
        }
        Scheduler.Task limit = scheduler.schedule(configuration.timeLimit(), () -> {
            if (answer.complete(unavailable())) {
                logger.warn("The auth provider took longer than {}", configuration.timeLimit());
            }
        });
        return answer.whenComplete((result, failure) -> limit.cancel());
    }

    /** Logs what failed where, but not the failure's message, which may quote a token. */
    private static void warn(String what, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        StackTraceElement[] trace = cause.getStackTrace();
        logger.warn("{}: {} at {}", what, cause.getClass().getName(), trace.length > 0 ? trace[0] : "an unknown place");
    }

    private static AuthResult unavailable() {
        return new AuthResult.Unavailable("Authentication is not possible at the moment", RETRY_AFTER);
    }

    private AuthResult check(AuthResult result, Optional<String> origin, AuthRequest.Purpose purpose) {
        if (!(result instanceof AuthResult.Authenticated authenticated)) {
            return result;
        }
        Identity identity = authenticated.identity();
        if (identity.expiresAt().filter(end -> !end.isAfter(scheduler.now())).isPresent()) {
            return new AuthResult.Rejected(AuthError.invalidToken("The access token has expired"));
        }
        // A visitor's navigation names no origin; who asks for it has other ways to tell.
        boolean needsOrigin = identity.isAmbient() && purpose != AuthRequest.Purpose.VISIT;
        if (needsOrigin && !isOwnOrigin(origin)) {
            return new AuthResult.Rejected(new AuthError(403, "", "Origin is not allowed", List.of()));
        }
        return result;
    }

    private boolean isOwnOrigin(Optional<String> origin) {
        return origin.flatMap(Authenticator::parseOrigin)
                .filter(own -> configuration.publicUris().stream()
                        .anyMatch(uri -> Origin.of(uri).equals(Optional.of(own))))
                .isPresent();
    }

    private static Optional<Origin> parseOrigin(String value) {
        try {
            return Origin.of(URI.create(value));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Request request(
            RequestHead head, Endpoint endpoint, AuthRequest.Purpose purpose, List<Credential> credentials) {
        return new Request(
                head, CarriedCredential.withoutSecrets(head.fields()), endpoint, purpose, uri(head), credentials);
    }

    /** Chooses among the configured URIs by the name that the visitor used, and never takes that name over. */
    private Optional<URI> baseFor(RequestHead head) {
        String authority = head.authority().orElse("");
        for (URI uri : configuration.publicUris()) {
            Optional<Origin> named = named(uri.getScheme(), authority);
            if (named.isPresent() && named.equals(Origin.of(uri))) {
                return Optional.of(uri);
            }
        }
        URI first = configuration.publicUris().get(0);
        return configuration.anyLoopbackHost()
                ? named(first.getScheme(), authority)
                        .filter(Origin::isLoopback)
                        .map(origin -> URI.create(origin + first.getRawPath()))
                : Optional.empty();
    }

    private static Optional<Origin> named(String scheme, String authority) {
        return HARMLESS_AUTHORITY.matcher(authority).matches()
                ? parseOrigin(scheme + "://" + authority)
                : Optional.empty();
    }

    private URI uri(RequestHead head) {
        URI base = baseFor(head).orElse(configuration.publicUris().get(0));
        String prefix = base.toString();
        prefix = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
        try {
            return URI.create(prefix + head.path());
        } catch (IllegalArgumentException e) {
            return base;
        }
    }

    private static CompletionStage<AuthResult> refuse(AuthError error) {
        return CompletableFuture.completedStage(new AuthResult.Rejected(error));
    }

    private record Request(
            RequestHead head,
            HeaderFields fields,
            Endpoint endpoint,
            Purpose purpose,
            URI uri,
            List<Credential> credentials)
            implements AuthRequest {

        @Override
        public String method() {
            return head.method();
        }

        /** Returns what may be printed: fields hold credentials. */
        @Override
        public String toString() {
            return head + " " + endpoint + " " + purpose + " " + credentials;
        }

        @Override
        public Optional<String> origin() {
            return head.fields().first("origin");
        }

        @Override
        public Optional<String> authority() {
            return head.authority();
        }

        @Override
        public InetSocketAddress remoteAddress() {
            return head.remoteAddress();
        }

        @Override
        public Optional<Principal> hostPrincipal() {
            return head.principal();
        }

        @Override
        public <T> Optional<T> unwrap(Class<T> type) {
            return head.unwrap(type);
        }
    }
}
