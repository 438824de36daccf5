package org.podbridge.tunnel;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.identity.Origin;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.RateLimits;

/**
 * The page of the relay that stands before the first page of a tunnel that somebody opens in a browser: it says whose
 * pages come. The visitor goes on by a button, which sends a form to a path of the relay; for that there is a cookie,
 * and the tunnel's pages follow. Thread-safe.
 *
 * <p>A tunnel's page can't press the button. Where it shares the pod's origin it is in a sandbox, so that whatever it
 * sends comes from another site. At a host of its own there is no such page before the visitor has gone on: a browser
 * gets nothing from there that could become one.
 */
final class Interstitial {

    /** For programs that pretend to be browsers. A page can't make a browser send it with a navigation. */
    private static final String SKIP_FIELD = "tunnel-skip-warning";

    /** A target in a form takes up to three times as many bytes as it has. */
    private static final int ESCAPED = 3;

    private static final int MAX_TOKEN_BYTES = 1024;

    private final TunnelEndpoint endpoint;
    private final Acceptances acceptances;
    private final String path;

    /** Makes one whose form is sent to a path. */
    Interstitial(TunnelEndpoint endpoint, Acceptances acceptances, String path) {
        this.endpoint = endpoint;
        this.acceptances = acceptances;
        this.path = path;
    }

    String path() {
        return path;
    }

    /** Returns how many have been asked and haven't answered yet. */
    int open() {
        return acceptances.size();
    }

    /** What becomes of a visitor who was let in. */
    sealed interface Verdict {

        /** It goes on to the tunnel. */
        Verdict GOES_ON = new GoesOn(false);

        /**
         * It goes on to the tunnel.
         *
         * @param confined whether nothing that it gets there may become a page of the tunnel's origin
         */
        record GoesOn(boolean confined) implements Verdict {}

        /** It gets this instead. */
        record GetsInstead(ShortResponse response) implements Verdict {}
    }

    /** Judges a visitor who was let in, before the tunnel hears of it. */
    Verdict judge(RequestHead request, TunnelTarget.Service target, VisitAdmission.Decision.Admitted admitted) {
        Tunnel tunnel = admitted.tunnel();
        boolean atHost = target.prefix().isEmpty();
        if ((!atHost && endpoint.trusts(tunnel.owner()))
                || admitted.entry()
                        .visitor()
                        .filter(who -> who.webId().equals(tunnel.owner()))
                        .isPresent()
                || acceptances.isAccepted(
                        RelayCookie.ACCEPTANCE.valuesIn(request.fields(), endpoint.isHttps(), atHost), tunnel)) {
            return Verdict.GOES_ON;
        }
        boolean skips = request.fields().all(SKIP_FIELD).equals(List.of("1"));
        return atHost
                ? judgeAtHost(request, target, tunnel, skips)
                : skips || !isNavigation(request) ? Verdict.GOES_ON : ask(request, target, tunnel);
    }

    /** There a page has the very origin that the answer has to come from, so none may run before it is given. */
    private Verdict judgeAtHost(RequestHead request, TunnelTarget.Service target, Tunnel tunnel, boolean skips) {
        Approach approach = Approach.of(request);
        if (approach == Approach.DATA || (skips && !Approach.tells(request))) {
            return new Verdict.GoesOn(true); // a browser's cache might make a page of it later
        }
        if (skips) {
            return Verdict.GOES_ON;
        }
        return approach == Approach.WINDOW
                ? ask(request, target, tunnel)
                : new Verdict.GetsInstead(RelayAnswer.NOT_ACCEPTED.toResponse(request));
    }

    private Verdict ask(RequestHead request, TunnelTarget.Service target, Tunnel tunnel) {
        boolean atHost = target.prefix().isEmpty();
        return new Verdict.GetsInstead(InterstitialPage.asking(
                tunnel,
                atHost ? path : endpoint.mount() + path,
                acceptances.ask(tunnel, atHost, request.remoteAddress().getAddress()),
                target.path(),
                !isSafe(request)));
    }

    /** A page that opens in a window. Programs don't say that they want one, and frames are another page's matter. */
    private static boolean isNavigation(RequestHead request) {
        return request.method().equals("GET")
                && request.fields().all("sec-fetch-mode").contains("navigate")
                && request.fields().all("sec-fetch-dest").contains("document");
    }

    private static boolean isSafe(RequestHead request) {
        return request.method().equals("GET") || request.method().equals("HEAD");
    }

    /** Returns what takes answers at the pod's own host. */
    ExchangeHandler atPod() {
        return exchange -> handle(exchange, Optional.empty());
    }

    /** Returns what takes answers at the host of a tunnel. */
    ExchangeHandler atHost(TunnelName name) {
        return exchange -> handle(exchange, Optional.of(name));
    }

    private void handle(Exchange exchange, Optional<TunnelName> host) {
        try {
            RequestHead head = exchange.request();
            Optional<RateLimits.Exceeded> exceeded = endpoint.rates()
                    .take(
                            RateLimits.Counted.VISITS,
                            RateLimits.Scope.ADDRESS,
                            head.remoteAddress().getAddress());
            if (exceeded.isPresent()) {
                RelayAnswer.tooOften(head, exceeded.get()).sendTo(exchange);
            } else if (!head.method().equals("POST")) {
                InterstitialPage.notAPage().sendTo(exchange);
            } else if (!isFromButton(head, host.isPresent())) {
                RelayAnswer.FOREIGN_PAGE.toResponse(head).sendTo(exchange);
            } else {
                VisitorContent.read(
                        endpoint,
                        exchange,
                        (long) ESCAPED * endpoint.limits().maxTargetBytes() + MAX_TOKEN_BYTES,
                        form -> accept(head, host, new String(form, StandardCharsets.UTF_8)));
            }
        } catch (RuntimeException e) { // a fault of ours, or of the container, ends this exchange and nothing else
            exchange.abort(e);
        }
    }

    /**
     * Tells whether a page of this very origin sends its window elsewhere. At a host also who doesn't tell so much is
     * asked, and there the origin is enough: no page of the tunnel has it yet.
     */
    private boolean isFromButton(RequestHead head, boolean atHost) {
        Set<Origin> own = endpoint.ownOrigins(head);
        if (atHost && !Approach.tells(head)) {
            return AmbientRule.allows(head, own, false);
        }
        return head.fields().all("sec-fetch-site").equals(List.of("same-origin"))
                && head.fields().all("sec-fetch-mode").equals(List.of("navigate"))
                && head.fields().all("sec-fetch-dest").equals(List.of("document"))
                && AmbientRule.allows(head, own, true);
    }

    private ShortResponse accept(RequestHead head, Optional<TunnelName> host, String form) {
        Optional<Acceptances.Accepted> accepted = Form.value(form, "token")
                .flatMap(token ->
                        acceptances.accept(token, host, head.remoteAddress().getAddress()));
        if (accepted.isEmpty()) {
            return InterstitialPage.over();
        }
        TunnelName name = accepted.get().tunnel();
        String root = host.isPresent() ? "" : endpoint.pathOf(name);
        String cookie = RelayCookie.ACCEPTANCE.toField(
                accepted.get().cookie(), endpoint.isHttps(), root + "/", Acceptances.LIFETIME);
        String wanted = Form.value(form, "path")
                .filter(target -> endpoint.isTarget(name, target, host.isPresent()))
                .orElse("/");
        return RelayRedirect.onward(root + keptHere(wanted), cookie);
    }

    /** What begins with two slashes would name another host. */
    private static String keptHere(String target) {
        boolean namesHost = target.length() > 1 && (target.charAt(1) == '/' || target.charAt(1) == '\\');
        return namesHost ? "/." + target : target;
    }

    /** Returns a WebID as nobody can take it for another one that looks like it. */
    static String shown(WebId webId) {
        return URI.create(webId.value()).toASCIIString();
    }
}
