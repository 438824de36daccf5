package org.podbridge.signaling.rooms;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.PeerId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/** Reads and writes messages of the rooms dialect. Stateless. */
public final class RoomsCodec {

    private static final Pattern RESOURCE = Pattern.compile("[a-fA-F0-9]{8,128}");
    private static final RoomsMessage IGNORED = new RoomsMessage.Ignored();
    private static final RoomsMessage INVALID_RESOURCE = new RoomsMessage.Refused("Invalid resource hash");

    private RoomsCodec() {}

    /**
     * Reads a message.
     *
     * @param type its type
     * @param message its members
     * @param maxOffers how many offers count
     * @return what it says, or null if it is of another dialect
     * @throws MalformedJsonException if it isn't JSON within the limits after all
     */
    public static @Nullable RoomsMessage read(String type, JsonMembers message, int maxOffers)
            throws MalformedJsonException {
        return switch (type) {
            case "announce" -> announce(message, maxOffers);
            case "leave" -> leave(message);
            case "answer" -> message.has("resource") && !message.isNull("resource") ? answer(message) : null;
            default -> null;
        };
    }

    private static RoomsMessage announce(JsonMembers message, int maxOffers) throws MalformedJsonException {
        String resource = resource(message);
        if (resource == null) {
            return INVALID_RESOURCE;
        }
        List<@Nullable JsonMembers> entries = message.objects("offers", maxOffers);
        List<RoomsMessage.@Nullable Offer> offers = new ArrayList<>(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            JsonMembers entry = entries.get(i);
            JsonMembers.Slice sdp = entry == null ? null : entry.stringContent("sdp");
            offers.add(
                    entry == null || sdp == null
                            ? null
                            : new RoomsMessage.Offer(entry.stringContent("offer_id"), i, sdp));
        }
        return new RoomsMessage.Announce(resource, offers);
    }

    private static RoomsMessage answer(JsonMembers message) throws MalformedJsonException {
        String resource = resource(message);
        if (resource == null) {
            return IGNORED; // a room of this name can't exist
        }
        String to = message.string("to");
        return new RoomsMessage.Answer(
                resource, to == null ? "" : to, message.stringContent("offer_id"), message.stringContent("sdp"));
    }

    private static RoomsMessage leave(JsonMembers message) throws MalformedJsonException {
        String resource = resource(message);
        return resource == null ? IGNORED : new RoomsMessage.Leave(resource);
    }

    private static @Nullable String resource(JsonMembers message) throws MalformedJsonException {
        String resource = message.string("resource");
        return resource != null && RESOURCE.matcher(resource).matches() ? resource : null;
    }

    /**
     * Writes an offer.
     *
     * @param resource the room
     * @param from who offers
     * @param offer what it wrote
     * @return the message
     */
    public static ByteBuffer offer(String resource, PeerId from, RoomsMessage.Offer offer) {
        JsonWriter json = JsonWriter.object(256 + offer.sdp().length())
                .string("type", "offer")
                .string("resource", resource)
                .string("from", from.value());
        if (offer.id() != null) {
            json.copiedString("offer_id", offer.id());
        } else {
            json.string("offer_id", Integer.toString(offer.index()));
        }
        return json.copiedString("sdp", offer.sdp()).finish();
    }

    /**
     * Writes how many others are in a room.
     *
     * @param resource the room
     * @param count the others
     * @return the message
     */
    public static ByteBuffer resourcePeers(String resource, int count) {
        return JsonWriter.object(256)
                .string("type", "resource-peers")
                .string("resource", resource)
                .number("count", count)
                .finish();
    }

    /**
     * Writes an answer.
     *
     * @param resource the room
     * @param from who answers
     * @param offerId which offer, if it is said
     * @param sdp the content of the session description
     * @return the message
     */
    public static ByteBuffer answer(
            String resource, PeerId from, JsonMembers.@Nullable Slice offerId, JsonMembers.Slice sdp) {
        JsonWriter json = JsonWriter.object(256 + sdp.length())
                .string("type", "answer")
                .string("resource", resource)
                .string("from", from.value());
        if (offerId != null) {
            json.copiedString("offer_id", offerId);
        }
        return json.copiedString("sdp", sdp).finish();
    }
}
