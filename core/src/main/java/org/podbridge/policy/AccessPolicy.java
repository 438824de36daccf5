package org.podbridge.policy;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Endpoint;
import org.podbridge.auth.Identity;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.AddressRange;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.time.Scheduler;

/**
 * Who may connect, see, call, claim a name, and visit a tunnel. Thread-safe; must not block.
 *
 * <p>A method that throws, completes exceptionally or too late, or returns null denies.
 */
public interface AccessPolicy {

    /**
     * Decides whether an agent may open a WebSocket, get a ticket for one, or get TURN credentials.
     *
     * @param who the agent
     * @param endpoint what it wants to use
     * @param origin the origin of the page that asks, if it is a page
     * @return the decision
     */
    CompletionStage<AccessDecision> mayConnect(Identity who, Endpoint endpoint, Optional<String> origin);

    /**
     * Chooses whom of the agents online an agent may see. Asked for many at once, since presence concerns every pair.
     *
     * @param viewer who looks
     * @param online who is there
     * @return the visible ones; whom else it holds is ignored
     */
    CompletionStage<Set<WebId>> visible(Identity viewer, Set<WebId> online);

    /**
     * Decides whether an agent may call another. Asked at the first offer, and remembered for a minute. Who is called
     * may answer.
     *
     * @param from the caller
     * @param to whom it wants to call
     * @return the decision; a denial looks to the caller as if the other weren't online
     */
    CompletionStage<AccessDecision> mayCall(Identity from, WebId to);

    /**
     * Decides whether an agent may register a tunnel.
     *
     * @param who the agent
     * @param name the name that it wants
     * @return the decision
     */
    CompletionStage<AccessDecision> mayClaim(Identity who, TunnelName name);

    /**
     * Decides whether a visitor's request may go through a tunnel, after the tunnel's own access rule has allowed it.
     *
     * @param visitor who asks, if the tunnel's access rule needed to know
     * @param tunnel the tunnel
     * @param request the request
     * @return the decision; allows unless overridden
     */
    default CompletionStage<AccessDecision> mayVisit(
            Optional<Identity> visitor, TunnelInfo tunnel, RequestHead request) {
        return CompletableFuture.completedStage(new AccessDecision.Allow());
    }

    /**
     * Tells whether {@link #mayVisit} decides by the Authorization field of the request. Then no service gets to see
     * that field, whatever its tunnel lets through, and neither does this policy where a page of another site may have
     * made the browser send it: a browser remembers what isn't Bearer or DPoP, and sends it for every page.
     *
     * @return whether it does; not, unless overridden
     */
    default boolean takesAuthorization() {
        return false;
    }

    /**
     * Lets the policy know how long its answers may take. Called once, when the server is built.
     *
     * @param scheduler time
     * @param timeLimit after which time an answer counts as no
     */
    default void start(Scheduler scheduler, Duration timeLimit) {}

    /**
     * Returns this policy with a password in front of every tunnel, asked for by HTTP's Basic authentication. It suits
     * tunnels with a host of their own: a browser that was given it for a path sends it along with that path only, and
     * asks in the name of the whole server. It counts where the tunnel's own pages ask, and programs; since pages under
     * a path can't be told from others, they may read behind a password and nothing else. Who gets it wrong too often
     * is answered 429 ({@link org.podbridge.limits.RateLimits.Counted#WRONG_PASSWORDS}).
     *
     * @param realm what the password is for, shown to people
     * @param passwords passwords by the names of users, at least one
     * @return the policy
     * @throws IllegalArgumentException if there is no password, an empty one, or a name with a colon
     */
    default AccessPolicy withVisitorPasswords(String realm, Map<String, String> passwords) {
        return new VisitorPasswords(this, realm, passwords);
    }

    /**
     * Returns this policy with tunnels open only to visitors from certain addresses. Behind a proxy that is none of the
     * trusted ones, every visitor has the proxy's.
     *
     * @param ranges the addresses; if there are none, nobody may visit
     * @return the policy
     */
    default AccessPolicy withVisitorAddresses(Collection<AddressRange> ranges) {
        return new VisitorAddresses(this, ranges);
    }

    /**
     * Returns the open form: every authenticated agent may do everything and sees every other. In Solid anybody can be
     * authenticated, so this fits a server that knows its agents otherwise, such as by
     * {@link org.podbridge.auth.AuthProvider#fixed}.
     *
     * @return the policy
     */
    static AccessPolicy anyAuthenticated() {
        return new AnyAuthenticated();
    }

    /**
     * Returns the closed form: only the given agents may connect, they may do everything, and they see each other.
     *
     * @param owners the agents, usually those who have a pod on this server
     * @return the policy
     */
    static AccessPolicy ownersOnly(Collection<WebId> owners) {
        return new OwnersOnly(Set.copyOf(owners));
    }

    /**
     * Returns a policy by which an agent is seen and called by those whom it counts among its contacts. Everybody may
     * connect, but sees and reaches only whom the other side wants; nobody has tunnels. To be combined, such as
     * {@code anyOf(ownersOnly(owners), contacts(lookup))}.
     *
     * @param lookup knows the contacts
     * @return the policy
     */
    static AccessPolicy contacts(ContactLookup lookup) {
        return new ContactsPolicy(lookup);
    }

    /**
     * Returns a policy that goes by the pod server's own access control, on resources that stand for agents and
     * tunnels. For an agent's, Read means that somebody may see it online, Append (or Write) that somebody may call it,
     * and Write that somebody may connect as it; agents without one may connect, call whom they may call, and are seen
     * and called by nobody. For a tunnel's, Control means that somebody may claim its name; a visitor needs Read for
     * GET, HEAD, OPTIONS and WebSockets, Append for POST, and Write for all else. Visitors of a public tunnel are the
     * public.
     *
     * @param modes the access control
     * @param resources names the resources
     * @return the policy
     * @see <a href="https://solidproject.org/TR/wac">Web Access Control</a>
     */
    static AccessPolicy wac(WacModes modes, WacResources resources) {
        return new WacPolicy(modes, resources);
    }

    /**
     * Returns a policy that allows what all of several policies allow.
     *
     * @param policies the policies, at least one
     * @return the policy
     */
    static AccessPolicy allOf(AccessPolicy... policies) {
        return new CombinedPolicy(List.of(policies), true);
    }

    /**
     * Returns a policy that allows what at least one of several policies allows. One that fails doesn't keep the others
     * from allowing.
     *
     * @param policies the policies, at least one
     * @return the policy
     */
    static AccessPolicy anyOf(AccessPolicy... policies) {
        return new CombinedPolicy(List.of(policies), false);
    }
}
