package org.podbridge.tunnel.relay;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.testkit.LoopbackConnection;
import org.podbridge.tunnel.v1.ClientMessage;
import org.podbridge.tunnel.v1.ClientMessageCodec;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v1.RelayMessageCodec;

/** A tunnel client that the test plays. */
record TunnelClient(LoopbackConnection connection) {

    void say(String json) {
        connection.receiveText(json);
    }

    void register(String name, String... members) {
        say("{\"type\":\"register\",\"name\":\"" + name + "\""
                + (members.length == 0 ? "" : "," + String.join(",", members)) + "}");
    }

    void unregister(String name) {
        say("{\"type\":\"unregister\",\"name\":\"" + name + "\"}");
    }

    /** Returns the next message of the relay as it came. */
    String heard() {
        return connection.take().text();
    }

    void heardNothing() {
        assertThat(connection.texts()).isEmpty();
    }

    void refused(String message) {
        assertThat(heard()).isEqualTo("{\"type\":\"error\",\"message\":\"" + message + "\"}");
    }

    /** Returns the next message of the relay, which is a request. */
    RelayMessage.Request asked() {
        LoopbackConnection.Message message = connection.take();
        assertThat(message.kind()).isEqualTo(MessageKind.TEXT);
        byte[] bytes = message.bytes();
        try {
            return (RelayMessage.Request) RelayMessageCodec.decode(bytes, bytes.length);
        } catch (MalformedJsonException e) {
            throw new AssertionError(e);
        }
    }

    void answer(RelayMessage.Request request, int status, String body, String... fields) {
        answer(request, status, body.getBytes(StandardCharsets.UTF_8), fields);
    }

    void answer(RelayMessage.Request request, int status, byte[] body, String... fields) {
        ByteBuffer message = ClientMessageCodec.encodeResponse(
                request.id(), new ClientMessage.ResponseContent(status, HeaderFields.of(fields), body));
        say(StandardCharsets.UTF_8.decode(message).toString());
    }

    /** Answers with members as they are given, such as {@code "status":200}. */
    void answerWith(RelayMessage.Request request, String... members) {
        say("{\"type\":\"response\",\"id\":\"" + request.id() + "\""
                + (members.length == 0 ? "" : "," + String.join(",", members)) + "}");
    }

    void isClosedWith(int code) {
        assertThat(connection.closeStatus())
                .hasValueSatisfying(status -> assertThat(status.code()).isEqualTo(code));
    }

    void isOpen() {
        assertThat(connection.isClosed()).isFalse();
        assertThat(connection.closeStatus()).isEmpty();
    }
}
