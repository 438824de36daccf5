package org.podbridge.benchmarks;

import java.net.URI;
import java.nio.ByteBuffer;
import java.util.Map;
import org.podbridge.Podbridge;
import org.podbridge.Route;
import org.podbridge.auth.AuthProvider;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.limits.Limits;
import org.podbridge.limits.RateLimits;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.testkit.ManualScheduler;

/** A Podbridge without rate limits, and connections to it that take whatever they are sent. */
final class SignalingServer {

    private final Podbridge podbridge = Podbridge.builder()
            .publicUri(URI.create("https://pod.example"))
            .authProvider(AuthProvider.fixed(Map.of()))
            .accessPolicy(AccessPolicy.anyAuthenticated())
            .anonymousRooms(true)
            .scheduler(new ManualScheduler())
            .limits(Limits.builder()
                    .maxConnections(100_000)
                    .maxMembersPerRoom(100_000)
                    .rates(RateLimits.none())
                    .build())
            .build();

    /** Somebody's connection. */
    static final class Client implements Connection {
        private final ConnectionListener listener;
        private long bytes;

        Client(ConnectionListener listener) {
            this.listener = listener;
            listener.onOpen(this);
        }

        /** Says something, and returns how many bytes the client has been sent so far. */
        long says(byte[] message) {
            listener.onPart(Chunk.of(message), MessageKind.TEXT, true);
            return bytes;
        }

        @Override
        public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
            bytes += message.remaining();
            completion.succeeded();
        }

        @Override
        public boolean tryPing() {
            return true;
        }

        @Override
        public void close(CloseStatus status) {
            listener.onClosed(status);
        }

        @Override
        public void abort() {
            listener.onClosed(CloseStatus.abnormal());
        }

        @Override
        public void pause(boolean paused) {
            // Nothing comes but what the benchmark says.
        }
    }

    Client connect() {
        RequestHead head = RequestHead.builder("GET", "/.webrtc")
                .authority("pod.example")
                .fields(HeaderFields.of("connection", "Upgrade", "upgrade", "websocket"))
                .build();
        HandshakeDecision decision = ((Route.WebSocket) podbridge.route(head))
                .handshake()
                .decide(head)
                .toCompletableFuture()
                .join();
        return new Client(((HandshakeDecision.Accept) decision).listener());
    }
}
