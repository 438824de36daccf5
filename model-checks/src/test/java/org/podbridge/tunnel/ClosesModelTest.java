package org.podbridge.tunnel;

import java.time.Duration;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.CloseStatus;
import org.podbridge.limits.Limits;

/**
 * In whatever way and at whatever moment connections end, nothing of theirs is left, and what the others have is. How a
 * connection ends takes more than one step, so this looks only at what there is when all is done.
 */
class ClosesModelTest {

    @Test
    void leavesNothingToConnectionsThatEnd() {
        new ModelCheck(Operations.class, NothingToTell.class)
                .race("", "takeOver 0 0", "lose 0", "")
                .race("", "takeOver 0 0", "drain 0", "")
                .race("", "takeOver 0 0", "stop 0", "")
                .race("takeOver 0 0", "takeOver 1 0", "lose 0", "")
                .race("takeOver 0 0; takeOver 0 2", "takeOver 1 0", "takeOver 0 1", "")
                .run();
    }

    /** What is done to the registry. */
    @Param(name = "connection", gen = IntGen.class, conf = "0:2")
    @Param(name = "name", gen = IntGen.class, conf = "0:2")
    public static final class Operations {

        private final ModelRelay relay =
                ModelRelay.open(Limits.builder().nameLease(Duration.ZERO).build());

        @Operation
        public void takeOver(@Param(name = "connection") int connection, @Param(name = "name") int name) {
            relay.takeOver(connection, name);
        }

        @Operation
        public void release(@Param(name = "connection") int connection, @Param(name = "name") int name) {
            relay.release(connection, name);
        }

        /** The peer, or what lies between, closes it. */
        @Operation
        public void lose(@Param(name = "connection") int connection) {
            relay.connection(connection).onClosed(CloseStatus.abnormal());
        }

        @Operation
        public void drain(@Param(name = "connection") int connection) {
            relay.connection(connection).drain();
        }

        @Operation
        public void stop(@Param(name = "connection") int connection) {
            relay.connection(connection).stop();
        }

        @Validate
        public void checkWhatIsLeft() {
            relay.checkWhatIsLeft();
        }
    }

    /** None of it has a result. */
    public static final class NothingToTell {

        public void takeOver(int connection, int name) {}

        public void release(int connection, int name) {}

        public void lose(int connection) {}

        public void drain(int connection) {}

        public void stop(int connection) {}
    }
}
