package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.podbridge.signaling.tracker.TrackerId;

/** One peer in one room. Its room guards what changes, but for the forms, which only its connection sets. */
final class Member {

    /** Under which the others of the room address it. */
    final String address;

    /** How to reach it; never called under a lock of ours. */
    final Consumer<ByteBuffer> sink;

    /** How its client writes the torrent's id. */
    volatile TrackerId.Form infoHashForm = TrackerId.Form.DIGITS;

    /** How its client writes ids of peers. */
    volatile TrackerId.Form peerIdForm = TrackerId.Form.DIGITS;

    // Guarded by the room's lock.
    int position;
    boolean isComplete;

    Member(String address, Consumer<ByteBuffer> sink) {
        this.address = address;
        this.sink = sink;
    }
}
