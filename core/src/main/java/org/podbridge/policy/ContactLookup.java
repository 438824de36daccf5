package org.podbridge.policy;

import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.podbridge.identity.WebId;

/**
 * Knows whom agents count among their contacts, such as those that their profiles name as known or their address books
 * list. Thread-safe; must not block. Asked for many agents at once, and often, so a host should remember what it has
 * found out; one agent whose contacts can't be read must not hold the others up.
 */
@FunctionalInterface
public interface ContactLookup {

    /**
     * Finds the agents that count another among their contacts.
     *
     * @param other the other
     * @param agents whose contacts to look at
     * @return those of the agents that do; whom else it holds is ignored
     */
    CompletionStage<Set<WebId>> thoseWhoKnow(WebId other, Set<WebId> agents);
}
