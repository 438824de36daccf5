package org.podbridge.turn;

import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.json.JsonWriter;
import org.podbridge.limits.RateLimiter;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.Admission;
import org.podbridge.policy.Cors;

/** Gives TURN credentials over HTTP to agents that may have them. Thread-safe. */
public final class TurnResource implements ExchangeHandler {

    private final Admission admission;
    private final RateLimiter rates;
    private final TurnSettings settings;
    private final TurnCredentials credentials;

    /**
     * Makes one.
     *
     * @param admission decides who gets credentials
     * @param rates how often somebody gets them
     * @param settings the servers and the lifetime
     * @param credentials makes them
     */
    public TurnResource(Admission admission, RateLimiter rates, TurnSettings settings, TurnCredentials credentials) {
        this.admission = admission;
        this.rates = rates;
        this.settings = settings;
        this.credentials = credentials;
    }

    @Override
    public void handle(Exchange exchange) {
        RequestHead head = exchange.request();
        switch (head.method()) {
            // A browser names the origin of a page in a POST even to the page's own server, which some identities need.
            case "GET", "HEAD", "POST" -> give(exchange);
            case "OPTIONS" -> new ShortResponse(204, Cors.preflight(head), "").sendTo(exchange);
            default ->
                new ShortResponse(
                                405,
                                Cors.fields(head)
                                        .add("allow", "GET, HEAD, OPTIONS, POST")
                                        .build(),
                                "")
                        .sendTo(exchange);
        }
    }

    private void give(Exchange exchange) {
        admission.answer(
                exchange, Endpoint.TURN, AuthRequest.Purpose.TURN, identity -> giveTo(identity, exchange.request()));
    }

    private ShortResponse giveTo(Optional<Identity> identity, RequestHead head) {
        InetAddress address = head.remoteAddress().getAddress();
        Optional<RateLimits.Exceeded> exceeded = rates.caller(
                        identity.map(Identity::webId).orElse(null), address)
                .take(RateLimits.Counted.TURN_CREDENTIALS, 1);
        return exceeded.map(Admission::tooOften).orElseGet(this::response);
    }

    private ShortResponse response() {
        TurnCredentials.Credential credential = credentials.create();
        JsonWriter json = JsonWriter.object(512)
                .string("username", credential.username())
                .string("password", credential.password())
                .number("ttl", settings.lifetime().toSeconds())
                .strings("uris", settings.uris())
                .startArray("iceServers")
                .startElement()
                .strings("urls", settings.uris())
                .string("username", credential.username())
                .string("credential", credential.password())
                .endObject()
                .endArray();
        HeaderFields fields = HeaderFields.of("content-type", "application/json", "cache-control", "no-store");
        return new ShortResponse(
                200, fields, StandardCharsets.UTF_8.decode(json.finish()).toString());
    }
}
