package org.podbridge;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.AddressRange;

/**
 * Who a visitor is behind the proxies that the operator has named. Each of them adds whom it has heard to the right of
 * {@code x-forwarded-for}, so that the right-most address that is none of theirs is one that a trusted proxy has seen.
 * What stands to the left of it can be made up. Immutable.
 */
final class TrustedProxies {

    /** How many addresses are looked at; nobody puts more proxies in a row. */
    private static final int MAX_HOPS = 16;

    private final List<AddressRange> ranges;

    TrustedProxies(List<AddressRange> ranges) {
        this.ranges = List.copyOf(ranges);
    }

    /** Returns a route whose handler sees the visitor in place of the last proxy. */
    Route behind(Route route, RequestHead request) {
        if (ranges.isEmpty()
                || route instanceof Route.Host
                || visitorOf(request).isEmpty()) {
            return route;
        }
        if (route instanceof Route.Http http) {
            return new Route.Http(exchange ->
                    http.handler().handle(new ForwardedExchange(exchange, withVisitor(exchange.request()))));
        }
        return new Route.WebSocket(head -> ((Route.WebSocket) route).handshake().decide(withVisitor(head)));
    }

    private RequestHead withVisitor(RequestHead request) {
        return visitorOf(request)
                .map(address -> request.withRemoteAddress(new InetSocketAddress(address, 0)))
                .orElse(request);
    }

    /** Returns the visitor's address, or empty if it is the one at the other end of the socket. */
    Optional<InetAddress> visitorOf(RequestHead request) {
        InetAddress peer = request.remoteAddress().getAddress();
        if (peer == null || !isTrusted(peer)) {
            return Optional.empty();
        }
        List<String> hops = new ArrayList<>(4);
        for (String line : request.fields().all("x-forwarded-for")) {
            hops.addAll(List.of(line.split(",", -1)));
        }
        Optional<InetAddress> farthest = Optional.empty();
        for (int i = hops.size() - 1; i >= 0; i--) {
            Optional<InetAddress> hop = parse(hops.get(i).trim());
            if (hop.isEmpty() || hops.size() - i > MAX_HOPS) {
                return Optional.empty(); // no proxy of ours writes such a thing
            }
            farthest = hop;
            if (!isTrusted(hop.get())) {
                break;
            }
        }
        return farthest;
    }

    private boolean isTrusted(InetAddress address) {
        for (AddressRange range : ranges) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** Reads an address with or without a port, as proxies write it. */
    private static Optional<InetAddress> parse(String hop) {
        if (hop.startsWith("[")) {
            int end = hop.indexOf(']');
            return end < 0 ? Optional.empty() : AddressRange.parse(hop.substring(1, end));
        }
        int colon = hop.indexOf(':');
        boolean port = colon >= 0 && colon == hop.lastIndexOf(':');
        return AddressRange.parse(port ? hop.substring(0, colon) : hop);
    }
}
