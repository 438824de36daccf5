package org.podbridge.benchmarks;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.podbridge.benchmarks.SignalingServer.Client;

/**
 * An announce, from the bytes that come to the last one that is sent. It should cost the same in a room of two whether
 * there are ten rooms or ten thousand, and in a room of ten thousand; and more with each offer.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime) // whose median stays true on a busy machine
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class AnnounceBenchmark {

    private static final String SDP = "v=0\\r\\n".repeat(200); // of 1 kB

    /** How many rooms there are besides the one that is announced in, each of two. */
    @Param({"10", "10000"})
    int rooms;

    /** How many others are in the room. */
    @Param({"1", "10", "10000"})
    int members;

    /** How many offers an announce carries. */
    @Param({"0", "1", "10"})
    int offers;

    private final SignalingServer server = new SignalingServer();
    private final Client client = server.connect();
    private byte[] roomsAnnounce = {};
    private byte[] trackerAnnounce = {};
    private byte[] leave = {};

    /** Fills the rooms. */
    @Setup(Level.Trial)
    public void fill() {
        for (int room = 0; room < rooms; room++) {
            for (int member = 0; member < 2; member++) {
                server.connect().says(bytes("{\"type\":\"announce\",\"resource\":\"" + (10_000_000 + room) + "\"}"));
            }
        }
        String room = "a".repeat(40);
        for (int member = 0; member < members; member++) {
            server.connect().says(bytes("{\"type\":\"announce\",\"resource\":\"" + room + "\"}"));
        }
        roomsAnnounce = bytes("{\"type\":\"announce\",\"resource\":\"" + room + "\",\"offers\":["
                + list("{\"offer_id\":\"o\",\"sdp\":\"" + SDP + "\"}") + "]}");
        trackerAnnounce = bytes("{\"action\":\"announce\",\"info_hash\":\"" + room + "\",\"peer_id\":\""
                + "b".repeat(40) + "\",\"numwant\":10,\"left\":1,\"offers\":["
                + list("{\"offer_id\":\"o\",\"offer\":{\"type\":\"offer\",\"sdp\":\"" + SDP + "\"}}") + "]}");
        leave = bytes("{\"type\":\"leave\",\"resource\":\"" + room + "\"}");
    }

    private String list(String offer) {
        return offers == 0 ? "" : (offer + ",").repeat(offers - 1) + offer;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** In the rooms dialect, by who is in the room. */
    @Benchmark
    public long inRooms() {
        return client.says(roomsAnnounce);
    }

    /** In the rooms dialect, by who enters and leaves again. */
    @Benchmark
    public long enteringAndLeaving() {
        client.says(roomsAnnounce);
        return client.says(leave);
    }

    /** In the tracker dialect, which draws peers. */
    @Benchmark
    public long asATracker() {
        return client.says(trackerAnnounce);
    }
}
