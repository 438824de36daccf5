package org.podbridge.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.podbridge.testkit.RawWebSocket;

/** A tunnel client on a raw socket, as its author might get it wrong. */
final class TunnelPeer implements AutoCloseable {

    private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]+)\"");
    private static final Pattern PATH = Pattern.compile("\"path\":\"([^\"]+)\"");

    private final RawWebSocket socket;

    private TunnelPeer(RawWebSocket socket) {
        this.socket = socket;
    }

    /**
     * What a visitor asked.
     *
     * @param id what the answer must name
     * @param path the path
     */
    record Asked(String id, String path) {}

    static TunnelPeer connect(Pod pod, String token) {
        return new TunnelPeer(RawWebSocket.open(pod.uri(), "/.tunnel?token=" + token));
    }

    static TunnelPeer register(Pod pod, String token, String name) {
        TunnelPeer peer = connect(pod, token);
        peer.socket.sendText("{\"type\":\"register\",\"name\":\"" + name + "\"}");
        assertThat(peer.read())
                .isEqualTo("{\"type\":\"registered\",\"name\":\"" + name + "\",\"url\":\"/tunnel/" + name
                        + "/\",\"passthrough\":false}");
        return peer;
    }

    RawWebSocket socket() {
        return socket;
    }

    String read() {
        return socket.readMessage().text();
    }

    Asked readRequest() {
        String message = read();
        return new Asked(find(ID, message), find(PATH, message));
    }

    void answer(String id, String text) {
        socket.sendText("{\"type\":\"response\",\"id\":\"" + id
                + "\",\"status\":200,\"headers\":{\"content-type\":\"text/plain\"},\"body\":\"" + text + "\"}");
    }

    private static String find(Pattern pattern, String message) {
        Matcher matcher = pattern.matcher(message);
        assertThat(matcher.find()).as(message).isTrue();
        return matcher.group(1);
    }

    @Override
    public void close() {
        socket.close();
    }
}
