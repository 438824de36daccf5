package org.podbridge.oidc;

import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.podbridge.time.Scheduler;

/**
 * Remembers which proofs were used, so that none is used twice. Several servers of one name need a common one.
 * Thread-safe. Must not block the calling thread.
 *
 * <p>A proof must be remembered until its time: a store that has no room refuses new ones, and never forgets one that
 * is still good.
 */
@FunctionalInterface
public interface ReplayStore {

    /** What came of remembering a proof. */
    enum Outcome {
        /** It is new, and remembered from now on. */
        NEW,
        /** It was used before. */
        SEEN,
        /** There is no room for it. */
        FULL
    }

    /**
     * Remembers a proof, if it is new, in one step: of several calls with the same proof at a time one is told
     * {@link Outcome#NEW}.
     *
     * @param proof the proof's digest, 43 characters
     * @param key the thumbprint of the key that made it, 43 characters, by which a store may limit what one client
     *     takes up
     * @param until for how long it must be remembered
     * @return what came of it; if this fails, the sender is told to try again later
     */
    CompletionStage<Outcome> putIfAbsent(String proof, String key, Instant until);

    /**
     * Returns a store in this server's memory.
     *
     * @param scheduler time
     * @param maxProofs how many proofs there may be; each takes about 300 bytes
     * @param maxProofsPerKey how many of them may be of one key
     * @return an empty store
     */
    static ReplayStore inMemory(Scheduler scheduler, int maxProofs, int maxProofsPerKey) {
        return new MemoryReplayStore(scheduler, maxProofs, maxProofsPerKey);
    }
}
