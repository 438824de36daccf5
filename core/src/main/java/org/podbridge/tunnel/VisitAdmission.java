package org.podbridge.tunnel;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.AuthRequest;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ShortResponse;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.Admission;

/** Decides whether a visitor gets to a tunnel: the owner's rule first, then the host's policy. Thread-safe. */
final class VisitAdmission {

    private final TunnelEndpoint endpoint;

    /** What was decided. */
    sealed interface Decision {

        /** The visitor may go on. */
        record Admitted(Tunnel tunnel) implements Decision {}

        /** The visitor gets this instead. */
        record Refused(ShortResponse response) implements Decision {}
    }

    VisitAdmission(TunnelEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    CompletionStage<Decision> decide(RequestHead request, TunnelName name) {
        Optional<Tunnel> found = endpoint.registry().find(name);
        if (found.isEmpty() || found.get().connections().isEmpty()) {
            return CompletableFuture.completedStage(new Decision.Refused(unconnected(request, found.isPresent())));
        }
        Tunnel tunnel = found.get();
        if (tunnel.isPublic()) {
            return askPolicy(request, tunnel, Optional.empty());
        }
        return endpoint.admission()
                .admit(request, Endpoint.VISIT, AuthRequest.Purpose.VISIT)
                .thenCompose(admitted -> {
                    if (admitted instanceof Admission.Admitted.Out out) {
                        return CompletableFuture.completedStage(new Decision.Refused(isolated(out.response())));
                    }
                    Optional<Identity> visitor = ((Admission.Admitted.In) admitted).identity();
                    Optional<WebId> webId = visitor.map(Identity::webId);
                    return webId.isPresent() && tunnel.admits(webId.get())
                            ? askPolicy(request, tunnel, visitor)
                            : CompletableFuture.completedStage(forbidden(request));
                });
    }

    private CompletionStage<Decision> askPolicy(RequestHead request, Tunnel tunnel, Optional<Identity> visitor) {
        return endpoint.policy()
                .mayVisit(visitor, tunnel.info(), request)
                .thenApply(decision ->
                        decision instanceof AccessDecision.Allow ? new Decision.Admitted(tunnel) : forbidden(request));
    }

    /**
     * Looks a tunnel up anew, some time after a visitor was let in.
     *
     * @return the tunnel as it stands now, or what the visitor gets instead: who asks again is judged anew
     */
    Decision stillAdmitted(RequestHead request, Tunnel admittedTo) {
        Optional<Tunnel> found = endpoint.registry()
                .find(admittedTo.name())
                .filter(now -> now.owner().equals(admittedTo.owner()));
        if (found.isEmpty() || found.get().connections().isEmpty()) {
            return new Decision.Refused(unconnected(request, found.isPresent()));
        }
        return found.get().access().equals(admittedTo.access())
                ? new Decision.Admitted(found.get())
                : new Decision.Refused(RelayAnswer.BUSY.toResponse(request));
    }

    private ShortResponse unconnected(RequestHead request, boolean leased) {
        return leased
                ? RelayAnswer.NOT_CONNECTED.toResponse(
                        request, Optional.of(endpoint.limits().nameLease()))
                : RelayAnswer.NOT_CONNECTED.toResponse(request);
    }

    private static Decision forbidden(RequestHead request) {
        return new Decision.Refused(RelayAnswer.FORBIDDEN.toResponse(request));
    }

    private static ShortResponse isolated(ShortResponse response) {
        HeaderFields.Builder fields = HeaderFields.builder().addAll(response.fields());
        return new ShortResponse(
                response.status(), ResponseRules.isolate(fields).build(), response.content());
    }
}
