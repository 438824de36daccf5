package org.podbridge.signaling.tracker;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonMembers;

/** What a peer says in the tracker dialect. Slices are valid as long as the message's bytes. */
public sealed interface TrackerMessage {

    /**
     * A peer takes part in a torrent, or stops to.
     *
     * @param infoHash the torrent
     * @param peerId the peer
     * @param event what happened
     * @param left whether something is left to be got
     * @param offers what it has for others, at most as many as it wants
     */
    record Announce(TrackerId infoHash, TrackerId peerId, Event event, Left left, List<Offer> offers)
            implements TrackerMessage {}

    /**
     * A peer answers an offer.
     *
     * @param infoHash the torrent
     * @param peerId the peer
     * @param to the peer that offered
     * @param offerId which offer, if it is said
     * @param answer the answer
     */
    record Answer(
            TrackerId infoHash,
            TrackerId peerId,
            String to,
            JsonMembers.@Nullable Slice offerId,
            JsonMembers.Slice answer)
            implements TrackerMessage {}

    /**
     * Somebody wants to know how many take part in torrents.
     *
     * @param infoHashes the torrents
     */
    record Scrape(List<TrackerId> infoHashes) implements TrackerMessage {}

    /**
     * The message can't be understood, and its sender is told.
     *
     * @param action what it wanted
     * @param infoHash the torrent, if it could be read
     * @param reason what is wrong
     */
    record Refused(String action, @Nullable TrackerId infoHash, String reason) implements TrackerMessage {}

    /** The message can't mean anything, and nobody is told. */
    record Ignored() implements TrackerMessage {}

    /** What happened to a peer. */
    enum Event {
        /** It began, goes on, or says nothing that we know. */
        UPDATE,
        /** It has got everything. */
        COMPLETED,
        /** It takes part no more. */
        STOPPED
    }

    /** What a peer has still to get. */
    enum Left {
        /** It doesn't say. */
        UNKNOWN,
        /** Nothing: it is a seeder. */
        NOTHING,
        /** Something: it is a leecher. */
        SOMETHING
    }

    /**
     * A session description for whoever gets it.
     *
     * @param id the content of the offer's id, if it has one
     * @param index the place among the offers of its announce
     * @param offer the value that the peer wrote
     */
    record Offer(JsonMembers.@Nullable Slice id, int index, JsonMembers.Slice offer) {}
}
