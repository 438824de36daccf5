package org.podbridge.signaling;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * All rooms by name. A room begins when somebody enters it and ends when the last one leaves. There is no lock over all
 * rooms: what happens in one never waits for another. Thread-safe.
 */
final class Rooms {

    private final int maxMembers;
    private final IntUnaryOperator random;
    private final ConcurrentHashMap<String, Room> byName = new ConcurrentHashMap<>();
    private final LongAdder members = new LongAdder();

    /**
     * Makes none.
     *
     * @param maxMembers how many peers a room may have
     * @param random draws a number from zero up to a bound, exclusively
     */
    Rooms(int maxMembers, IntUnaryOperator random) {
        this.maxMembers = maxMembers;
        this.random = random;
    }

    Room.Entry enter(String name, Member member, Room.Progress progress, int wanted, Room.Order order) {
        while (true) {
            Room room = byName.computeIfAbsent(name, any -> new Room(maxMembers, random));
            Room.Entry entry = room.enter(member, progress, wanted, order);
            if (entry.outcome() == Room.Outcome.ENTERED) {
                members.increment();
            }
            if (entry.outcome() != Room.Outcome.ENDED) {
                return entry;
            }
            byName.remove(name, room); // instead of waiting for who ended it
        }
    }

    void leave(String name, Member member) {
        Room room = byName.get(name);
        if (room != null && room.leave(member)) {
            members.decrement();
            if (room.isEnded()) {
                byName.remove(name, room);
            }
        }
    }

    @Nullable Room find(String name) {
        return byName.get(name);
    }

    int count() {
        return byName.size();
    }

    int members() {
        return members.intValue();
    }
}
