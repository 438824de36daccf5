package org.podbridge.tunnel;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.time.Duration;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;
import org.podbridge.limits.Limits;

/**
 * What two threads do with a name within nanoseconds of each other, on real processors and as every compiler arranges
 * it: Lincheck tries more orders, but all memory is consistent to it. Any outcome but those named is a fault.
 */
final class NameRaces {

    private static final int MAIL = 0;
    private static final int RNAIL = 1;
    private static final int ALICE = 0;
    private static final int ALICE_AGAIN = 1;
    private static final int BOB = 2;

    private NameRaces() {}

    private static ModelRelay withoutLeases() {
        return ModelRelay.open(Limits.builder().nameLease(Duration.ZERO).build());
    }

    private static ModelRelay servedByAlice() {
        ModelRelay relay = ModelRelay.open(Limits.defaults());
        relay.claim(ALICE, MAIL, false);
        return relay;
    }

    private static void close(ModelRelay relay, int connection) {
        relay.startClosing(connection);
        relay.endClosing(connection);
    }

    /** A free name has one new owner. */
    @JCStressTest
    @Outcome(id = "Granted, Taken, served by \\[0\\]", expect = ACCEPTABLE, desc = "Alice was first")
    @Outcome(id = "Taken, Granted, served by \\[2\\]", expect = ACCEPTABLE, desc = "Bob was first")
    @State
    public static class ClaimAndClaim {
        private final ModelRelay relay = ModelRelay.open(Limits.defaults());

        @Actor
        public void alice(LLL_Result result) {
            result.r1 = relay.claim(ALICE, MAIL, false);
        }

        @Actor
        public void bob(LLL_Result result) {
            result.r2 = relay.claim(BOB, MAIL, false);
        }

        @Arbiter
        public void afterwards(LLL_Result result) {
            result.r3 = relay.find(MAIL);
        }
    }

    /** Of two names that look alike one is somebody's. */
    @JCStressTest
    @Outcome(id = "Granted, Confusable", expect = ACCEPTABLE, desc = "Alice was first")
    @Outcome(id = "Confusable, Granted", expect = ACCEPTABLE, desc = "Bob was first")
    @State
    public static class ClaimAndLookAlike {
        private final ModelRelay relay = ModelRelay.open(Limits.defaults());

        @Actor
        public void alice(LL_Result result) {
            result.r1 = relay.claim(ALICE, MAIL, false);
        }

        @Actor
        public void bob(LL_Result result) {
            result.r2 = relay.claim(BOB, RNAIL, false);
        }
    }

    /** A takeover survives the end of the connection that served until then. */
    @JCStressTest
    @Outcome(
            id = "Granted(?: instead of \\[0\\])?, served by \\[1\\]",
            expect = ACCEPTABLE,
            desc = "The new one serves")
    @State
    public static class TakeoverAndClose {
        private final ModelRelay relay = servedByAlice();

        @Actor
        public void takeOver(LL_Result result) {
            result.r1 = relay.claim(ALICE_AGAIN, MAIL, false);
        }

        @Actor
        public void end() {
            close(relay, ALICE);
        }

        @Arbiter
        public void afterwards(LL_Result result) {
            result.r2 = relay.find(MAIL);
        }
    }

    /** A takeover survives that the connection that served until then gives the name up. */
    @JCStressTest
    @Outcome(
            id = "Granted(?: instead of \\[0\\])?, served by \\[1\\]",
            expect = ACCEPTABLE,
            desc = "The new one serves")
    @State
    public static class TakeoverAndRelease {
        private final ModelRelay relay = servedByAlice();

        @Actor
        public void takeOver(LL_Result result) {
            result.r1 = relay.claim(ALICE_AGAIN, MAIL, false);
        }

        @Actor
        public void giveUp() {
            relay.release(ALICE, MAIL);
        }

        @Arbiter
        public void afterwards(LL_Result result) {
            result.r2 = relay.find(MAIL);
        }
    }

    /** A connection that is closed while it claims has nothing. */
    @JCStressTest
    @Outcome(id = "(?:Granted|TooLate), free", expect = ACCEPTABLE, desc = "Nothing is left")
    @State
    public static class ClaimAndClose {
        private final ModelRelay relay = withoutLeases();

        @Actor
        public void claim(LL_Result result) {
            result.r1 = relay.claim(ALICE, MAIL, false);
        }

        @Actor
        public void end() {
            close(relay, ALICE);
        }

        @Arbiter
        public void afterwards(LL_Result result) {
            result.r2 = relay.find(MAIL);
        }
    }

    /** A visitor sees a name before or after it is given up. */
    @JCStressTest
    @Outcome(id = "served by \\[0\\]", expect = ACCEPTABLE, desc = "Before")
    @Outcome(id = "free", expect = ACCEPTABLE, desc = "After")
    @State
    public static class VisitAndRelease {
        private final ModelRelay relay = servedByAlice();

        @Actor
        public void visit(L_Result result) {
            result.r1 = relay.find(MAIL);
        }

        @Actor
        public void giveUp() {
            relay.release(ALICE, MAIL);
        }
    }
}
