package org.podbridge.tunnel;

import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.junit.jupiter.api.Test;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;

/**
 * Whatever is done with names at once could have been done one after the other: they have one owner at any time, also
 * those that look alike and those that nobody serves any more, and a connection that is about to close gets nothing.
 *
 * <p>Without visitors, who don't wait for each other: one may find a connection with some of its names while it loses
 * them.
 */
class NamesModelTest {

    @Test
    void givesNamesAsIfOneAfterTheOther() {
        new ModelCheck(Operations.class, OneAfterTheOther.class)
                .race("", "claim 0 0", "claim 2 0", "claim 1 0")
                .race("", "claim 0 0", "claim 2 1", "claim 1 0")
                .race("claim 0 0", "startClosing 0; endClosing 0", "claim 1 0", "claim 2 0")
                .race("claim 0 0", "release 0 0", "claim 1 0", "claim 0 0; claim 2 0")
                .race("claim 0 0", "release 0 0", "claim 2 0", "claim 2 1")
                .race("claim 0 0", "release 0 0", "claim 2 1", "claim 2 0")
                .race("claim 0 0; claim 0 2", "claim 1 0", "startClosing 0; endClosing 0", "claim 1 2")
                .race("", "startClosing 0; endClosing 0", "claim 0 0", "claim 1 0")
                .race("claim 0 0; release 0 0", "endQuarantines", "claim 2 0", "claim 0 0")
                .run();
    }

    /** What is done to the registry. */
    @Param(name = "connection", gen = IntGen.class, conf = "0:2")
    @Param(name = "name", gen = IntGen.class, conf = "0:2")
    public static final class Operations {

        private static final Limits LIMITS =
                Limits.builder().nameLease(Duration.ZERO).build();

        private final ModelRelay relay = ModelRelay.open(LIMITS);

        @Operation
        public String claim(@Param(name = "connection") int connection, @Param(name = "name") int name) {
            return relay.claim(connection, name, false);
        }

        @Operation
        public void release(@Param(name = "connection") int connection, @Param(name = "name") int name) {
            relay.release(connection, name);
        }

        @Operation
        public void startClosing(@Param(name = "connection") int connection) {
            relay.startClosing(connection);
        }

        @Operation
        public boolean endClosing(@Param(name = "connection") int connection) {
            return relay.endClosing(connection);
        }

        /** From then on names that nobody has are anybody's. */
        @Operation
        public void endQuarantines() {
            relay.pass(LIMITS.nameQuarantine());
        }
    }

    /** A registry for one thread. */
    public static final class OneAfterTheOther {

        private final Map<Integer, Integer> servedBy = new HashMap<>();
        private final Map<Integer, WebId> quarantined = new HashMap<>();
        private final Set<Integer> closing = new HashSet<>();

        public String claim(int connection, int name) {
            WebId owner = ModelRelay.OWNERS.get(connection);
            if (closing.contains(connection)) {
                return "TooLate";
            }
            if (isAnothers(name, owner)) {
                return servedBy.containsKey(name) ? "Taken" : "Reserved";
            }
            Integer before = servedBy.get(name);
            if (before == null && name < 2 && isAnothers(1 - name, owner)) {
                return "Confusable";
            }
            quarantined.remove(name);
            servedBy.put(name, connection);
            return ModelRelay.granted(before == null || before == connection ? List.of() : List.of(before));
        }

        private boolean isAnothers(int name, WebId owner) {
            WebId has = servedBy.containsKey(name) ? ModelRelay.OWNERS.get(servedBy.get(name)) : quarantined.get(name);
            return has != null && !has.equals(owner);
        }

        public void release(int connection, int name) {
            if (servedBy.remove(name, connection)) {
                quarantined.put(name, ModelRelay.OWNERS.get(connection));
            }
        }

        public void startClosing(int connection) {
            closing.add(connection);
        }

        public boolean endClosing(int connection) {
            if (closing.contains(connection)) {
                for (int name = 0; name < ModelRelay.NAMES.size(); name++) {
                    release(connection, name);
                }
            }
            return closing.contains(connection);
        }

        public void endQuarantines() {
            quarantined.clear();
        }
    }
}
