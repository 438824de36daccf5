package org.podbridge.signaling.rooms;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonMembers;

/** What a peer says in the rooms dialect. Slices are valid as long as the message's bytes. */
public sealed interface RoomsMessage {

    /**
     * The peer enters a room, or is there already, and has something for others.
     *
     * @param resource the room
     * @param offers one for each member, in join order; null where an entry is unusable
     */
    record Announce(String resource, List<@Nullable Offer> offers) implements RoomsMessage {}

    /**
     * The peer answers an offer.
     *
     * @param resource the room
     * @param to the peer that offered; empty if none is named
     * @param offerId which offer, if it is said
     * @param sdp the session description, if there is one
     */
    record Answer(String resource, String to, JsonMembers.@Nullable Slice offerId, JsonMembers.@Nullable Slice sdp)
            implements RoomsMessage {}

    /**
     * The peer leaves a room.
     *
     * @param resource the room
     */
    record Leave(String resource) implements RoomsMessage {}

    /**
     * The message can't be understood, and its sender is told.
     *
     * @param error what is wrong
     */
    record Refused(String error) implements RoomsMessage {}

    /** The message can't mean anything, and nobody is told. */
    record Ignored() implements RoomsMessage {}

    /**
     * A session description for whoever gets it.
     *
     * @param id the content of the offer's id, if it has one
     * @param index the place among the offers of its announce
     * @param sdp the content of the session description
     */
    record Offer(JsonMembers.@Nullable Slice id, int index, JsonMembers.Slice sdp) {}
}
