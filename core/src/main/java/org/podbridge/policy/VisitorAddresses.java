package org.podbridge.policy;

import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.AddressRange;

/** Lets only those visit who come from certain addresses. */
final class VisitorAddresses extends PolicyWrapper {

    private static final CompletionStage<AccessDecision> ELSEWHERE =
            CompletableFuture.completedStage(new AccessDecision.Deny("not from this address"));

    private final List<AddressRange> ranges;

    VisitorAddresses(AccessPolicy wrapped, Collection<AddressRange> ranges) {
        super(wrapped);
        this.ranges = List.copyOf(ranges);
    }

    @Override
    public CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        InetAddress address = request.remoteAddress().getAddress(); // null if it isn't known
        return address != null && ranges.stream().anyMatch(range -> range.contains(address))
                ? super.mayVisit(visitor, tunnel, request)
                : ELSEWHERE;
    }
}
