package org.podbridge.tunnel.client;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.jetty.http.HttpStatus;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.client.TunnelRefusedException.Reason;

/**
 * Exchanges access tokens of a login for tickets of a relay: {@code POST} to the control endpoint, with a proof for
 * just that. Each ticket stands for the agent until the access token ends. Thread-safe.
 */
final class TicketSource implements TokenSource {

    /** A relay that has given a ticket before is not believed at once that it won't give another. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final BoundRequests requests;
    private final URI endpoint;
    private final Scheduler scheduler;

    /** Of the relay, since the first ticket: when it first refused one again, as of {@link Scheduler#nanoTime}. */
    private final AtomicReference<@Nullable Long> refusedAt = new AtomicReference<>();

    private volatile boolean gaveTickets;
    private volatile boolean takesSubprotocols;

    /**
     * Creates the source.
     *
     * @param socket the relay's control endpoint as a WebSocket
     */
    TicketSource(SolidLogin login, RemoteHttp provider, RemoteHttp relay, URI socket, Scheduler scheduler) {
        this.requests = new BoundRequests(login, provider, relay, scheduler::now);
        this.endpoint = URI.create(socket.toString().replaceFirst("(?i)^ws", "http"));
        this.scheduler = scheduler;
    }

    @Override
    public CompletionStage<Token> token() {
        return requests.send("POST", endpoint, null).thenApply(answered -> ticket(answered.answer(), answered.token()));
    }

    private Token ticket(RemoteAnswer answer, AccessToken token) {
        if (answer.status() == HttpStatus.UNAUTHORIZED_401) {
            throw refusal("The relay does not accept the login", answer);
        }
        if (answer.status() == HttpStatus.FORBIDDEN_403) {
            throw refusal("The relay does not allow it", answer);
        }
        String ticket = answer.status() == HttpStatus.OK_200 ? answer.string("ticket") : null;
        if (ticket == null) {
            throw new UnavailableException(
                    "the relay gave no ticket (" + answer.status() + because(answer) + ")", answer.retryAfter());
        }
        List<String> subprotocols = answer.strings("subprotocols");
        takesSubprotocols = subprotocols != null && subprotocols.containsAll(subprotocols(ticket));
        gaveTickets = true;
        refusedAt.set(null);
        return new Token(ticket, token.expiresAt());
    }

    /** Tells whether the relay has said that it takes its tickets among the subprotocols, which no log has. */
    boolean relayTakesSubprotocols() {
        return takesSubprotocols;
    }

    /** Returns the subprotocols to offer in place of a ticket in the URL. */
    static List<String> subprotocols(String ticket) {
        return List.of("http-tunnel", "podbridge.ticket." + ticket);
    }

    private static String because(RemoteAnswer answer) {
        return answer.text("detail").map(detail -> ": " + detail).orElse("");
    }

    /** What it takes back may be a whim of its identity provider's, or of its clock. */
    private RuntimeException refusal(String what, RemoteAnswer answer) {
        String message = what + " (" + answer.status() + because(answer) + ")";
        long now = scheduler.nanoTime();
        Long since = refusedAt.updateAndGet(before -> before == null ? Long.valueOf(now) : before);
        return gaveTickets && since != null && now - since < PATIENCE.toNanos()
                ? new UnavailableException(message)
                : new TunnelRefusedException(Reason.TOKEN, message);
    }
}
