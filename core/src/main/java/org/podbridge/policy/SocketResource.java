package org.podbridge.policy;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.auth.Tickets;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.json.JsonWriter;

/**
 * What plain HTTP finds on the path of a WebSocket: a ticket for who POSTs with credentials, and a description of the
 * endpoint for the others. Thread-safe.
 */
public final class SocketResource implements ExchangeHandler {

    private final Endpoint endpoint;
    private final Admission admission;
    private final Tickets tickets;
    private final URI publicUri;
    private final long ticketSeconds;
    private final ByteBuffer description;

    /**
     * Makes one.
     *
     * @param endpoint the endpoint on whose path it stands
     * @param admission decides who gets a ticket
     * @param tickets makes them
     * @param publicUri the endpoint's URI as clients see it, with the scheme http or https
     * @param ticketSeconds how long a ticket can be used
     * @param description a JSON object for who asks without an upgrade
     */
    public SocketResource(
            Endpoint endpoint,
            Admission admission,
            Tickets tickets,
            URI publicUri,
            long ticketSeconds,
            ByteBuffer description) {
        this.endpoint = endpoint;
        this.admission = admission;
        this.tickets = tickets;
        this.publicUri = publicUri;
        this.ticketSeconds = ticketSeconds;
        this.description = description;
    }

    @Override
    public void handle(Exchange exchange) {
        RequestHead head = exchange.request();
        switch (head.method()) {
            case "POST" -> mint(exchange);
            case "OPTIONS" -> new ShortResponse(204, Cors.preflight(head), "").sendTo(exchange);
            case "GET", "HEAD" ->
                describe(426, Cors.fields(head).add("upgrade", "websocket").add("connection", "upgrade"))
                        .sendTo(exchange);
            default ->
                describe(405, Cors.fields(head).add("allow", "GET, HEAD, OPTIONS, POST"))
                        .sendTo(exchange);
        }
    }

    private void mint(Exchange exchange) {
        admission.answer(
                exchange, endpoint, AuthRequest.Purpose.TICKET, identity -> mintFor(identity, exchange.request()));
    }

    private ShortResponse mintFor(Optional<Identity> identity, RequestHead head) {
        Optional<String> ticket = identity.flatMap(
                who -> tickets.mint(who, endpoint, head.fields().first("origin")));
        return ticket.map(this::ticketResponse)
                .orElseGet(
                        () -> Refusal.overloaded("Too many tickets are unused").toResponse());
    }

    private ShortResponse ticketResponse(String ticket) {
        String socketUri = publicUri.toString().replaceFirst("^http", "ws") + "?token=" + ticket;
        ByteBuffer content = JsonWriter.object(256)
                .string("ticket", ticket)
                .number("expiresIn", ticketSeconds)
                .string("url", socketUri)
                .finish();
        HeaderFields fields = HeaderFields.of(
                "content-type", "application/json", "cache-control", "no-store", "referrer-policy", "no-referrer");
        return new ShortResponse(200, fields, text(content));
    }

    private ShortResponse describe(int status, HeaderFields.Builder fields) {
        fields.add("content-type", "application/json").add("cache-control", "no-cache");
        return new ShortResponse(status, fields.build(), text(description.duplicate()));
    }

    private static String text(ByteBuffer utf8) {
        return StandardCharsets.UTF_8.decode(utf8).toString();
    }
}
