package org.podbridge.connection;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.MessageAssembler.Outcome;
import org.podbridge.limits.ByteBudget;

class MessageAssemblerTest {

    private final ByteBudget budget = new ByteBudget(100_000);
    private final MessageAssembler assembler = new MessageAssembler(50_000, 200_000, budget);

    private Outcome add(int size, boolean last) {
        return assembler.add(ByteBuffer.wrap(new byte[size]), last);
    }

    @Test
    void putsPartsTogetherWhateverTheirSizes() {
        Random random = new Random(3);
        for (int i = 0; i < 200; i++) {
            byte[] message = new byte[random.nextInt(50_001)];
            random.nextBytes(message);
            int sent = 0;
            while (message.length - sent > 0 && random.nextInt(20) > 0) {
                int size = random.nextInt(message.length - sent + 1);
                assertThat(assembler.add(ByteBuffer.wrap(message, sent, size), false))
                        .isEqualTo(Outcome.PARTIAL);
                sent += size;
            }
            assertThat(assembler.add(ByteBuffer.wrap(message, sent, message.length - sent), true))
                    .isEqualTo(Outcome.COMPLETE);
            assertThat(Arrays.copyOf(assembler.bytes(), assembler.length())).isEqualTo(message);
            assembler.reset();
            assertThat(budget.used()).isZero();
        }
    }

    @Test
    void showsTheBeginningOfWhatIsTooLargeAndDiscardsTheRest() {
        byte[] start = {1, 2, 3};
        assembler.add(ByteBuffer.wrap(start), false);
        assertThat(add(50_000, false)).isEqualTo(Outcome.OVERFLOW);
        assertThat(assembler.bytes()).startsWith(start);
        assertThat(assembler.length()).isEqualTo(4_096);
        assertThat(assembler.discard(false)).isEqualTo(Outcome.DISCARDED);
        assertThat(budget.used()).isZero();
        assertThat(add(1_000, false)).isEqualTo(Outcome.DISCARDED);
        assertThat(add(1_000, true)).isEqualTo(Outcome.TOO_LARGE);
        assertThat(add(50_000, true)).isEqualTo(Outcome.COMPLETE);
    }

    @Test
    void keepsWhatCameBeforeInTheBeginning() {
        add(30_000, false);
        assertThat(add(30_000, true)).isEqualTo(Outcome.OVERFLOW);
        assertThat(assembler.length()).isEqualTo(30_000);
        assertThat(assembler.discard(true)).isEqualTo(Outcome.TOO_LARGE);
        assertThat(budget.used()).isZero();
    }

    @Test
    void holdsNoMoreThanTheLimitHoweverSmallItIs() {
        MessageAssembler small = new MessageAssembler(10, 1_000, budget);
        assertThat(small.add(ByteBuffer.wrap(new byte[11]), true)).isEqualTo(Outcome.OVERFLOW);
        assertThat(small.length()).isEqualTo(10);
        assertThat(small.bytes()).hasSize(10);
    }

    @Test
    void endsAMessageBeyondAllLimits() {
        add(50_001, false);
        assembler.discard(false);
        assertThat(add(149_999, false)).isEqualTo(Outcome.DISCARDED);
        assertThat(add(1, false)).isEqualTo(Outcome.FATAL);
    }

    @Test
    void discardsWhatTheBudgetDoesNotAllow() {
        assertThat(budget.tryReserve(90_000)).isTrue();
        assertThat(add(20_000, false)).isEqualTo(Outcome.OVERFLOW);
        assembler.discard(true);
        assertThat(add(14_000, false)).isEqualTo(Outcome.PARTIAL);
        assertThat(budget.used()).isEqualTo(90_000 + 14_000 - 4_096);
        assembler.free();
        assembler.free();
        assertThat(budget.used()).isEqualTo(90_000);
    }

    @Test
    void takesNothingOfTheBudgetForSmallMessages() {
        assertThat(budget.tryReserve(100_000)).isTrue();
        assertThat(add(2_000, false)).isEqualTo(Outcome.PARTIAL);
        assertThat(add(2_096, true)).isEqualTo(Outcome.COMPLETE);
        assertThat(budget.used()).isEqualTo(100_000);
    }
}
