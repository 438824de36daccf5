package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.podbridge.signaling.tracker.TrackerId;

/**
 * Where one connection is a member, and under which addresses. Once ended it is a member nowhere, and never again: what
 * the peer says meanwhile on another thread can't undo that. Thread-safe.
 *
 * <p>Lock order: a connection's memberships before a room.
 */
final class Memberships {

    private final Rooms rooms;
    private final int max;
    private final Consumer<ByteBuffer> sink;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<Place, Member> held = new HashMap<>();
    private boolean ended;

    /**
     * Where a connection is a member.
     *
     * @param room the room's name
     * @param address the address in it
     */
    record Place(String room, String address) {}

    /**
     * How a client writes ids.
     *
     * @param infoHash the torrent's
     * @param peerId those of peers
     */
    record Forms(TrackerId.Form infoHash, TrackerId.Form peerId) {
        static final Forms DIGITS = new Forms(TrackerId.Form.DIGITS, TrackerId.Form.DIGITS);
    }

    Memberships(Rooms rooms, int max, Consumer<ByteBuffer> sink) {
        this.rooms = rooms;
        this.max = max;
        this.sink = sink;
    }

    /** Enters a room, or stays there. */
    Room.Entry enter(Place place, Forms forms, Room.Progress progress, int wanted, Room.Order order) {
        lock.lock();
        try {
            if (ended) {
                return Room.Entry.refused(Room.Outcome.ENDED);
            }
            Member known = held.get(place);
            if (known == null && held.size() >= max) {
                return Room.Entry.refused(Room.Outcome.TOO_MANY);
            }
            Member member = known == null ? new Member(place.address(), sink) : known;
            member.infoHashForm = forms.infoHash();
            member.peerIdForm = forms.peerId();
            Room.Entry entry = rooms.enter(place.room(), member, progress, wanted, order);
            if (entry.isIn()) {
                held.put(place, member);
            }
            return entry;
        } finally {
            lock.unlock();
        }
    }

    /** Tells whether the connection is in a room under an address. */
    boolean holds(Place place) {
        lock.lock();
        try {
            return held.containsKey(place);
        } finally {
            lock.unlock();
        }
    }

    /** Leaves a room; does nothing if the connection isn't there under that address. */
    void leave(Place place) {
        lock.lock();
        try {
            Member member = held.remove(place);
            if (member != null) {
                rooms.leave(place.room(), member);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Leaves everywhere, for good. Idempotent. */
    void end() {
        List<Map.Entry<Place, Member>> left;
        lock.lock();
        try {
            ended = true;
            left = new ArrayList<>(held.entrySet());
            held.clear();
        } finally {
            lock.unlock();
        }
        left.forEach(entry -> rooms.leave(entry.getKey().room(), entry.getValue()));
    }
}
