package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.signaling.tracker.TrackerCodec;
import org.podbridge.signaling.tracker.TrackerId;
import org.podbridge.signaling.tracker.TrackerMessage;

/** What one connection does in the tracker dialect, where it may be many peers. Calls come serially. */
final class TrackerDialect {

    private static final TrackerCodec.Stats NOBODY = new TrackerCodec.Stats(0, 0, 0);

    private final Rooms rooms;
    private final Memberships memberships;
    private final Throttle throttle;
    private final int maxOffers;
    private final int maxTorrents;
    private final Consumer<ByteBuffer> reply;

    TrackerDialect(
            Rooms rooms,
            Memberships memberships,
            Throttle throttle,
            int maxOffers,
            int maxTorrents,
            Consumer<ByteBuffer> reply) {
        this.rooms = rooms;
        this.memberships = memberships;
        this.throttle = throttle;
        this.maxOffers = maxOffers;
        this.maxTorrents = maxTorrents;
        this.reply = reply;
    }

    /** Does what a message says; returns whether it was of this dialect. */
    boolean handle(JsonMembers json) throws MalformedJsonException {
        TrackerMessage message = TrackerCodec.read(json, maxOffers, maxTorrents);
        if (message instanceof TrackerMessage.Announce announce) {
            announceOrStop(announce);
        } else if (message instanceof TrackerMessage.Answer answer) {
            answer(answer);
        } else if (message instanceof TrackerMessage.Scrape scrape) {
            scrape(scrape.infoHashes());
        } else if (message instanceof TrackerMessage.Refused refused) {
            reply.accept(TrackerCodec.failure(refused.action(), refused.infoHash(), refused.reason()));
        }
        return message != null;
    }

    private static Memberships.Place place(TrackerId infoHash, TrackerId peerId) {
        return new Memberships.Place(infoHash.digits(), peerId.canonical());
    }

    private void announceOrStop(TrackerMessage.Announce announce) {
        boolean stops = announce.event() == TrackerMessage.Event.STOPPED;
        Optional<String> refusal =
                throttle.announceRefusal(stops ? 0 : announce.offers().size());
        if (refusal.isPresent()) {
            fail(announce.infoHash(), refusal.get());
        } else if (stops) {
            stop(announce);
        } else {
            announce(announce);
        }
    }

    private void announce(TrackerMessage.Announce announce) {
        TrackerId infoHash = announce.infoHash();
        List<TrackerMessage.Offer> offers = announce.offers();
        Room.Entry entry = memberships.enter(
                place(infoHash, announce.peerId()),
                new Memberships.Forms(infoHash.form(), announce.peerId().form()),
                new Room.Progress(announce.event(), announce.left()),
                offers.size(),
                Room.Order.ANY);
        if (!entry.isIn()) {
            entry.outcome().reason().ifPresent(reason -> fail(infoHash, reason));
            return;
        }
        for (int i = 0; i < entry.chosen().size(); i++) {
            Member to = entry.chosen().get(i);
            to.sink.accept(TrackerCodec.offer(
                    TrackerId.written(infoHash.digits(), to.infoHashForm),
                    TrackerId.written(announce.peerId().canonical(), to.peerIdForm),
                    offers.get(i)));
        }
        reply.accept(TrackerCodec.stats(infoHash, entry.stats()));
    }

    private void fail(TrackerId infoHash, String reason) {
        reply.accept(TrackerCodec.failure(TrackerCodec.ANNOUNCE, infoHash, reason));
    }

    /** Replies to who isn't a member just as to who is: nobody learns whose a peer id is. */
    private void stop(TrackerMessage.Announce announce) {
        memberships.leave(place(announce.infoHash(), announce.peerId()));
        reply.accept(TrackerCodec.stats(announce.infoHash(), stats(announce.infoHash())));
    }

    private void answer(TrackerMessage.Answer answer) {
        Room room = rooms.find(answer.infoHash().digits());
        if (room == null || !memberships.holds(place(answer.infoHash(), answer.peerId()))) {
            return;
        }
        Member target = room.find(answer.to());
        if (target != null) {
            target.sink.accept(TrackerCodec.answer(
                    TrackerId.written(answer.infoHash().digits(), target.infoHashForm),
                    TrackerId.written(answer.peerId().canonical(), target.peerIdForm),
                    answer));
        }
    }

    private void scrape(List<TrackerId> infoHashes) {
        reply.accept(TrackerCodec.scrape(
                infoHashes, infoHashes.stream().map(this::stats).toList()));
    }

    private TrackerCodec.Stats stats(TrackerId infoHash) {
        Room room = rooms.find(infoHash.digits());
        return room == null ? NOBODY : room.currentStats();
    }
}
