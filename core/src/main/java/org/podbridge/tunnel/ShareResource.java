package org.podbridge.tunnel;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.identity.Origin;
import org.podbridge.identity.TunnelName;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.Admission;
import org.podbridge.policy.Cors;

/**
 * Where links to tunnels that aren't public are made, used and taken back. Thread-safe.
 *
 * <ul>
 *   <li>{@code POST} of JSON, with credentials: the owner makes a link for others, an agent that may visit one for
 *       itself.
 *   <li>{@code DELETE ?tunnel=name}, with credentials: the owner ends all links of a tunnel.
 *   <li>{@code GET}: the page behind a link.
 *   <li>{@code POST} of a form: the page's button; sends the visitor to the tunnel with a cookie.
 * </ul>
 */
final class ShareResource {

    private static final int MAX_BODY_BYTES = 4 * 1024;
    private static final int MAX_USES = 1_000_000;
    private static final Duration DEFAULT_LIFETIME = Duration.ofHours(1);

    /** How long an agent may take to follow the link that it got for itself. */
    private static final Duration PERSONAL_REDEEMABLE = Duration.ofMinutes(5);

    private static final String METHODS = "DELETE, GET, HEAD, OPTIONS, POST";

    private final TunnelEndpoint endpoint;
    private final ShareLinks links;
    private final String path;

    /**
     * Who asks.
     *
     * @param identity who it is
     * @param since how often identities had been revoked before that was asked
     */
    private record Caller(Identity identity, long since) {}

    ShareResource(TunnelEndpoint endpoint, ShareLinks links, String path) {
        this.endpoint = endpoint;
        this.links = links;
        this.path = path;
    }

    String path() {
        return path;
    }

    /** Returns what answers at the pod's own host. */
    ExchangeHandler atPod() {
        return exchange -> guarded(exchange, () -> handle(exchange));
    }

    /** Returns what answers at the host of a tunnel, where links to it are used. */
    ExchangeHandler atHost(TunnelName name) {
        return exchange -> guarded(exchange, () -> {
            switch (exchange.request().method()) {
                case "GET", "HEAD" -> SharePage.opening().sendTo(exchange);
                case "POST" -> redeem(exchange, Optional.of(name));
                default -> refuse(exchange, 405, "Only GET, HEAD and POST here");
            }
        });
    }

    /** The boundary at which a fault of ours, or of the container, ends this exchange and nothing else. */
    private static void guarded(Exchange exchange, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            exchange.abort(e);
        }
    }

    private void handle(Exchange exchange) {
        RequestHead head = exchange.request();
        switch (head.method()) {
            case "GET", "HEAD" -> SharePage.opening().sendTo(exchange);
            case "OPTIONS" -> new ShortResponse(204, preflight(head), "").sendTo(exchange);
            case "DELETE" -> authenticated(exchange, caller -> takeBack(exchange, caller.identity()));
            case "POST" -> {
                String type = head.fields().first("content-type").orElse("").toLowerCase(Locale.ROOT);
                if (type.startsWith(Form.TYPE)) {
                    redeem(exchange, Optional.empty());
                } else if (type.startsWith("application/json")) { // which no other site's page sends without asking
                    authenticated(exchange, caller -> read(exchange, body -> visible(head, make(caller, body))));
                } else {
                    refuse(exchange, 415, "Expected application/json, or a form");
                }
            }
            default -> refuse(exchange, 405, "Only " + METHODS + " here");
        }
    }

    private static HeaderFields preflight(RequestHead head) {
        HeaderFields.Builder fields = HeaderFields.builder();
        Cors.preflight(head).forEach((name, value) -> {
            boolean methods = name.equals("access-control-allow-methods");
            fields.add(name, methods ? "DELETE, POST" : value);
        });
        return fields.build();
    }

    private void authenticated(Exchange exchange, Consumer<Caller> next) {
        RequestHead head = exchange.request();
        Optional<RateLimits.Exceeded> exceeded = endpoint.rates()
                .take(
                        RateLimits.Counted.VISITS,
                        RateLimits.Scope.ADDRESS,
                        head.remoteAddress().getAddress());
        if (exceeded.isPresent()) {
            send(exchange, Admission.tooOften(exceeded.get()));
            return;
        }
        long since = endpoint.visits().revocations();
        // As a visitor: who may use the tunnels of others needn't be allowed to have one.
        endpoint.admission()
                .admit(head, Endpoint.VISIT, AuthRequest.Purpose.TICKET)
                .thenAccept(admitted -> guarded(exchange, () -> {
                    if (admitted instanceof Admission.Admitted.Out out) {
                        send(exchange, out.response());
                        return;
                    }
                    Identity identity =
                            ((Admission.Admitted.In) admitted).identity().orElseThrow();
                    Optional<RateLimits.Exceeded> tooOften = endpoint.rates()
                            .take(RateLimits.Counted.SHARE_LINKS, RateLimits.Scope.IDENTITY, identity.webId());
                    if (tooOften.isPresent()) {
                        send(exchange, Admission.tooOften(tooOften.get()));
                    } else {
                        next.accept(new Caller(identity, since));
                    }
                }));
    }

    private void read(Exchange exchange, Function<byte[], ShortResponse> answer) {
        VisitorContent.read(endpoint, exchange, MAX_BODY_BYTES, answer);
    }

    private ShortResponse make(Caller caller, byte[] body) {
        Identity identity = caller.identity();
        Optional<TunnelName> name;
        long seconds;
        int uses;
        boolean personal;
        try {
            JsonMembers message = JsonMembers.read(body, body.length);
            name = Optional.ofNullable(message.string("tunnel")).flatMap(TunnelName::parse);
            seconds = message.has("expiresIn") ? message.integer("expiresIn", 0) : DEFAULT_LIFETIME.toSeconds();
            uses = message.has("uses") ? message.integer("uses", -1) : 0;
            personal = message.isTrue("personal");
        } catch (MalformedJsonException e) {
            return problem(400, "Invalid JSON");
        }
        Duration longest = endpoint.limits().visits().maxShareLifetime();
        if (seconds <= 0 || seconds > longest.toSeconds()) {
            return problem(400, "expiresIn: expected 1 to " + longest.toSeconds() + " (seconds)");
        }
        if (uses < 0 || uses > MAX_USES) {
            return problem(400, "uses: expected 1 to " + MAX_USES + ", or none for any number");
        }
        if (!endpoint.isSecure()) {
            return problem(403, "Links need a server that is reached over https, except on this machine");
        }
        Optional<Tunnel> tunnel = name.flatMap(endpoint.registry()::find)
                .filter(found -> personal
                        ? found.admits(identity.webId())
                        : found.owner().equals(identity.webId()));
        if (tunnel.isEmpty()) {
            // Whether there is such a tunnel is nobody's business but its owner's.
            return problem(403, personal ? "No tunnel of this name admits you" : "No tunnel of yours has this name");
        }
        if (tunnel.get().isPublic()) {
            String url = endpoint.publicUrlOf(tunnel.get().name());
            return problem(409, "The tunnel is public: " + url + " is enough");
        }
        return make(caller, tunnel.get(), personal ? Optional.of(identity) : Optional.empty(), seconds, uses);
    }

    private ShortResponse make(Caller caller, Tunnel tunnel, Optional<Identity> visitor, long seconds, int uses) {
        Duration lifetime = visitor.flatMap(Identity::expiresAt)
                .map(end -> Duration.between(endpoint.scheduler().now(), end))
                .filter(left -> left.toSeconds() < seconds)
                .orElse(Duration.ofSeconds(seconds));
        Duration redeemable =
                visitor.isPresent() && lifetime.compareTo(PERSONAL_REDEEMABLE) > 0 ? PERSONAL_REDEEMABLE : lifetime;
        boolean atHost = endpoint.hasHost(tunnel.name());
        int allowed = visitor.isPresent() ? 1 : uses;
        Optional<String> code = links.make(
                tunnel, new ShareLinks.Offer(caller.identity(), visitor, atHost, allowed, redeemable, lifetime));
        if (code.isEmpty()) {
            return problem(503, "Too many links; take some back");
        }
        if (endpoint.visits().revocations() != caller.since()) { // perhaps of who has just made a link
            links.end(code.get());
            return problem(503, "Try again");
        }
        JsonWriter json = JsonWriter.object(256)
                .string("tunnel", tunnel.name().value())
                .string("url", endpoint.rootUrlOf(tunnel.name()) + path + "#" + code.get())
                .number("expiresIn", lifetime.toSeconds());
        if (allowed > 0) {
            json.number("uses", allowed);
        }
        return json(200, json);
    }

    private void takeBack(Exchange exchange, Identity identity) {
        Optional<Tunnel> tunnel = Form.value(exchange.request().query().orElse(""), "tunnel")
                .flatMap(TunnelName::parse)
                .flatMap(endpoint.registry()::find)
                .filter(found -> found.owner().equals(identity.webId()));
        if (tunnel.isEmpty()) {
            refuse(exchange, 403, "No tunnel of yours has this name");
            return;
        }
        int revoked = links.takeBack(tunnel.get().name());
        endpoint.visits().recheck(tunnel.get().name());
        send(exchange, json(200, JsonWriter.object(64).number("revoked", revoked)));
    }

    private void redeem(Exchange exchange, Optional<TunnelName> host) {
        RequestHead head = exchange.request();
        Set<Origin> own = endpoint.ownOrigins(head);
        Optional<RateLimits.Exceeded> exceeded = endpoint.rates()
                .take(
                        RateLimits.Counted.VISITS,
                        RateLimits.Scope.ADDRESS,
                        head.remoteAddress().getAddress());
        if (exceeded.isPresent()) {
            Admission.tooOften(exceeded.get()).sendTo(exchange);
        } else if (!AmbientRule.allows(head, own, true)) {
            refuse(exchange, 403, "Only the page behind a link may use it");
        } else {
            read(exchange, form -> redeem(new String(form, StandardCharsets.UTF_8), host));
        }
    }

    private ShortResponse redeem(String form, Optional<TunnelName> host) {
        Optional<ShareLinks.Redeemed> redeemed = Form.value(form, "code").flatMap(code -> links.redeem(code, host));
        if (redeemed.isEmpty()) {
            return SharePage.over();
        }
        String tunnelPath =
                host.isPresent() ? "/" : endpoint.pathOf(redeemed.get().link().tunnel()) + "/";
        String cookie = RelayCookie.SHARE.toField(
                redeemed.get().cookie(),
                endpoint.isHttps(),
                tunnelPath,
                redeemed.get().left());
        return RelayRedirect.onward(tunnelPath, cookie);
    }

    private static void refuse(Exchange exchange, int status, String detail) {
        send(exchange, problem(status, detail));
    }

    private static ShortResponse problem(int status, String detail) {
        HeaderFields.Builder fields = HeaderFields.builder().add("content-type", "application/problem+json");
        if (status == 405) {
            fields.add("allow", METHODS);
        }
        if (status == 503) {
            fields.add("retry-after", "30");
        }
        JsonWriter json = JsonWriter.object(128).number("status", status).string("detail", detail);
        return new ShortResponse(status, fields.build(), text(json));
    }

    private static ShortResponse json(int status, JsonWriter json) {
        return new ShortResponse(status, HeaderFields.of("content-type", "application/json"), text(json));
    }

    private static String text(JsonWriter json) {
        return StandardCharsets.UTF_8.decode(json.finish()).toString();
    }

    private static void send(Exchange exchange, ShortResponse response) {
        visible(exchange.request(), response).sendTo(exchange);
    }

    /** Returns what pages of other sites can read, too, and nobody keeps. */
    private static ShortResponse visible(RequestHead head, ShortResponse response) {
        HeaderFields.Builder fields = Cors.fields(head).addAll(response.fields());
        if (!response.fields().contains("cache-control")) {
            fields.add("cache-control", "no-store");
        }
        fields.add("referrer-policy", "no-referrer");
        return new ShortResponse(response.status(), fields.build(), response.content());
    }
}
