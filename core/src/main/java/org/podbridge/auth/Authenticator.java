package org.podbridge.auth;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.Principal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    private static final Pattern SIGNED_TOKEN = Pattern.compile("ey[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*\\.[A-Za-z0-9_-]*");
    /** A scheme, a host name of the longest kind and a port. */
    private static final int MAX_ORIGIN_CHARACTERS = 300;

    private static final Duration RETRY_AFTER = Duration.ofSeconds(5);

    private final AuthProvider provider;
    private final Tickets tickets;
    private final List<URI> publicUris;
    private final Duration timeLimit;
    private final Scheduler scheduler;

    /**
     * Makes one.
     *
     * @param provider the host's provider
     * @param tickets the tickets
     * @param publicUris the URIs under which the server is known, at least one
     * @param timeLimit how long the provider may take
     * @param scheduler time
     */
    public Authenticator(
            AuthProvider provider, Tickets tickets, List<URI> publicUris, Duration timeLimit, Scheduler scheduler) {
        this.provider = provider;
        this.tickets = tickets;
        this.publicUris = List.copyOf(publicUris);
        this.timeLimit = timeLimit;
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
        Optional<AuthError> malformed = malformedOrigin(head);
        if (malformed.isPresent()) {
            return refuse(malformed.get());
        }
        List<Credential> credentials;
        try {
            credentials = credentials(head, purpose != AuthRequest.Purpose.VISIT);
        } catch (MalformedCredentialException e) {
            return refuse(new AuthError(400, "invalid_request", String.valueOf(e.getMessage()), List.of()));
        }
        Request request = new Request(head, endpoint, purpose, uri(head), credentials);
        for (Credential credential : credentials) {
            if (credential.carrier() == Credential.Carrier.QUERY) {
                if (Tickets.isTicket(credential.value())) {
                    AuthResult result = redeem(credential.value(), endpoint, request.origin());
                    return CompletableFuture.completedStage(
                            purpose == AuthRequest.Purpose.UPGRADE
                                    ? check(result, request.origin(), purpose)
                                    : refusedTicket()); // a ticket buys no ticket
                }
                if (SIGNED_TOKEN.matcher(credential.value()).matches()) {
                    return refuse(new AuthError(
                            400,
                            "invalid_request",
                            "Access tokens are not accepted in the URL; ask POST " + head.path() + " for a ticket",
                            List.of()));
                }
            }
        }
        return ask(request).thenApply(result -> check(result, request.origin(), purpose));
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
                : new AuthResult.Rejected(
                        new AuthError(400, "invalid_request", "Only a ticket renews a connection", List.of()));
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
        return malformed
                ? Optional.of(new AuthError(400, "invalid_request", "Malformed Origin", List.of()))
                : Optional.empty();
    }

    /**
     * Tells whether a request carries credentials, of whatever kind and value. Then it isn't anonymous.
     *
     * @param head the request
     * @return whether it does
     */
    public static boolean hasCredentials(RequestHead head) {
        try {
            return !credentials(head, true).isEmpty();
        } catch (MalformedCredentialException e) {
            return true;
        }
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
            return provider.challenges(new Request(head, endpoint, purpose, uri(head), List.of())).stream()
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
        Scheduler.Task limit = scheduler.schedule(timeLimit, () -> {
            if (answer.complete(unavailable())) {
                logger.warn("The auth provider took longer than {}", timeLimit);
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
                .filter(own ->
                        publicUris.stream().anyMatch(uri -> Origin.of(uri).equals(Optional.of(own))))
                .isPresent();
    }

    private static Optional<Origin> parseOrigin(String value) {
        try {
            return Origin.of(URI.create(value));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Chooses among the configured URIs by the name that the visitor used, and never takes that name over. */
    private URI uri(RequestHead head) {
        String authority = head.authority().orElse("");
        URI base = publicUris.stream()
                .filter(uri -> authority.equalsIgnoreCase(uri.getRawAuthority()))
                .findFirst()
                .orElse(publicUris.get(0));
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

    private static List<Credential> credentials(RequestHead head, boolean queryToo)
            throws MalformedCredentialException {
        List<Credential> found = new ArrayList<>(1);
        List<String> values = head.fields().all("authorization");
        if (values.size() > 1) {
            throw new MalformedCredentialException("More than one Authorization header");
        }
        if (!values.isEmpty()) {
            String value = values.get(0).trim();
            int space = value.indexOf(' ');
            if (space < 0) { // none, since the value is trimmed
                throw new MalformedCredentialException("Malformed Authorization header");
            }
            found.add(new Credential(
                    Credential.Carrier.AUTHORIZATION,
                    value.substring(0, space),
                    value.substring(space + 1).trim(),
                    head.fields().first("dpop")));
        }
        // A visitor's query belongs to the service behind the tunnel.
        for (String token : queryToo ? queryTokens(head) : List.<String>of()) {
            if (!found.isEmpty()) {
                throw new MalformedCredentialException("More than one credential");
            }
            found.add(new Credential(Credential.Carrier.QUERY, "Bearer", token, Optional.empty()));
        }
        return List.copyOf(found);
    }

    private static List<String> queryTokens(RequestHead head) throws MalformedCredentialException {
        List<String> tokens = new ArrayList<>(1);
        for (String parameter : head.query().orElse("").split("&", -1)) {
            if (parameter.startsWith("token=")) {
                try {
                    String token = URLDecoder.decode(parameter.substring("token=".length()), StandardCharsets.UTF_8);
                    if (!token.isEmpty()) {
                        tokens.add(token);
                    }
                } catch (IllegalArgumentException e) {
                    throw new MalformedCredentialException("Malformed token parameter");
                }
            }
        }
        return tokens;
    }

    private static final class MalformedCredentialException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedCredentialException(String message) {
            super(message, null, false, false);
        }
    }

    private record Request(RequestHead head, Endpoint endpoint, Purpose purpose, URI uri, List<Credential> credentials)
            implements AuthRequest {

        @Override
        public String method() {
            return head.method();
        }

        @Override
        public HeaderFields fields() {
            return head.fields();
        }

        @Override
        public Optional<String> origin() {
            return head.fields().first("origin");
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
