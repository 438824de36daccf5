package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.podbridge.identity.PeerId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.Limits;

/** A connection in its rooms, in both dialects that have them. Messages come serially; it may end on any thread. */
final class RoomPeer {

    private final Memberships memberships;
    private final RoomsDialect roomsDialect;
    private final TrackerDialect trackerDialect;

    RoomPeer(Rooms rooms, PeerId peerId, Throttle throttle, Limits limits, Consumer<ByteBuffer> send) {
        this.memberships = new Memberships(rooms, limits.maxRoomsPerConnection(), send);
        this.roomsDialect = new RoomsDialect(rooms, memberships, throttle, peerId, limits.maxOffersPerAnnounce(), send);
        this.trackerDialect = new TrackerDialect(
                rooms, memberships, throttle, limits.maxOffersPerAnnounce(), limits.maxRoomsPerConnection(), send);
    }

    /** Does what a message says; returns whether it was of one of the two dialects. */
    boolean handle(JsonMembers message) throws MalformedJsonException {
        if (trackerDialect.handle(message)) {
            return true;
        }
        String type = message.string("type");
        return type != null && roomsDialect.handle(type, message);
    }

    /** Leaves all rooms for good. Idempotent. */
    void end() {
        memberships.end();
    }
}
