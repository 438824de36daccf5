package org.podbridge.tunnel;

import static org.podbridge.limits.RateLimits.Counted.WRONG_PASSWORDS;
import static org.podbridge.limits.RateLimits.Scope.ADDRESS;

import java.net.InetAddress;
import java.util.List;
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
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.Admission;

/** Decides whether a visitor gets to a tunnel: the owner's rule first, then the host's policy. Thread-safe. */
final class VisitAdmission {

    private static final Entry OPEN = new Entry.Open();

    private final TunnelEndpoint endpoint;

    /** What was decided. */
    sealed interface Decision {

        /**
         * The visitor may go on.
         *
         * @param tunnel the tunnel as it stood when that was decided
         * @param entry by what right
         */
        record Admitted(Tunnel tunnel, Entry entry) implements Decision {}

        /** The visitor gets this instead. */
        record Refused(ShortResponse response) implements Decision {}
    }

    VisitAdmission(TunnelEndpoint endpoint) {
        this.endpoint = endpoint;
    }

    /**
     * Counts a visitor, whatever it wants, and returns what it gets if it comes too often. Malformed requests aren't
     * counted, since some of them must end their connection.
     */
    Optional<ShortResponse> tooOften(RequestHead request) {
        return endpoint.rates()
                .take(
                        RateLimits.Counted.VISITS,
                        RateLimits.Scope.ADDRESS,
                        request.remoteAddress().getAddress())
                .map(exceeded -> RelayAnswer.tooOften(request, exceeded));
    }

    /** Counts a visit of a tunnel, and returns what its visitor gets if there are too many. */
    Optional<ShortResponse> tooOften(RequestHead request, TunnelName name) {
        return endpoint.rates()
                .take(RateLimits.Counted.VISITS, RateLimits.Scope.TUNNEL, name)
                .map(exceeded -> RelayAnswer.tooOften(request, exceeded));
    }

    CompletionStage<Decision> decide(RequestHead request, TunnelName name) {
        Optional<Tunnel> found = endpoint.registry().find(name);
        if (found.isEmpty() || found.get().connections().isEmpty()) {
            return refused(unconnected(request, found.isPresent()));
        }
        Tunnel tunnel = found.get();
        if (tunnel.isPublic()) {
            return askPolicy(request, tunnel, OPEN);
        }
        Optional<Entry> guest = guest(request, tunnel);
        if (guest.isPresent()) {
            return askPolicy(request, tunnel, guest.get());
        }
        return endpoint.admission()
                .admit(request, Endpoint.VISIT, AuthRequest.Purpose.VISIT)
                .thenCompose(admitted -> {
                    if (admitted instanceof Admission.Admitted.Out out) {
                        return refused(explained(request, out.response()));
                    }
                    Optional<Identity> visitor = ((Admission.Admitted.In) admitted).identity();
                    return visitor.filter(who -> tunnel.admits(who.webId())).isPresent()
                            ? admitAgent(request, tunnel, visitor.get())
                            : refused(RelayAnswer.FORBIDDEN.toResponse(request));
                });
    }

    /** A cookie that another site's page could make the browser send counts as none. */
    private Optional<Entry> guest(RequestHead request, Tunnel tunnel) {
        List<String> cookies =
                RelayCookie.SHARE.valuesIn(request.fields(), endpoint.isHttps(), endpoint.isHostForm(request));
        return cookies.isEmpty() || !AmbientRule.allows(request, endpoint.ownOrigins(request), true)
                ? Optional.empty()
                : cookies.stream()
                        .flatMap(cookie -> endpoint.shareLinks().find(cookie, tunnel).stream())
                        .findFirst()
                        .map(Entry.Guest::new);
    }

    private CompletionStage<Decision> admitAgent(RequestHead request, Tunnel tunnel, Identity visitor) {
        if (visitor.isAmbient() && !AmbientRule.allows(request, endpoint.ownOrigins(request), false)) {
            return refused(RelayAnswer.FOREIGN_PAGE.toResponse(request));
        }
        Optional<RateLimits.Exceeded> exceeded =
                endpoint.rates().take(RateLimits.Counted.VISITS, RateLimits.Scope.IDENTITY, visitor.webId());
        return exceeded.isPresent()
                ? refused(RelayAnswer.tooOften(request, exceeded.get()))
                : askPolicy(request, tunnel, new Entry.Agent(visitor));
    }

    /** A password that another site's page could make the browser send counts as none. */
    private CompletionStage<Decision> askPolicy(RequestHead request, Tunnel tunnel, Entry entry) {
        boolean takesAuthorization = endpoint.policy().takesAuthorization();
        boolean foreign = takesAuthorization
                && AmbientRule.hasPassword(request)
                && !AmbientRule.allowsPassword(
                        request, endpoint.ownOrigins(request), endpoint.isSandboxed(request, tunnel.owner()));
        RequestHead shown = foreign ? request.withFields(withoutAuthorization(request.fields())) : request;
        boolean hasPassword = takesAuthorization && shown.fields().contains("authorization");
        InetAddress address = request.remoteAddress().getAddress();
        if (hasPassword) { // so that not even the right one is told from others any more
            Optional<RateLimits.Exceeded> exceeded = endpoint.rates().look(WRONG_PASSWORDS, ADDRESS, address);
            if (exceeded.isPresent()) {
                return refused(RelayAnswer.tooOften(request, exceeded.get()));
            }
        }
        return endpoint.policy().mayVisit(entry.visitor(), tunnel.info(), shown).thenApply(decision -> {
            if (decision instanceof AccessDecision.Allow) {
                return new Decision.Admitted(tunnel, entry);
            }
            if (foreign) { // nor may it make the browser ask
                return new Decision.Refused(RelayAnswer.FOREIGN_PAGE.toResponse(request));
            }
            if (!(decision instanceof AccessDecision.AskForCredentials ask)) {
                return new Decision.Refused(RelayAnswer.FORBIDDEN.toResponse(request));
            }
            if (hasPassword) {
                endpoint.rates().take(WRONG_PASSWORDS, ADDRESS, address);
            }
            return new Decision.Refused(
                    challenged(request, List.of(ask.challenge().fieldValue())));
        });
    }

    private static HeaderFields withoutAuthorization(HeaderFields fields) {
        HeaderFields.Builder rest = HeaderFields.builder();
        fields.forEach((name, value) -> {
            if (!name.equalsIgnoreCase("authorization")) {
                rest.add(name, value);
            }
        });
        return rest.build();
    }

    /**
     * Looks a tunnel up anew, some time after a visitor was let in.
     *
     * @return the tunnel as it stands now, or what the visitor gets instead: who asks again is judged anew
     */
    Decision stillAdmitted(RequestHead request, Decision.Admitted before) {
        Tunnel admittedTo = before.tunnel();
        Optional<Tunnel> found = endpoint.registry()
                .find(admittedTo.name())
                .filter(now -> now.owner().equals(admittedTo.owner()));
        if (found.isEmpty() || found.get().connections().isEmpty()) {
            return new Decision.Refused(unconnected(request, found.isPresent()));
        }
        return found.get().access().equals(admittedTo.access())
                ? new Decision.Admitted(found.get(), before.entry())
                : new Decision.Refused(RelayAnswer.BUSY.toResponse(request));
    }

    /** Tells whether a visitor who was let in would be let in to the tunnel as it stands, the host's policy aside. */
    boolean holds(Entry entry, Tunnel tunnel) {
        if (tunnel.isPublic()) {
            return true;
        }
        if (entry instanceof Entry.Agent agent) {
            return tunnel.admits(agent.identity().webId());
        }
        return entry instanceof Entry.Guest guest && endpoint.shareLinks().opens(guest.link(), tunnel);
    }

    private ShortResponse unconnected(RequestHead request, boolean leased) {
        return leased
                ? RelayAnswer.NOT_CONNECTED.toResponse(
                        request, Optional.of(endpoint.limits().nameLease()))
                : RelayAnswer.NOT_CONNECTED.toResponse(request);
    }

    private static CompletionStage<Decision> refused(ShortResponse response) {
        return CompletableFuture.completedStage(new Decision.Refused(response));
    }

    /** Says it to people in a way that helps them; the challenges stay. */
    private static ShortResponse explained(RequestHead request, ShortResponse response) {
        HeaderFields.Builder fields = HeaderFields.builder();
        if (response.status() != RelayAnswer.NOT_ADMITTED.status() || !RelayAnswer.wantsPage(request)) {
            fields.addAll(response.fields());
            return new ShortResponse(
                    response.status(), ResponseRules.isolate(fields).build(), response.content());
        }
        return challenged(request, response.fields().all("www-authenticate"));
    }

    private static ShortResponse challenged(RequestHead request, List<String> challenges) {
        ShortResponse answer = RelayAnswer.NOT_ADMITTED.toResponse(request);
        HeaderFields.Builder fields = HeaderFields.builder().addAll(answer.fields());
        challenges.forEach(challenge -> fields.add("www-authenticate", challenge));
        return new ShortResponse(answer.status(), fields.build(), answer.content());
    }
}
