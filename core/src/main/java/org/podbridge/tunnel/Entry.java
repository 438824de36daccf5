package org.podbridge.tunnel;

import java.util.Optional;
import org.podbridge.auth.Identity;

/** By what right a visitor is in a tunnel. */
sealed interface Entry {

    /** The tunnel is public. */
    record Open() implements Entry {}

    /** The visitor has shown who it is. */
    record Agent(Identity identity) implements Entry {}

    /** The visitor has a link. */
    record Guest(ShareLinks.Link link) implements Entry {}

    /** Returns who the visitor is, as far as that is known. */
    default Optional<Identity> visitor() {
        if (this instanceof Agent agent) {
            return Optional.of(agent.identity());
        }
        return this instanceof Guest guest ? guest.link().visitor() : Optional.empty();
    }
}
