package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomTest {

    private final Random random = new Random(1);
    private final Rooms rooms = new Rooms(1_000, random::nextInt);

    private static Member member(int name) {
        return new Member("m" + name, message -> {});
    }

    private Room.Entry enter(Member member, int wanted, Room.Order order) {
        return rooms.enter("room", member, Room.Progress.NONE, wanted, order);
    }

    private List<Member> fill(int count) {
        List<Member> members = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            members.add(member(i));
            assertThat(enter(members.get(i), 0, Room.Order.JOIN).outcome()).isEqualTo(Room.Outcome.ENTERED);
        }
        return members;
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "3, 1", "12, 10", "11, 10", "100, 10", "5, 10"})
    void drawsEveryOtherMemberAsOftenAsAnyAndNeverTheChooser(int size, int wanted) {
        List<Member> members = fill(size);
        int[] drawn = new int[size];
        int rounds = 20_000;
        for (int round = 0; round < rounds; round++) {
            Member chooser = members.get(round % size);
            List<Member> chosen = enter(chooser, wanted, Room.Order.ANY).chosen();
            assertThat(chosen).doesNotContain(chooser).doesNotHaveDuplicates().hasSize(Math.min(wanted, size - 1));
            for (Member member : chosen) {
                drawn[members.indexOf(member)]++;
            }
        }
        double expected = (double) rounds * Math.min(wanted, size - 1) / size;
        for (int times : drawn) {
            assertThat((double) times).isBetween(expected * 0.9, expected * 1.1);
        }
    }

    @Test
    void agreesWithASimplerModelWhateverHappens() {
        List<Member> all = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            all.add(member(i));
        }
        List<Member> model = new ArrayList<>();
        for (int step = 0; step < 20_000; step++) {
            Member member = all.get(random.nextInt(all.size()));
            if (random.nextInt(5) < 2) {
                rooms.leave("room", member);
                model.remove(member);
            } else {
                int wanted = random.nextInt(12);
                Room.Order order = random.nextBoolean() ? Room.Order.JOIN : Room.Order.ANY;
                Room.Entry entry = enter(member, wanted, order);
                assertThat(entry.outcome() == Room.Outcome.STAYED).isEqualTo(model.contains(member));
                List<Member> others = new ArrayList<>(model);
                others.remove(member);
                assertThat(entry.others()).isEqualTo(others.size());
                if (order == Room.Order.JOIN) {
                    assertThat(entry.chosen()).isEqualTo(others.subList(0, Math.min(wanted, others.size())));
                } else {
                    Set<Member> chosen = new HashSet<>(entry.chosen());
                    assertThat(chosen).hasSize(Math.min(wanted, others.size()));
                    assertThat(others).containsAll(chosen);
                }
                if (!model.contains(member)) {
                    model.add(member);
                }
            }
            assertThat(rooms.members()).isEqualTo(model.size());
            assertThat(rooms.count()).isEqualTo(model.isEmpty() ? 0 : 1);
        }
    }

    @Test
    void isEnteredAnewByWhoComesWhileItEnds() {
        Member first = member(1);
        enter(first, 0, Room.Order.JOIN);
        Room room = rooms.find("room");
        assertThat(room).isNotNull();
        assertThat(room.leave(first)).isTrue(); // and it isn't taken away yet
        assertThat(rooms.find("room")).isSameAs(room);
        assertThat(enter(member(2), 0, Room.Order.JOIN).outcome()).isEqualTo(Room.Outcome.ENTERED);
        assertThat(rooms.find("room")).isNotSameAs(room);
        assertThat(room.leave(first)).isFalse();
    }

    @Test
    void givesAnAddressToOneMemberOnly() {
        Member first = member(1);
        Member second = member(1);
        enter(first, 0, Room.Order.JOIN);
        assertThat(enter(second, 0, Room.Order.JOIN).outcome()).isEqualTo(Room.Outcome.TAKEN);
        rooms.leave("room", second);
        assertThat(rooms.members()).isEqualTo(1);
    }

    @Test
    void endsMembershipsForGood() {
        Memberships memberships = new Memberships(rooms, 5, message -> {});
        Memberships.Place place = new Memberships.Place("room", "m");
        memberships.enter(place, Memberships.Forms.DIGITS, Room.Progress.NONE, 0, Room.Order.JOIN);
        memberships.end();
        assertThat(rooms.count()).isZero();
        Room.Entry entry = memberships.enter(place, Memberships.Forms.DIGITS, Room.Progress.NONE, 0, Room.Order.JOIN);
        assertThat(entry.outcome()).isEqualTo(Room.Outcome.ENDED);
        assertThat(rooms.count()).isZero();
        assertThat(memberships.holds(place)).isFalse();
    }
}
