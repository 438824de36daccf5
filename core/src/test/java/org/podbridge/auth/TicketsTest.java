package org.podbridge.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.HandClock;

class TicketsTest {

    private final HandClock clock = new HandClock();
    private final Tickets tickets = new Tickets(
            clock,
            new SecureRandom(),
            Limits.builder().maxTickets(10).maxTicketsPerWebId(3).build());

    private static Identity identity(String name) {
        return Identity.of(WebId.of("https://" + name + ".example/#me"), "test");
    }

    private Optional<String> mint(String name) {
        return tickets.mint(identity(name), Endpoint.SIGNALING, Optional.empty());
    }

    private boolean redeem(String ticket) {
        return tickets.redeem(ticket, Endpoint.SIGNALING, Optional.empty()).isPresent();
    }

    @Test
    void areOldByTheMonotonicClockWhateverTheWallClockSays() {
        String early = mint("alice").orElseThrow();
        clock.jump(Duration.ofHours(2));
        assertThat(redeem(early)).isTrue();

        String late = mint("alice").orElseThrow();
        clock.jump(Duration.ofHours(-2));
        clock.advance(Duration.ofSeconds(30)); // over the edge of the clock's range
        assertThat(redeem(late)).isFalse();
    }

    @Test
    void areDroppedWhenTheyAreOldAndAnotherIsMinted() {
        for (int i = 0; i < 10; i++) {
            assertThat(mint("a" + i)).isPresent();
            clock.advance(Duration.ofSeconds(1));
        }
        assertThat(mint("b")).isEmpty();
        clock.advance(Duration.ofSeconds(20)); // the first is 30 s old
        assertThat(mint("b")).isPresent();
        assertThat(mint("b")).isEmpty();
        assertThat(tickets.size()).isEqualTo(10);
        clock.advance(Duration.ofSeconds(30));
        assertThat(mint("b")).isPresent();
        assertThat(tickets.size()).isEqualTo(1);
    }

    @Test
    void makeRoomForAnAgentThatHoldsItsShareEvenWhenFull() {
        List<String> ofAlice = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ofAlice.add(mint("alice").orElseThrow());
        }
        for (int i = 0; i < 7; i++) {
            mint("a" + i);
        }
        assertThat(mint("bob")).isEmpty();
        assertThat(mint("alice")).isPresent();
        assertThat(redeem(ofAlice.get(0))).isFalse();
        assertThat(redeem(ofAlice.get(1))).isTrue();
        assertThat(tickets.size()).isEqualTo(9);
    }

    @Test
    void areUsedUpByAWrongUse() {
        String ticket = tickets.mint(identity("alice"), Endpoint.SIGNALING, Optional.of("https://a"))
                .orElseThrow();
        assertThat(tickets.redeem(ticket, Endpoint.SIGNALING, Optional.of("https://b")))
                .isEmpty();
        assertThat(tickets.redeem(ticket, Endpoint.SIGNALING, Optional.of("https://a")))
                .isEmpty();
        assertThat(tickets.size()).isZero();
    }

    @Test
    void areNotUsedUpByAGuess() {
        String ticket = mint("alice").orElseThrow();
        assertThat(redeem(ticket + "x")).isFalse();
        assertThat(redeem(ticket.substring(0, 45))).isFalse();
        assertThat(redeem(" " + ticket)).isFalse();
        assertThat(redeem(ticket)).isTrue();
    }

    @Test
    void areAllDifferent() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            assertThat(seen.add(mint("alice").orElseThrow())).isTrue();
        }
        assertThat(seen).allMatch(ticket -> ticket.matches("tk_[A-Za-z0-9_-]{43}"));
    }

    /** Against a model that is obviously right. */
    @Test
    void countRightAfterAnythingThatMayHappen() {
        Random random = new Random(7);
        record Live(String ticket, String agent, long minted) {}
        List<Live> live = new ArrayList<>();
        long second = 0;
        for (int step = 0; step < 5_000; step++) {
            long now = second;
            switch (random.nextInt(4)) {
                case 0, 1 -> {
                    String agent = "a" + random.nextInt(5);
                    live.removeIf(one -> now - one.minted() >= 30);
                    List<Live> own = live.stream()
                            .filter(one -> one.agent().equals(agent))
                            .toList();
                    if (own.size() == 3) {
                        live.remove(own.get(0));
                    }
                    Optional<String> ticket = mint(agent);
                    assertThat(ticket.isPresent()).as("room at step %d", step).isEqualTo(live.size() < 10);
                    ticket.ifPresent(value -> live.add(new Live(value, agent, now)));
                    assertThat(tickets.size()).isEqualTo(live.size());
                }
                case 2 -> {
                    if (!live.isEmpty()) {
                        Live one = live.remove(random.nextInt(live.size()));
                        assertThat(redeem(one.ticket())).as("step %d", step).isEqualTo(now - one.minted() < 30);
                        assertThat(redeem(one.ticket())).isFalse();
                    }
                }
                default -> {
                    clock.advance(Duration.ofSeconds(5));
                    second += 5;
                }
            }
        }
    }
}
