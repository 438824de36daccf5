package org.podbridge.tunnel;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jetbrains.lincheck.datastructures.BooleanGen;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;

/**
 * Whatever is done with one name at once could have been done one after the other: while connections share it or take
 * it over from each other, while it waits for its owner to come back, and when that wait ends.
 */
class LeasesModelTest {

    private static final int NAME = 0;

    @Test
    void keepsANameForItsOwnerAsIfOneAfterTheOther() {
        new ModelCheck(Operations.class, OneAfterTheOther.class)
                .race("claim 0 false", "find; find", "claim 1 false", "find")
                .race("claim 0 false", "find", "release 0", "find")
                .race("claim 0 false", "release 0", "claim 1 false", "find")
                .race("claim 0 false", "lose 0", "claim 1 false", "find")
                .race("claim 0 false; lose 0", "endLease", "claim 1 false", "find")
                .race("claim 0 false; lose 0", "endLease", "claim 1 false; lose 1", "find")
                .race("claim 0 true; claim 1 true", "lose 0", "release 1", "find")
                .race("", "claim 0 true", "claim 1 true", "find")
                .run();
    }

    /** What is done to the registry. */
    @Param(name = "connection", gen = IntGen.class, conf = "0:2")
    public static final class Operations {

        private final ModelRelay relay = ModelRelay.open(Limits.defaults());

        @Operation
        public String claim(@Param(name = "connection") int connection, @Param(gen = BooleanGen.class) boolean share) {
            return relay.claim(connection, NAME, share);
        }

        @Operation
        public void release(@Param(name = "connection") int connection) {
            relay.release(connection, NAME);
        }

        @Operation
        public String find() {
            return relay.find(NAME);
        }

        /** It has lost its peer, and what it has is kept for a while. */
        @Operation
        public void lose(@Param(name = "connection") int connection) {
            relay.lose(connection);
        }

        @Operation
        public void endLease() {
            relay.endLease();
        }
    }

    /** A registry for one thread and one name. */
    public static final class OneAfterTheOther {

        /** Who alone gets the name. */
        private @Nullable WebId owner;

        /** Null if the name is nobody's, empty while it waits for its owner. */
        private @Nullable Set<Integer> servedBy;

        private boolean shared;

        public String claim(int connection, boolean share) {
            WebId claimant = ModelRelay.OWNERS.get(connection);
            if (owner != null && !owner.equals(claimant)) {
                return servedBy == null ? "Reserved" : "Taken";
            }
            Set<Integer> others = new LinkedHashSet<>(servedBy == null ? Set.of() : servedBy);
            others.remove(connection);
            Set<Integer> now = new LinkedHashSet<>(servedBy != null && shared && share ? others : Set.of());
            others.removeAll(now);
            now.add(connection);
            owner = claimant;
            servedBy = now;
            shared = share;
            return ModelRelay.granted(List.copyOf(others));
        }

        public void release(int connection) {
            Set<Integer> serving = servedBy;
            if (serving != null && serving.remove(connection) && serving.isEmpty()) {
                servedBy = null;
            }
        }

        public String find() {
            return servedBy == null ? ModelRelay.FREE : ModelRelay.servedBy(List.copyOf(servedBy));
        }

        public void lose(int connection) {
            if (servedBy != null) {
                servedBy.remove(connection);
            }
        }

        public void endLease() {
            if (servedBy != null && servedBy.isEmpty()) {
                servedBy = null;
            }
        }
    }
}
