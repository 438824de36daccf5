package org.podbridge.signaling;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.PeerId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.signaling.identity.IdentityCodec;
import org.podbridge.signaling.rooms.RoomsCodec;
import org.podbridge.signaling.rooms.RoomsMessage;

/** What one connection does in the rooms dialect. Calls come serially. */
final class RoomsDialect {

    private final Rooms rooms;
    private final Memberships memberships;
    private final Throttle throttle;
    private final PeerId peerId;
    private final int maxOffers;
    private final Consumer<ByteBuffer> reply;

    RoomsDialect(
            Rooms rooms,
            Memberships memberships,
            Throttle throttle,
            PeerId peerId,
            int maxOffers,
            Consumer<ByteBuffer> reply) {
        this.rooms = rooms;
        this.memberships = memberships;
        this.throttle = throttle;
        this.peerId = peerId;
        this.maxOffers = maxOffers;
        this.reply = reply;
    }

    /** Does what a message says; returns whether it was of this dialect. */
    boolean handle(String type, JsonMembers json) throws MalformedJsonException {
        RoomsMessage message = RoomsCodec.read(type, json, maxOffers);
        if (message instanceof RoomsMessage.Announce announce) {
            announce(announce);
        } else if (message instanceof RoomsMessage.Answer answer) {
            answer(answer);
        } else if (message instanceof RoomsMessage.Leave leave) {
            memberships.leave(place(leave.resource()));
        } else if (message instanceof RoomsMessage.Refused refused) {
            error(refused.error());
        }
        return message != null;
    }

    private Memberships.Place place(String resource) {
        return new Memberships.Place(resource, peerId.value());
    }

    private void announce(RoomsMessage.Announce announce) {
        List<RoomsMessage.@Nullable Offer> offers = announce.offers();
        Optional<String> refusal = throttle.announceRefusal(offers.size());
        if (refusal.isPresent()) {
            error(refusal.get());
            return;
        }
        Room.Entry entry = memberships.enter(
                place(announce.resource()),
                Memberships.Forms.DIGITS,
                Room.Progress.NONE,
                offers.size(),
                Room.Order.JOIN);
        if (!entry.isIn()) {
            entry.outcome().reason().ifPresent(this::error);
            return;
        }
        for (int i = 0; i < entry.chosen().size(); i++) {
            RoomsMessage.Offer offer = offers.get(i);
            if (offer != null) {
                entry.chosen().get(i).sink.accept(RoomsCodec.offer(announce.resource(), peerId, offer));
            }
        }
        reply.accept(RoomsCodec.resourcePeers(announce.resource(), entry.others()));
    }

    /** Says nothing to who isn't in the room, so that nobody can find out which rooms there are. */
    private void answer(RoomsMessage.Answer answer) {
        Room room = rooms.find(answer.resource());
        if (room == null || !memberships.holds(place(answer.resource()))) {
            return;
        }
        Member target = room.find(answer.to());
        if (target == null) {
            error("Peer not in resource group");
        } else if (answer.sdp() != null) {
            target.sink.accept(RoomsCodec.answer(answer.resource(), peerId, answer.offerId(), answer.sdp()));
        }
    }

    private void error(String message) {
        reply.accept(IdentityCodec.error(message));
    }
}
