package org.podbridge.policy;

import java.net.URI;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.podbridge.auth.Identity;

/**
 * A pod server's own access control, asked about resources that stand for what Podbridge offers. They needn't exist:
 * what holds for a resource that doesn't is inherited. Thread-safe; must not block.
 *
 * @see <a href="https://solidproject.org/TR/wac">Web Access Control</a>
 */
@FunctionalInterface
public interface WacModes {

    /** The access modes of Web Access Control. */
    enum Mode {
        /** {@code acl:Read}. */
        READ,
        /** {@code acl:Append}. */
        APPEND,
        /** {@code acl:Write}, which includes {@link #APPEND}. */
        WRITE,
        /** {@code acl:Control}. */
        CONTROL
    }

    /**
     * Finds what an agent may do with a resource.
     *
     * @param resource the resource
     * @param agent the agent; empty for the public
     * @return the modes; what fails, is null or comes too late counts as none
     */
    CompletionStage<Set<Mode>> modes(URI resource, Optional<Identity> agent);
}
