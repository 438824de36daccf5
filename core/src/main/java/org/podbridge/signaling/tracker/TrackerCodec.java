package org.podbridge.signaling.tracker;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;
import org.podbridge.json.MalformedJsonException;

/** Reads and writes messages of the tracker dialect. Reads leniently: clients differ. Stateless. */
public final class TrackerCodec {

    /** What announces are called, and their replies. */
    public static final String ANNOUNCE = "announce";

    private static final String SCRAPE = "scrape";
    private static final int INTERVAL_SECONDS = 120;
    private static final TrackerMessage IGNORED = new TrackerMessage.Ignored();

    private TrackerCodec() {}

    /**
     * Reads a message.
     *
     * @param message its members
     * @param maxOffers how many offers count
     * @param maxTorrents how many torrents of a scrape count
     * @return what it says, or null if it is of another dialect
     * @throws MalformedJsonException if it isn't JSON within the limits after all
     */
    public static @Nullable TrackerMessage read(JsonMembers message, int maxOffers, int maxTorrents)
            throws MalformedJsonException {
        String action = message.string("action");
        if (action == null) {
            return null;
        }
        return switch (action) {
            case ANNOUNCE -> announce(message, maxOffers);
            case SCRAPE -> scrape(message, maxTorrents);
            default -> null;
        };
    }

    private static TrackerMessage announce(JsonMembers message, int maxOffers) throws MalformedJsonException {
        boolean isAnswer = isPresent(message, "answer") || isPresent(message, "to_peer_id");
        TrackerId infoHash = TrackerId.of(message.string("info_hash"));
        if (infoHash == null) {
            return new TrackerMessage.Refused(ANNOUNCE, null, "invalid info_hash");
        }
        TrackerId peerId = TrackerId.of(message.string("peer_id"));
        if (peerId == null) {
            return new TrackerMessage.Refused(ANNOUNCE, infoHash, "invalid peer_id");
        }
        if (isAnswer) {
            return answer(infoHash, peerId, message);
        }
        return new TrackerMessage.Announce(
                infoHash, peerId, event(message.string("event")), left(message), offers(message, maxOffers));
    }

    private static boolean isPresent(JsonMembers message, String name) {
        return message.has(name) && !message.isNull(name);
    }

    private static TrackerMessage answer(TrackerId infoHash, TrackerId peerId, JsonMembers message)
            throws MalformedJsonException {
        JsonMembers.Slice answer = objectOrString(message, "answer");
        String to = message.string("to_peer_id");
        if (answer == null || to == null) {
            return IGNORED; // an answer has no reply, not even a bad one
        }
        TrackerId toPeerId = TrackerId.of(to);
        return new TrackerMessage.Answer(
                infoHash,
                peerId,
                toPeerId == null ? to : toPeerId.canonical(),
                message.stringContent("offer_id"),
                answer);
    }

    private static TrackerMessage.Event event(@Nullable String event) {
        if (event == null) {
            return TrackerMessage.Event.UPDATE;
        }
        return switch (event) {
            case "completed" -> TrackerMessage.Event.COMPLETED;
            case "stopped" -> TrackerMessage.Event.STOPPED;
            default -> TrackerMessage.Event.UPDATE;
        };
    }

    private static TrackerMessage.Left left(JsonMembers message) {
        double left = message.number("left", -1);
        if (left < 0) {
            return TrackerMessage.Left.UNKNOWN;
        }
        return left == 0 ? TrackerMessage.Left.NOTHING : TrackerMessage.Left.SOMETHING;
    }

    private static List<TrackerMessage.Offer> offers(JsonMembers message, int maxOffers) throws MalformedJsonException {
        double wanted = message.number("numwant", -1);
        int most = wanted < 0 ? maxOffers : (int) Math.min(wanted, maxOffers);
        List<@Nullable JsonMembers> entries = message.objects("offers", most);
        List<TrackerMessage.Offer> offers = new ArrayList<>(entries.size());
        for (int i = 0; i < entries.size(); i++) {
            JsonMembers entry = entries.get(i);
            JsonMembers.Slice offer = entry == null ? null : objectOrString(entry, "offer");
            if (entry != null && offer != null) {
                offers.add(new TrackerMessage.Offer(entry.stringContent("offer_id"), i, offer));
            }
        }
        return offers;
    }

    /** Clients that hide their descriptions from the tracker put a text where others have an object. */
    private static JsonMembers.@Nullable Slice objectOrString(JsonMembers message, String name) {
        JsonMembers.Slice content = message.stringContent(name);
        return content == null
                ? message.object(name)
                : new JsonMembers.Slice(content.bytes(), content.offset() - 1, content.length() + 2);
    }

    private static TrackerMessage scrape(JsonMembers message, int maxTorrents) throws MalformedJsonException {
        if (!isPresent(message, "info_hash")) {
            return new TrackerMessage.Scrape(List.of());
        }
        String one = message.string("info_hash");
        List<String> texts = one == null ? message.strings("info_hash") : List.of(one);
        Set<TrackerId> infoHashes = new LinkedHashSet<>();
        for (String text : texts == null ? List.of("") : texts) {
            TrackerId infoHash = TrackerId.of(text);
            if (infoHash == null) {
                return new TrackerMessage.Refused(SCRAPE, null, "invalid info_hash");
            }
            if (infoHashes.size() < maxTorrents) {
                infoHashes.add(infoHash);
            }
        }
        return new TrackerMessage.Scrape(List.copyOf(infoHashes));
    }

    /**
     * How many peers of a torrent there are.
     *
     * @param complete seeders
     * @param incomplete leechers
     * @param downloaded how many have become seeders
     */
    public record Stats(int complete, int incomplete, long downloaded) {}

    /**
     * Writes the reply to an announce.
     *
     * @param infoHash the torrent
     * @param stats its peers
     * @return the message
     */
    public static ByteBuffer stats(TrackerId infoHash, Stats stats) {
        return JsonWriter.object(160)
                .string("action", ANNOUNCE)
                .string("info_hash", infoHash.text())
                .number("complete", stats.complete())
                .number("incomplete", stats.incomplete())
                .number("interval", INTERVAL_SECONDS)
                .finish();
    }

    /**
     * Writes an offer.
     *
     * @param infoHash the torrent as its receiver writes it
     * @param peerId who offers, as the receiver writes ids
     * @param offer what it wrote
     * @return the message
     */
    public static ByteBuffer offer(String infoHash, String peerId, TrackerMessage.Offer offer) {
        JsonWriter json = relayed(infoHash, peerId, offer.offer().length());
        if (offer.id() != null) {
            json.copiedString("offer_id", offer.id());
        } else {
            json.string("offer_id", Integer.toString(offer.index()));
        }
        return json.copiedValue("offer", offer.offer()).finish();
    }

    /**
     * Writes an answer.
     *
     * @param infoHash the torrent as its receiver writes it
     * @param peerId who answers, as the receiver writes ids
     * @param answer what it wrote
     * @return the message
     */
    public static ByteBuffer answer(String infoHash, String peerId, TrackerMessage.Answer answer) {
        JsonWriter json = relayed(infoHash, peerId, answer.answer().length());
        if (answer.offerId() != null) {
            json.copiedString("offer_id", answer.offerId());
        }
        return json.copiedValue("answer", answer.answer()).finish();
    }

    private static JsonWriter relayed(String infoHash, String peerId, int bytes) {
        return JsonWriter.object(256 + bytes)
                .string("action", ANNOUNCE)
                .string("info_hash", infoHash)
                .string("peer_id", peerId);
    }

    /**
     * Writes that something can't be done.
     *
     * @param action what was wanted
     * @param infoHash for which torrent, if it is known
     * @param reason why not
     * @return the message
     */
    public static ByteBuffer failure(String action, @Nullable TrackerId infoHash, String reason) {
        JsonWriter json = JsonWriter.object(128).string("action", action);
        if (infoHash != null) {
            json.string("info_hash", infoHash.text());
        }
        return json.string("failure reason", reason).finish();
    }

    /**
     * Writes the reply to a scrape.
     *
     * @param infoHashes the torrents
     * @param stats the peers of each
     * @return the message
     */
    public static ByteBuffer scrape(List<TrackerId> infoHashes, List<Stats> stats) {
        JsonWriter json = JsonWriter.object(64 + 128 * infoHashes.size())
                .string("action", SCRAPE)
                .startObject("files");
        for (int i = 0; i < infoHashes.size(); i++) {
            json.startObject(infoHashes.get(i).text())
                    .number("complete", stats.get(i).complete())
                    .number("incomplete", stats.get(i).incomplete())
                    .number("downloaded", stats.get(i).downloaded())
                    .endObject();
        }
        return json.endObject()
                .startObject("flags")
                .number("min_request_interval", INTERVAL_SECONDS)
                .endObject()
                .finish();
    }
}
