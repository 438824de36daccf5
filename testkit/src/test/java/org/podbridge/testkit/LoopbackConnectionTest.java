package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.Connection;
import org.podbridge.connection.ConnectionListener;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;

class LoopbackConnectionTest {

    private final List<String> events = new ArrayList<>();
    private final List<Chunk> lent = new ArrayList<>();
    private final List<Chunk> retained = new ArrayList<>();
    private boolean retain;

    private final LoopbackConnection connection = LoopbackConnection.open(new ConnectionListener() {
        @Override
        public void onOpen(Connection connection) {
            events.add("open");
        }

        @Override
        public void onPart(Chunk part, MessageKind kind, boolean last) {
            events.add(kind + " " + UTF_8.decode(part.data().duplicate()) + (last ? "." : ""));
            lent.add(part);
            if (retain) {
                retained.add(part.retain());
            }
        }

        @Override
        public void onPing() {
            events.add("ping");
        }

        @Override
        public void onPong() {
            events.add("pong");
        }

        @Override
        public void onClosed(CloseStatus status) {
            events.add("closed " + status.code());
        }
    });

    private final Completion completion = new Completion() {
        @Override
        public void succeeded() {
            events.add("sent");
        }

        @Override
        public void failed(Throwable cause) {
            events.add("not sent");
        }
    };

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    @Test
    void passesWhatThePeerSays() {
        connection.receiveParts(MessageKind.TEXT, "a".getBytes(UTF_8), "b".getBytes(UTF_8));
        connection.receiveBinary("c".getBytes(UTF_8));
        connection.receivePing();
        connection.receivePong();
        connection.peerCloses(new CloseStatus(4000, ""));
        connection.receiveText("late");
        connection.cut();

        assertThat(events).containsExactly("open", "TEXT a", "TEXT b.", "BINARY c.", "ping", "pong", "closed 4000");
    }

    @Test
    void recordsWhatCoreSends() {
        connection.send(bytes("hello"), MessageKind.TEXT, completion);
        assertThat(connection.tryPing()).isTrue();
        connection.close(new CloseStatus(CloseStatus.NORMAL, "done"));

        assertThat(connection.texts()).containsExactly("hello");
        assertThat(connection.take().kind()).isEqualTo(MessageKind.TEXT);
        assertThat(connection.pings()).isEqualTo(1);
        assertThat(connection.closeStatus()).contains(new CloseStatus(CloseStatus.NORMAL, "done"));
        assertThat(events).containsExactly("open", "sent", "closed 1000");
    }

    @Test
    void refusesASecondSendWhileOneIsOutstanding() {
        connection.holdSends();
        connection.send(bytes("one"), MessageKind.TEXT, completion);

        assertThatIllegalStateException().isThrownBy(() -> connection.send(bytes("two"), MessageKind.TEXT, completion));
        assertThat(events).containsExactly("open");

        connection.releaseSends();
        assertThat(events).containsExactly("open", "sent");
    }

    @Test
    void noticesABufferThatChangesBeforeItsCompletion() {
        connection.holdSends();
        ByteBuffer buffer = bytes("one");
        connection.send(buffer, MessageKind.TEXT, completion);
        buffer.put(0, (byte) 'x');

        assertThatIllegalStateException().isThrownBy(connection::completeSend);
    }

    @Test
    void failsTheOutstandingSendWhenAborted() {
        connection.holdSends();
        connection.send(bytes("one"), MessageKind.TEXT, completion);
        connection.abort();
        connection.abort();

        assertThat(events).containsExactly("open", "not sent", "closed 1006");
        assertThat(connection.isAborted()).isTrue();
    }

    @Test
    void tellsOfTheEndBehindTheCallThatCausedIt() {
        List<String> order = new ArrayList<>();
        LoopbackConnection.open(new ConnectionListener() {
            @Override
            public void onOpen(Connection connection) {
                connection.abort();
                order.add("opened");
            }

            @Override
            public void onPart(Chunk part, MessageKind kind, boolean last) {}

            @Override
            public void onClosed(CloseStatus status) {
                order.add("closed");
            }
        });
        assertThat(order).containsExactly("opened", "closed");
    }

    @Test
    void leavesACloseUnansweredIfToldSo() {
        connection.ignoreClose();
        connection.close(new CloseStatus(CloseStatus.GOING_AWAY, ""));
        connection.send(bytes("late"), MessageKind.TEXT, completion);

        assertThat(events).containsExactly("open", "not sent");
        assertThat(connection.isClosed()).isFalse();
    }

    @Test
    void turnsAPartThatIsNotRetainedIntoGarbage() {
        connection.receiveText("secret");
        Chunk kept = lent.get(0);
        assertThat(UTF_8.decode(kept.data().duplicate()).toString()).doesNotContain("s");
    }

    @Test
    void keepsARetainedPartUntilItsRelease() {
        retain = true;
        connection.receiveText("kept");
        Chunk kept = retained.get(0);
        assertThat(UTF_8.decode(kept.data().duplicate()).toString()).isEqualTo("kept");
        assertThat(connection.retainedParts()).isEqualTo(1);

        kept.release();
        assertThat(connection.retainedParts()).isZero();
        assertThatIllegalStateException().isThrownBy(kept::release);
    }
}
