package org.podbridge.presence;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.WebId;

/**
 * Something has changed about an agent: it came, or it left. What holds now, the registry knows. Keeps the agent's slot
 * until every view has dealt with it.
 */
final class PresenceChange {

    private final PresenceRegistry<?> registry;
    private final WebId webId;
    private final int slot;
    private final AtomicInteger pending;
    private volatile @Nullable ByteBuffer joinedMessage;
    private volatile @Nullable ByteBuffer leftMessage;

    PresenceChange(PresenceRegistry<?> registry, WebId webId, int slot, int views) {
        this.registry = registry;
        this.webId = webId;
        this.slot = slot;
        this.pending = new AtomicInteger(views);
    }

    WebId webId() {
        return webId;
    }

    int slot() {
        return slot;
    }

    /** Returns the message for those who are to hear that the agent came; encoded once for all of them. */
    ByteBuffer joinedMessage() {
        ByteBuffer message = joinedMessage;
        if (message == null) {
            message = registry.messages().joined(webId);
            joinedMessage = message;
        }
        return message.duplicate();
    }

    /** Returns the message for those who are to hear that the agent left; encoded once for all of them. */
    ByteBuffer leftMessage() {
        ByteBuffer message = leftMessage;
        if (message == null) {
            message = registry.messages().left(webId);
            leftMessage = message;
        }
        return message.duplicate();
    }

    /** To be called once by each view that was told. */
    void dealtWith() {
        if (pending.decrementAndGet() == 0) {
            registry.releaseSlot(webId);
        }
    }
}
