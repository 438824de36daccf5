package org.podbridge.signaling;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;
import org.podbridge.signaling.tracker.TrackerCodec;
import org.podbridge.signaling.tracker.TrackerMessage;

/**
 * The peers that meet under one name. Entering, leaving and finding a peer take the same time however many there are;
 * choosing takes time for each that is chosen. Calls nobody. Thread-safe.
 */
final class Room {

    private final int maxMembers;
    private final IntUnaryOperator random;

    private final ReentrantLock lock = new ReentrantLock();
    // All below guarded by lock.
    private final Map<String, Member> inJoinOrder = new LinkedHashMap<>();
    /** The same members without order, so that any can be drawn; each knows its position. */
    private final List<Member> unordered = new ArrayList<>(2);

    private int complete;
    private long downloaded;
    /** Whether the last member has left. Then the room is no longer, and who wants to enter takes a new one. */
    private boolean ended;

    /** In which order members are chosen. */
    enum Order {
        /** Those who came first. */
        JOIN,
        /** Any, if there are more than are wanted. */
        ANY
    }

    /** Whether a member could enter. */
    enum Outcome {
        ENTERED(""),
        /** It was in the room already. */
        STAYED(""),
        /** Another connection has its address. */
        TAKEN("peer_id is taken"),
        FULL("Resource is full"),
        /** Its connection is a member in too many places. */
        TOO_MANY("Too many resources"),
        /** The room, or the member's connection, is no longer. */
        ENDED("");

        private final String reason;

        Outcome(String reason) {
            this.reason = reason;
        }

        /** Returns why not, if the peer is to know. */
        Optional<String> reason() {
            return reason.isEmpty() ? Optional.empty() : Optional.of(reason);
        }
    }

    /**
     * What came of entering.
     *
     * @param outcome whether it did
     * @param chosen the others that were chosen
     * @param others how many others there are
     * @param stats how many there are in all
     */
    record Entry(Outcome outcome, List<Member> chosen, int others, TrackerCodec.Stats stats) {
        static Entry refused(Outcome outcome) {
            return new Entry(outcome, List.of(), 0, new TrackerCodec.Stats(0, 0, 0));
        }

        boolean isIn() {
            return outcome == Outcome.ENTERED || outcome == Outcome.STAYED;
        }
    }

    /**
     * What a peer says of itself.
     *
     * @param event what happened
     * @param left what it has still to get
     */
    record Progress(TrackerMessage.Event event, TrackerMessage.Left left) {
        static final Progress NONE = new Progress(TrackerMessage.Event.UPDATE, TrackerMessage.Left.UNKNOWN);
    }

    Room(int maxMembers, IntUnaryOperator random) {
        this.maxMembers = maxMembers;
        this.random = random;
    }

    /** Lets a member in, unless it is in already, and chooses others for it. */
    Entry enter(Member member, Progress progress, int wanted, Order order) {
        lock.lock();
        try {
            Member present = inJoinOrder.get(member.address);
            Outcome outcome = outcome(member, present);
            if (outcome != Outcome.ENTERED && outcome != Outcome.STAYED) {
                return Entry.refused(outcome);
            }
            if (present == null) {
                member.position = unordered.size();
                unordered.add(member);
                inJoinOrder.put(member.address, member);
            }
            note(member, progress);
            return new Entry(outcome, choose(member, wanted, order), unordered.size() - 1, stats());
        } finally {
            lock.unlock();
        }
    }

    private Outcome outcome(Member member, @Nullable Member present) {
        if (ended) {
            return Outcome.ENDED;
        }
        if (present != null) {
            return present == member ? Outcome.STAYED : Outcome.TAKEN;
        }
        return unordered.size() < maxMembers ? Outcome.ENTERED : Outcome.FULL;
    }

    private void note(Member member, Progress progress) {
        boolean before = member.isComplete;
        boolean completed = progress.event() == TrackerMessage.Event.COMPLETED;
        if (progress.left() != TrackerMessage.Left.UNKNOWN || completed) {
            member.isComplete = completed || progress.left() == TrackerMessage.Left.NOTHING;
        }
        if (before != member.isComplete) {
            complete += before ? -1 : 1;
            downloaded += completed ? 1 : 0;
        }
    }

    private List<Member> choose(Member chooser, int wanted, Order order) {
        int others = unordered.size() - 1;
        List<Member> chosen = new ArrayList<>(Math.min(wanted, others));
        if (order == Order.ANY && others > wanted) {
            draw(chooser, wanted, chosen);
            return chosen;
        }
        for (Member member : inJoinOrder.values()) {
            if (chosen.size() >= wanted) {
                break;
            }
            if (member != chooser) {
                chosen.add(member);
            }
        }
        return chosen;
    }

    /** Draws as many as are wanted without putting any back, by Floyd's method; the chooser's place isn't drawn. */
    private void draw(Member chooser, int wanted, List<Member> drawn) {
        int last = unordered.size() - 1;
        for (int top = last - wanted; top < last; top++) {
            int place = random.applyAsInt(top + 1);
            Member any = other(place, chooser);
            drawn.add(drawn.contains(any) ? other(top, chooser) : any);
        }
    }

    /** Counts the last one in the chooser's place, so that places 0 to size - 2 are all others. */
    private Member other(int place, Member chooser) {
        return unordered.get(place == chooser.position ? unordered.size() - 1 : place);
    }

    /** Lets a member out; returns whether it was in. */
    boolean leave(Member member) {
        lock.lock();
        try {
            if (!inJoinOrder.remove(member.address, member)) {
                return false;
            }
            Member last = unordered.remove(unordered.size() - 1);
            if (last != member) {
                last.position = member.position;
                unordered.set(last.position, last);
            }
            complete -= member.isComplete ? 1 : 0;
            ended = unordered.isEmpty();
            return true;
        } finally {
            lock.unlock();
        }
    }

    @Nullable Member find(String address) {
        lock.lock();
        try {
            return inJoinOrder.get(address);
        } finally {
            lock.unlock();
        }
    }

    boolean isEnded() {
        lock.lock();
        try {
            return ended;
        } finally {
            lock.unlock();
        }
    }

    TrackerCodec.Stats currentStats() {
        lock.lock();
        try {
            return stats();
        } finally {
            lock.unlock();
        }
    }

    private TrackerCodec.Stats stats() {
        return new TrackerCodec.Stats(complete, unordered.size() - complete, downloaded);
    }
}
