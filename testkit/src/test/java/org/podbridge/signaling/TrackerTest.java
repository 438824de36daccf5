package org.podbridge.signaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.fixture.Agent.json;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.fixture.Agent;
import org.podbridge.fixture.SignalingServer;

class TrackerTest {

    /** The digits of an id, and the same twenty bytes as JSON text of twenty characters. */
    private static final String HASH = "00e9ff41" + "61".repeat(16);

    private static final String BINARY_HASH = "\\u0000\u00e9\u00ffA" + "a".repeat(16);
    private static final String PEER_1 = "2d5757" + "31".repeat(17);
    private static final String BINARY_PEER_1 = "-WW" + "1".repeat(17);
    private static final String PEER_2 = "2d5757" + "32".repeat(17);
    private static final String BINARY_PEER_2 = "-WW" + "2".repeat(17);

    @RegisterExtension
    final SignalingServer server = SignalingServer.start(builder -> builder.anonymousRooms(true));

    private Agent first;
    private Agent second;

    @BeforeEach
    void connect() {
        first = client();
        second = client();
    }

    private Agent client() {
        return server.open("client", SignalingServer.PATH);
    }

    private static String announce(String hash, String peer, String more) {
        return "{'action':'announce','info_hash':'" + hash + "','peer_id':'" + peer + "'" + more + "}";
    }

    private static String stats(String hash, int complete, int incomplete) {
        return json("{'action':'announce','info_hash':'" + hash + "','complete':" + complete + ",'incomplete':"
                + incomplete + ",'interval':120}");
    }

    private static String offers(int from, int count) {
        List<String> offers = new ArrayList<>();
        for (int i = from; i < from + count; i++) {
            offers.add("{'offer':{'type':'offer','sdp':'v=" + i + "'},'offer_id':'id" + i + "'}");
        }
        return ",'offers':[" + String.join(",", offers) + "]";
    }

    private static String offer(String hash, String peer, int number) {
        return json("{'action':'announce','info_hash':'" + hash + "','peer_id':'" + peer + "','offer_id':'id" + number
                + "','offer':{'type':'offer','sdp':'v=" + number + "'}}");
    }

    private static String failure(String hash, String reason) {
        return json("{'action':'announce','info_hash':'" + hash + "','failure reason':'" + reason + "'}");
    }

    private void assertMembers(int members) {
        assertThat(server.podbridge().diagnostics().roomMembers()).isEqualTo(members);
    }

    @Test
    void introducesStockClients() {
        first.says(announce(
                BINARY_HASH,
                BINARY_PEER_1,
                ",'numwant':10,'uploaded':0,'downloaded':0,'left':100,'event':'started','trackerid':null"
                        + offers(0, 10)));
        assertThat(first.hears()).containsExactly(stats(BINARY_HASH, 0, 1));
        second.says(announce(BINARY_HASH, BINARY_PEER_2, ",'numwant':2,'left':0" + offers(0, 2)));
        assertThat(first.hears()).containsExactly(offer(BINARY_HASH, BINARY_PEER_2, 0));
        assertThat(second.hears()).containsExactly(stats(BINARY_HASH, 1, 1));
        first.says(announce(
                BINARY_HASH,
                BINARY_PEER_1,
                ",'to_peer_id':'" + BINARY_PEER_2 + "','offer_id':'id0','trackerid':null,"
                        + "'answer':{'type':'answer','sdp':'v=a'}"));
        assertThat(second.hears())
                .containsExactly(json("{'action':'announce','info_hash':'" + BINARY_HASH + "','peer_id':'"
                        + BINARY_PEER_1 + "','offer_id':'id0','answer':{'type':'answer','sdp':'v=a'}}"));
        assertThat(first.hears()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void writesIdsAsTheirReceiverDoes(boolean binaryHash, boolean binaryPeer) {
        first.says(announce(binaryHash ? BINARY_HASH : HASH, binaryPeer ? BINARY_PEER_1 : PEER_1, ""));
        assertThat(first.hears()).containsExactly(stats(binaryHash ? BINARY_HASH : HASH, 0, 1));
        String from = binaryPeer ? BINARY_PEER_2 : PEER_2;
        String hash = binaryHash ? BINARY_HASH : HASH;
        second.says(announce(HASH, PEER_2, offers(0, 1)));
        assertThat(first.hears()).containsExactly(offer(hash, from, 0));
        second.says(announce(BINARY_HASH, BINARY_PEER_2, offers(1, 1)));
        assertThat(first.hears()).containsExactly(offer(hash, from, 1));
        assertThat(second.hears()).containsExactly(stats(HASH, 0, 2), stats(BINARY_HASH, 0, 2));
        second.says(announce(HASH, PEER_2, ",'to_peer_id':'" + PEER_1 + "','offer_id':'x','answer':{}"));
        second.says(announce(
                HASH, PEER_2.toUpperCase(Locale.ROOT), ",'to_peer_id':'" + BINARY_PEER_1 + "','answer':'cipher'"));
        assertThat(first.hears())
                .containsExactly(
                        json("{'action':'announce','info_hash':'" + hash + "','peer_id':'" + from
                                + "','offer_id':'x','answer':{}}"),
                        json("{'action':'announce','info_hash':'" + hash + "','peer_id':'" + from
                                + "','answer':'cipher'}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'aaaaaaaaaaaaaaaaaaa'",
                "'aaaaaaaaaaaaaaaaaaaaa'",
                "'aaaaaaaaaaaaaaaaaaa\\u0100'",
                "'aaaaaaaaaaaaaaaaaaa\\ud800'",
                "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaag'",
                "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'",
                "''",
                "null",
                "7",
                "['aaaaaaaaaaaaaaaaaaaa']",
                "{}"
            })
    void refusesIdsThatAreNone(String id) {
        first.says("{'action':'announce','info_hash':" + id + ",'peer_id':'" + PEER_1 + "'}");
        first.says("{'action':'announce','info_hash':'" + HASH + "','peer_id':" + id + "}");
        first.says("{'action':'announce','peer_id':'" + PEER_1 + "'}");
        assertThat(first.hears())
                .containsExactly(
                        json("{'action':'announce','failure reason':'invalid info_hash'}"),
                        failure(HASH, "invalid peer_id"),
                        json("{'action':'announce','failure reason':'invalid info_hash'}"));
        assertMembers(0);
    }

    @Test
    void carriesManyTorrentsAndPeersOnOneSocket() {
        String other = "b".repeat(40);
        first.says(announce(HASH, PEER_1, ""));
        first.says(announce(other, PEER_1, ""));
        first.says(announce(HASH, PEER_2, ""));
        assertMembers(3);
        first.hears();
        second.says(announce(HASH, "c".repeat(40), offers(0, 5)));
        assertThat(first.hears()).containsExactly(offer(HASH, "c".repeat(40), 0), offer(HASH, "c".repeat(40), 1));
        assertThat(second.hears()).containsExactly(stats(HASH, 0, 3));
        first.says(announce(HASH, PEER_1, ",'event':'stopped'"));
        assertThat(first.hears()).containsExactly(stats(HASH, 0, 2));
        first.connection().cut();
        assertMembers(1);
    }

    @Test
    void letsNobodyTakeOrStopOrSpeakForThePeerOfAnother() {
        first.says(announce(HASH, PEER_1, ",'left':0"));
        client().says(announce(HASH, "c".repeat(40), ""));
        first.hears();
        for (String same : new String[] {PEER_1, PEER_1.toUpperCase(Locale.ROOT), BINARY_PEER_1}) {
            second.says(announce(HASH, same, ",'left':5" + offers(0, 1)));
            second.says(announce(HASH, same, ",'event':'stopped'"));
            second.says(announce(HASH, same, ",'to_peer_id':'" + "c".repeat(40) + "','answer':{}"));
            second.says(announce(HASH, same, ",'to_peer_id':'" + PEER_1 + "','answer':{}"));
            assertThat(second.hears()).containsExactly(failure(HASH, "peer_id is taken"), stats(HASH, 1, 1));
        }
        second.connection().cut();
        assertThat(first.hears()).isEmpty();
        assertMembers(2);
        Agent third = client();
        third.says(announce(HASH, PEER_2, offers(0, 2)));
        assertThat(first.hears()).containsExactly(offer(HASH, PEER_2, 0));
    }

    @Test
    void freesAPeerIdWithItsConnection() {
        first.says(announce(HASH, PEER_1, ""));
        first.connection().cut();
        second.says(announce(HASH, PEER_1, ""));
        assertThat(second.hears()).containsExactly(stats(HASH, 0, 1));
    }

    @Test
    void countsByWhatIsLeft() {
        first.says(announce(HASH, PEER_1, ",'left':5"));
        second.says(announce(HASH, PEER_2, ",'left':0"));
        assertThat(second.hears()).containsExactly(stats(HASH, 1, 1));
        first.says(announce(HASH, PEER_1, ",'event':'update'"));
        first.says(announce(HASH, PEER_1, ",'event':'completed'"));
        first.says(announce(HASH, PEER_1, ",'event':'completed','left':0"));
        first.says(announce(HASH, PEER_1, ",'event':7,'left':null"));
        first.says(announce(HASH, PEER_1, ",'left':5000000000"));
        first.says(announce(HASH, PEER_1, ",'left':'0'"));
        first.says(announce(HASH, PEER_1, ",'left':-1"));
        first.says(announce(HASH, PEER_1, ",'left':0.0"));
        assertThat(first.hears())
                .containsExactly(
                        stats(HASH, 0, 1),
                        stats(HASH, 1, 1),
                        stats(HASH, 2, 0),
                        stats(HASH, 2, 0),
                        stats(HASH, 2, 0),
                        stats(HASH, 1, 1),
                        stats(HASH, 1, 1),
                        stats(HASH, 1, 1),
                        stats(HASH, 2, 0));
        first.connection().cut();
        second.says(announce(HASH, PEER_2, ""));
        assertThat(second.hears()).containsExactly(stats(HASH, 1, 0));
        second.says(announce(HASH, PEER_2, ",'event':'stopped'"));
        assertThat(second.hears()).containsExactly(stats(HASH, 0, 0));
        second.says(announce(HASH, PEER_2, ",'event':'stopped'"));
        assertThat(second.hears()).containsExactly(stats(HASH, 0, 0));
        assertMembers(0);
    }

    @ParameterizedTest
    @CsvSource({"2, 2", "0, 0", "1000000000, 10", "-1, 10", "1.9, 1", "null, 10", "'\"3\"', 10", "[], 10"})
    void givesAsManyOffersAsAreWanted(String numwant, int expected) {
        List<Agent> members = new ArrayList<>();
        for (int i = 10; i < 30; i++) {
            Agent member = client();
            member.says(announce(HASH, (i + "").repeat(20), ""));
            member.hears();
            members.add(member);
        }
        first.says(announce(HASH, PEER_1, ",'numwant':" + numwant + offers(0, 15)));
        List<String> heard = new ArrayList<>();
        for (Agent member : members) {
            List<String> own = member.hears();
            assertThat(own).hasSizeLessThanOrEqualTo(1);
            heard.addAll(own);
        }
        List<String> all = new ArrayList<>();
        for (int i = 0; i < expected; i++) {
            all.add(offer(HASH, PEER_1, i));
        }
        assertThat(heard).containsExactlyInAnyOrderElementsOf(all);
        assertThat(first.hears()).containsExactly(stats(HASH, 0, 21));
    }

    @Test
    void passesOverUnusableOffersAndThenSparesTheMembers() {
        first.says(announce(HASH, PEER_1, ""));
        first.hears();
        second.says(announce(
                HASH,
                PEER_2,
                ",'offers':[null,7,[],{'offer_id':'x'},{'offer':null},{'offer':{'sdp':1},'offer_id':null}]"));
        assertThat(first.hears())
                .containsExactly(json("{'action':'announce','info_hash':'" + HASH + "','peer_id':'" + PEER_2
                        + "','offer_id':'5','offer':{'sdp':1}}"));
        second.says(announce(HASH, PEER_2, ",'offers':{'0':{'offer':{}}}"));
        assertThat(first.hears()).isEmpty();
        assertThat(second.hears()).containsExactly(stats(HASH, 0, 2), stats(HASH, 0, 2));
    }

    @Test
    void makesNobodyAMemberForAnAnswer() {
        first.says(announce(HASH, PEER_1, ""));
        first.hears();
        String to = ",'to_peer_id':'" + PEER_1 + "'";
        second.says(announce(HASH, PEER_2, to + ",'answer':{}"));
        second.says(announce(HASH, PEER_2, to));
        second.says(announce(HASH, PEER_2, to + ",'answer':7"));
        second.says(announce(HASH, PEER_2, ",'answer':{}"));
        second.says(announce("d".repeat(40), PEER_2, to + ",'answer':{}"));
        assertThat(first.hears()).isEmpty();
        assertThat(second.hears()).isEmpty();
        assertMembers(1);
    }

    @Test
    void relaysAnswersWithinTheTorrentOnly() {
        String other = "d".repeat(40);
        first.says(announce(HASH, PEER_1, ""));
        second.says(announce(other, PEER_2, ""));
        first.hears();
        second.hears();
        second.says(announce(other, PEER_2, ",'to_peer_id':'" + PEER_1 + "','answer':{}"));
        second.says(announce(HASH, PEER_2, ",'to_peer_id':'" + PEER_1 + "','answer':{}"));
        assertThat(first.hears()).isEmpty();
        assertThat(second.hears()).isEmpty();
    }

    @Test
    void scrapesOneSeveralAndNone() {
        first.says(announce(HASH, PEER_1, ",'left':7"));
        first.says(announce(HASH, PEER_1, ",'event':'completed'"));
        second.says(announce(HASH, PEER_2, ",'left':7"));
        second.hears();
        String counts = "{'complete':1,'incomplete':1,'downloaded':1}";
        String none = "{'complete':0,'incomplete':0,'downloaded':0}";
        String end = "},'flags':{'min_request_interval':120}}";
        second.says("{'action':'scrape','info_hash':'" + HASH + "'}");
        second.says("{'action':'scrape','info_hash':['" + BINARY_HASH + "','" + "d".repeat(40) + "','" + BINARY_HASH
                + "']}");
        second.says("{'action':'scrape'}");
        second.says("{'action':'scrape','info_hash':null}");
        second.says("{'action':'scrape','info_hash':[]}");
        assertThat(second.hears())
                .containsExactly(
                        json("{'action':'scrape','files':{'" + HASH + "':" + counts + end),
                        json("{'action':'scrape','files':{'" + BINARY_HASH + "':" + counts + ",'" + "d".repeat(40)
                                + "':" + none + end),
                        json("{'action':'scrape','files':{" + end),
                        json("{'action':'scrape','files':{" + end),
                        json("{'action':'scrape','files':{" + end));
        assertMembers(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "{}", "'x'", "[7]", "['x']", "[null]", "true"})
    void refusesToScrapeWhatIsNoHash(String hash) {
        first.says("{'action':'scrape','info_hash':" + hash + "}");
        assertThat(first.hears()).containsExactly(json("{'action':'scrape','failure reason':'invalid info_hash'}"));
    }

    @Test
    void scrapesNoMoreTorrentsThanOneMayBeIn() {
        StringBuilder hashes = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            hashes.append(i == 0 ? "" : ",")
                    .append("'")
                    .append((10 + i + "").repeat(20))
                    .append("'");
        }
        first.says("{'action':'scrape','info_hash':[" + hashes + "]}");
        assertThat(first.hears()).singleElement().asString().contains("5959").doesNotContain("6060");
    }

    @Test
    void sharesRoomsWithTheOtherDialect() {
        Agent alice = server.connect("alice");
        String aliceId = alice.peerId();
        alice.says("{'type':'announce','resource':'" + HASH + "'}");
        alice.hears();
        first.says(announce(BINARY_HASH, BINARY_PEER_1, offers(0, 1)));
        assertThat(alice.hears()).containsExactly(offer(HASH, PEER_1, 0)); // in its sender's dialect
        assertThat(first.hears()).containsExactly(stats(BINARY_HASH, 0, 2));
        alice.says("{'type':'answer','resource':'" + HASH + "','to':'" + PEER_1 + "','offer_id':'id0','sdp':'s'}");
        assertThat(first.hears())
                .containsExactly(json("{'type':'answer','resource':'" + HASH + "','from':'" + aliceId
                        + "','offer_id':'id0','sdp':'s'}"));
        alice.says("{'type':'announce','resource':'" + HASH + "','offers':[{'offer_id':'o','sdp':'t'}]}");
        assertThat(first.hears())
                .containsExactly(json("{'type':'offer','resource':'" + HASH + "','from':'" + aliceId
                        + "','offer_id':'o','sdp':'t'}"));
        first.says(announce(BINARY_HASH, BINARY_PEER_1, ",'to_peer_id':'" + aliceId + "','answer':{'sdp':'u'}"));
        assertThat(alice.hears())
                .containsExactly(
                        json("{'type':'resource-peers','resource':'" + HASH + "','count':1}"),
                        json("{'action':'announce','info_hash':'" + HASH + "','peer_id':'" + PEER_1
                                + "','answer':{'sdp':'u'}}"));
    }

    @Test
    void comesBeforeTheOtherDialects() {
        first.says(announce(HASH, PEER_1, ",'type':'announce','resource':'01234567'"));
        assertThat(first.hears()).containsExactly(stats(HASH, 0, 1));
        first.says("{'action':'nonsense','type':'announce','resource':'01234567'}");
        first.says("{'action':7,'type':'announce','resource':'01234567'}");
        assertThat(first.hears())
                .containsExactly(
                        json("{'type':'resource-peers','resource':'01234567','count':0}"),
                        json("{'type':'resource-peers','resource':'01234567','count':0}"));
    }

    @Test
    void isLeftByAnAgentThatConnectsAnew() {
        Agent old = server.connect("alice");
        old.says(announce(HASH, PEER_1, ""));
        Agent young = server.connect("alice");
        young.hears();
        young.says(announce(HASH, PEER_1, ""));
        assertThat(young.hears()).containsExactly(stats(HASH, 0, 1));
    }
}
