package org.podbridge.tunnel.client;

import java.util.Collection;
import java.util.List;
import org.podbridge.identity.WebId;
import org.podbridge.tunnel.v1.ClientMessage;

/**
 * Who may visit a tunnel. The relay holds to it: others never reach the service. JavaScriptSolidServer's relays know
 * nothing of it, and let everybody in. Immutable.
 */
public final class TunnelAccess {

    private static final TunnelAccess EVERYBODY = new TunnelAccess(ClientMessage.Access.PUBLIC);
    private static final TunnelAccess OWNER =
            new TunnelAccess(new ClientMessage.Access(ClientMessage.Access.Kind.OWNER, List.of()));

    /** What a relay takes in. */
    private static final int MAX_CHARACTERS = 16 * 1024;

    private final ClientMessage.Access rule;

    private TunnelAccess(ClientMessage.Access rule) {
        this.rule = rule;
    }

    /**
     * Lets everybody in, known or not.
     *
     * @return the rule
     */
    public static TunnelAccess everybody() {
        return EVERYBODY;
    }

    /**
     * Lets only the agent in whose token registers the name.
     *
     * @return the rule
     */
    public static TunnelAccess owner() {
        return OWNER;
    }

    /**
     * Lets certain agents in, the owner only if among them.
     *
     * @param webIds the agents, 16384 characters in all at the most
     * @return the rule
     */
    public static TunnelAccess only(Collection<WebId> webIds) {
        List<String> texts = webIds.stream().map(WebId::toString).toList();
        int characters = texts.stream().mapToInt(String::length).sum();
        if (texts.isEmpty() || characters > MAX_CHARACTERS) {
            throw new IllegalArgumentException("webIds: " + texts.size() + " with " + characters
                    + " characters (expected: at least one, at most " + MAX_CHARACTERS + " characters)");
        }
        return new TunnelAccess(new ClientMessage.Access(ClientMessage.Access.Kind.WEB_IDS, texts));
    }

    ClientMessage.Access rule() {
        return rule;
    }

    @Override
    public String toString() {
        return switch (rule.kind()) {
            case PUBLIC -> "everybody";
            case OWNER -> "owner";
            default -> rule.webIds().toString();
        };
    }
}
