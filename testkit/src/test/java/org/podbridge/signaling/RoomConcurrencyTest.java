package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

/** Peers that enter, leave, vanish, replace each other and fight for peer ids, all at once and in a few rooms. */
class RoomConcurrencyTest {

    private static final int THREADS = 6;
    private static final int STEPS = 400;
    private static final int ROOMS = 3;
    private static final int PEER_IDS = 3;
    private static final Pattern NUMBER = Pattern.compile("\"sdp\":\"(\\d)/(\\d+)\"");

    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    private final SignalingServer server = SignalingServer.start(builder -> builder.anonymousRooms(true));

    private static String room(int room) {
        return (room + "").repeat(40);
    }

    /** A connection, and where its replies say that it is a member. */
    private static final class Life {
        final Agent agent;
        final Set<String> places = new HashSet<>();
        final Map<String, Integer> lastOfSender = new HashMap<>();

        Life(Agent agent) {
            this.agent = agent;
        }

        /**
         * Reads what came, which may be offers of others, up to the answer to an announcement, and returns whether it
         * says that it got in. A thread that is just sending something else to this connection sends the answer too,
         * and may take its time.
         */
        boolean gotIn() {
            boolean in = false;
            boolean answered = false;
            while (!answered) {
                answered = agent.connection().isClosed(); // before looking, so that nothing comes after
                for (String message : agent.hears()) {
                    checkOrder(message);
                    boolean got =
                            message.startsWith(json("{'type':'resource-peers'")) || message.contains("\"complete\"");
                    boolean refused =
                            message.startsWith(json("{'type':'error'")) || message.contains("\"failure reason\"");
                    in |= got;
                    answered |= got || refused;
                }
                Thread.onSpinWait();
            }
            return in;
        }

        private void checkOrder(String message) {
            Matcher number = NUMBER.matcher(message);
            if (number.find()) {
                Integer before = lastOfSender.put(number.group(1), Integer.valueOf(number.group(2)));
                assertThat(before == null || before < Integer.parseInt(number.group(2)))
                        .as("order")
                        .isTrue();
            }
        }

        void live(int self, int step, Random random) {
            int room = random.nextInt(ROOMS);
            int dice = random.nextInt(6);
            String offer = "'sdp':'" + self + "/" + step + "'";
            if (dice < 2) {
                agent.says("{'type':'announce','resource':'" + room(room) + "','offers':[{" + offer + "}]}");
                if (gotIn()) {
                    places.add(room + "");
                }
            } else if (dice < 3) {
                agent.says("{'type':'leave','resource':'" + room(room) + "'}");
                places.remove(room + "");
            } else {
                int peer = random.nextInt(PEER_IDS);
                boolean stops = dice == 3;
                agent.says("{'action':'announce','info_hash':'" + room(room) + "','peer_id':'" + (peer + "").repeat(40)
                        + "','left':" + random.nextInt(2) + (stops ? ",'event':'stopped'" : "")
                        + ",'offers':[{'offer':{" + offer + "}}]}");
                boolean in = gotIn();
                if (stops) {
                    places.remove(room + "/" + peer);
                } else if (in) {
                    places.add(room + "/" + peer);
                }
            }
        }
    }

    private List<Life> run(int self, Random random) {
        List<Life> lives = new ArrayList<>();
        Life life = null;
        for (int step = 0; step < STEPS; step++) {
            int dice = random.nextInt(20);
            if (life == null || life.agent.connection().isClosed() || dice == 0) {
                // Two threads share a WebID, and each replaces the other's connection while that is in use.
                life = new Life(
                        self % 3 == 0 ? server.open("visitor", SignalingServer.PATH) : server.connect("a" + self % 3));
                lives.add(life);
            } else if (dice == 1) {
                life.agent.connection().cut();
            } else {
                life.live(self, step, random);
            }
        }
        return lives;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void everyMemberIsOfAnOpenConnectionAndEveryPeerIdOfOne(int seed) throws Exception {
        List<Future<List<Life>>> running = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            int self = i;
            running.add(threads.submit(() -> run(self, new Random(seed * 100L + self))));
        }
        List<Life> lives = new ArrayList<>();
        for (Future<List<Life>> run : running) {
            lives.addAll(run.get(60, TimeUnit.SECONDS));
        }
        threads.shutdown();

        List<String> pairs = new ArrayList<>();
        Set<String> rooms = new HashSet<>();
        int members = 0;
        for (Life life : lives) {
            if (!life.agent.connection().isClosed()) {
                members += life.places.size();
                life.places.forEach(place -> rooms.add(place.substring(0, 1)));
                life.places.stream().filter(place -> place.contains("/")).forEach(pairs::add);
            }
        }
        assertThat(pairs).doesNotHaveDuplicates();
        assertThat(server.podbridge().diagnostics().roomMembers()).isEqualTo(members);
        assertThat(server.podbridge().diagnostics().rooms()).isEqualTo(rooms.size());
        server.checkNothingIsLeft();
    }
}
