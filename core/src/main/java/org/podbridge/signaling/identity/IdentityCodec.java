package org.podbridge.signaling.identity;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.podbridge.identity.PeerId;
import org.podbridge.identity.WebId;
import org.podbridge.json.JsonMembers;
import org.podbridge.json.JsonWriter;

/** Writes what the server says in the identity dialect. Stateless. */
public final class IdentityCodec {

    private static final Set<String> RELAYED_TYPES = Set.of("offer", "answer", "candidate", "hangup");
    private static final int MAX_ECHOED_TYPE = 64;

    private IdentityCodec() {}

    /**
     * Tells whether messages of a type go from agent to agent.
     *
     * @param type the type
     * @return whether it is relayed
     */
    public static boolean isRelayed(String type) {
        return RELAYED_TYPES.contains(type);
    }

    /**
     * Writes the first message of a connection.
     *
     * @param you the agent
     * @param peerId the connection
     * @param peers the other agents that it may see
     * @return the message
     */
    public static ByteBuffer welcome(WebId you, PeerId peerId, Collection<WebId> peers) {
        return JsonWriter.object(256)
                .string("type", "peers")
                .string("you", you.value())
                .string("peerId", peerId.value())
                .strings("peers", peers.stream().map(WebId::value).toList())
                .finish();
    }

    /**
     * Writes that an agent came.
     *
     * @param webId the agent
     * @return the message
     */
    public static ByteBuffer peerJoined(WebId webId) {
        return presence("peer-joined", webId);
    }

    /**
     * Writes that an agent left.
     *
     * @param webId the agent
     * @return the message
     */
    public static ByteBuffer peerLeft(WebId webId) {
        return presence("peer-left", webId);
    }

    private static ByteBuffer presence(String type, WebId webId) {
        return JsonWriter.object(128)
                .string("type", type)
                .string("webId", webId.value())
                .finish();
    }

    /**
     * Writes what an agent says to another. A session description and a candidate are copied as they came, everything
     * else that the sender wrote is left out.
     *
     * @param type the type
     * @param from who says it
     * @param message what it wrote
     * @return the message
     */
    public static ByteBuffer relayed(String type, WebId from, JsonMembers message) {
        JsonMembers.Slice sdp = message.stringContent("sdp");
        JsonMembers.Slice candidate = message.object("candidate");
        int size = 128 + (sdp == null ? 0 : sdp.length()) + (candidate == null ? 0 : candidate.length());
        JsonWriter json = JsonWriter.object(size).string("type", type).string("from", from.value());
        if (sdp != null) {
            json.copiedString("sdp", sdp);
        }
        if (candidate != null) {
            json.copiedValue("candidate", candidate);
        }
        return json.finish();
    }

    /**
     * Writes an error.
     *
     * @param message what is wrong
     * @return the message
     */
    public static ByteBuffer error(String message) {
        return JsonWriter.object(96)
                .string("type", "error")
                .string("message", message)
                .finish();
    }

    /**
     * Writes that the identity of a connection was renewed.
     *
     * @param expiresAt when the new one ends, if it does
     * @return the message
     */
    public static ByteBuffer authenticated(Optional<Instant> expiresAt) {
        JsonWriter json = JsonWriter.object(96).string("type", "authenticated");
        expiresAt.ifPresent(end -> json.number("expiresAt", end.getEpochSecond()));
        return json.finish();
    }

    /**
     * Writes that a type isn't known.
     *
     * @param type the type, which is cut to 64 characters
     * @return the message
     */
    public static ByteBuffer unknownType(String type) {
        return error("Unknown type \"" + cut(type) + "\"");
    }

    private static String cut(String type) {
        if (type.length() <= MAX_ECHOED_TYPE) {
            return type;
        }
        boolean splitsPair = Character.isHighSurrogate(type.charAt(MAX_ECHOED_TYPE - 1));
        return type.substring(0, splitsPair ? MAX_ECHOED_TYPE - 1 : MAX_ECHOED_TYPE);
    }

    /**
     * Writes that an agent can't be reached, whether it isn't there or isn't to be seen.
     *
     * @param to whom the sender addressed
     * @return the message
     */
    public static ByteBuffer notOnline(String to) {
        return JsonWriter.object(128)
                .string("type", "error")
                .string("message", "Peer not online")
                .string("peer", to)
                .finish();
    }
}
