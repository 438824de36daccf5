package org.podbridge.signaling;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.Endpoint;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.Handshake;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageSocket;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.PeerId;
import org.podbridge.identity.WebId;
import org.podbridge.json.JsonWriter;
import org.podbridge.limits.ByteBudget;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimiter;
import org.podbridge.policy.Admission;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.policy.LiveIdentity;
import org.podbridge.presence.PresenceRegistry;
import org.podbridge.signaling.identity.IdentityCodec;
import org.podbridge.time.Scheduler;

/** The endpoint at which agents meet. Thread-safe. */
public final class SignalingEndpoint implements Handshake {

    /** From this size on a message ends the connection, in bytes. */
    private static final long FATAL_MESSAGE_BYTES = 16L * 1024 * 1024;

    private final Admission admission;
    private final GuardedPolicy policy;
    private final Scheduler scheduler;
    private final SecureRandom random;
    private final RateLimiter rates;
    private final Limits limits;
    private final boolean anonymousRooms;
    private final PresenceRegistry<SignalingConnection> registry = new PresenceRegistry<>(new IdentityMessages());
    private final Rooms rooms;

    /**
     * Makes one.
     *
     * @param admission decides who gets in
     * @param policy decides who sees and calls whom
     * @param scheduler time
     * @param random the source of randomness
     * @param rates how often peers may do what
     * @param limits the limits
     * @param anonymousRooms whether somebody without an identity may connect
     */
    public SignalingEndpoint(
            Admission admission,
            GuardedPolicy policy,
            Scheduler scheduler,
            SecureRandom random,
            RateLimiter rates,
            Limits limits,
            boolean anonymousRooms) {
        this.admission = admission;
        this.policy = policy;
        this.scheduler = scheduler;
        this.random = random;
        this.rates = rates;
        this.limits = limits;
        this.anonymousRooms = anonymousRooms;
        this.rooms = new Rooms(
                limits.maxMembersPerRoom(), bound -> ThreadLocalRandom.current().nextInt(bound));
    }

    @Override
    public CompletionStage<HandshakeDecision> decide(RequestHead request) {
        return admission.admitSocket(
                request,
                Endpoint.SIGNALING,
                anonymousRooms,
                identity -> open(identity, request.remoteAddress().getAddress()));
    }

    private ConnectionListener open(Optional<LiveIdentity> identity, @Nullable InetAddress address) {
        MessageSocket.Settings settings = new MessageSocket.Settings(
                limits.maxSignalingMessageBytes(),
                FATAL_MESSAGE_BYTES,
                limits.maxSendQueueBytes(),
                limits.sendTimeout(),
                limits.pingInterval(),
                limits.silenceTimeout(),
                new ByteBudget(limits.maxSignalingMessageBytes()));
        MessageSocket.Handler handler = identity.isPresent()
                ? new SignalingConnection(
                        this,
                        identity.get(),
                        PeerId.random(random),
                        throttle(identity.get().now().webId(), address))
                : new AnonymousConnection(this, PeerId.random(random), throttle(null, address));
        return new MessageSocket(settings, scheduler, handler);
    }

    private Throttle throttle(@Nullable WebId webId, @Nullable InetAddress address) {
        return new Throttle(rates, rates.caller(webId, address));
    }

    /**
     * Describes the endpoint to who comes without a WebSocket.
     *
     * @return a JSON object
     */
    public ByteBuffer description() {
        return JsonWriter.object(256)
                .string("protocol", "webrtc-signaling")
                .strings("dialects", List.of("identity", "rooms", "tracker"))
                .strings("extensions", List.of())
                .startObject("limits")
                .number("maxMessageBytes", limits.maxSignalingMessageBytes())
                .endObject()
                .finish();
    }

    /**
     * Returns how many agents are online.
     *
     * @return the number
     */
    public int agentsOnline() {
        return registry.size();
    }

    /**
     * Returns how many rooms there are.
     *
     * @return the number
     */
    public int rooms() {
        return rooms.count();
    }

    /**
     * Returns how many members all rooms have together.
     *
     * @return the number
     */
    public int roomMembers() {
        return rooms.members();
    }

    RoomPeer roomPeer(PeerId peerId, Throttle throttle, Consumer<ByteBuffer> send) {
        return new RoomPeer(rooms, peerId, throttle, limits, send);
    }

    PresenceRegistry<SignalingConnection> registry() {
        return registry;
    }

    GuardedPolicy policy() {
        return policy;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    /** For how many messages one of so many bytes counts. */
    int messagesIn(long bytes) {
        return (int) (1 + bytes / limits.maxSignalingMessageBytes());
    }

    long maxWaitingBytes() {
        return limits.maxSendQueueBytes();
    }

    private static final class IdentityMessages implements PresenceRegistry.Messages {
        @Override
        public ByteBuffer joined(WebId webId) {
            return IdentityCodec.peerJoined(webId);
        }

        @Override
        public ByteBuffer left(WebId webId) {
            return IdentityCodec.peerLeft(webId);
        }
    }
}
