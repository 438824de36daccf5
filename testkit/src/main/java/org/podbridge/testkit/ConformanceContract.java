package org.podbridge.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.podbridge.testkit.RawWebSocket.BINARY;
import static org.podbridge.testkit.RawWebSocket.CLOSE;
import static org.podbridge.testkit.RawWebSocket.CONTINUATION;
import static org.podbridge.testkit.RawWebSocket.FIN;
import static org.podbridge.testkit.RawWebSocket.PONG;
import static org.podbridge.testkit.RawWebSocket.TEXT;

import java.io.ByteArrayOutputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.podbridge.Route;
import org.podbridge.Router;
import org.podbridge.connection.CloseStatus;
import org.podbridge.connection.HandshakeDecision;
import org.podbridge.testkit.ConformanceCase.End;
import org.podbridge.testkit.ConformanceCase.Outcome;
import org.podbridge.testkit.ConformanceCase.Replies;
import org.podbridge.testkit.ConformanceCase.Send;
import org.podbridge.testkit.ConformanceCase.Step;
import org.podbridge.testkit.RawWebSocket.Frame;

/**
 * What RFC 6455 asks of a server, over real sockets: the 247 cases that the Autobahn Testsuite has in its groups 1 to 7
 * and 10, and some of our own, against an echo of whole messages and one of their parts. An adapter's test extends it
 * and starts a server.
 */
public abstract class ConformanceContract {

    private static final String WHOLE = "/ws";
    private static final String IN_PARTS = "/ws?in-parts";
    private static final Set<Integer> CODES_SINCE_RFC_6455 = Set.of(1012, 1013, 1014);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final BlockingQueue<EchoListener> listeners = new LinkedBlockingQueue<>();
    private RunningHost host = new RunningHost(URI.create("http://127.0.0.1"), () -> {});

    /** Creates the suite. */
    protected ConformanceContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter.
     *
     * @param router what the adapter asks
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Tells whether a close frame can be sent between the parts of a message; where it can't, the connection is cut.
     *
     * @return whether it can
     */
    protected boolean closesWithinMessages() {
        return true;
    }

    /**
     * Tells whether the peer may close with codes that IANA has given away since RFC 6455, which are 1012 to 1014;
     * where it may not, the connection is closed with 1002.
     *
     * @return whether it may
     */
    protected boolean knowsCodesSinceRfc6455() {
        return true;
    }

    @BeforeEach
    void startServer() throws Exception {
        host = start(request -> new Route.WebSocket(head -> {
            EchoListener listener = new EchoListener(head.target().equals(IN_PARTS));
            listeners.add(listener);
            return CompletableFuture.completedFuture(
                    new HandshakeDecision.Accept(Optional.empty(), listener, CLOSE_TIMEOUT));
        }));
    }

    @AfterEach
    void stopServer() throws Exception {
        host.stop().close();
    }

    @TestFactory
    Stream<DynamicTest> echoesMessages() {
        return cases(WHOLE);
    }

    @TestFactory
    Stream<DynamicTest> echoesMessagesInParts() {
        return cases(IN_PARTS);
    }

    private Stream<DynamicTest> cases(String target) {
        return ConformanceCase.all().stream()
                .map(each -> DynamicTest.dynamicTest(each.toString(), () -> run(each, target)));
    }

    private void run(ConformanceCase each, String target) {
        boolean inParts = target.equals(IN_PARTS);
        Outcome expected = expected(each, inParts);
        Conversation conversation = new Conversation(RawWebSocket.open(host.uri(), target));
        EchoListener listener = Waiting.take(listeners, "listener");
        try (conversation.peer) {
            conversation.follow(each.steps());
            if (expected.end() == End.OPEN) {
                conversation.readReplies(expected);
                conversation.peer.sendClose(CloseStatus.NORMAL, "");
            }
            conversation.readToTheEnd(expected);
        }
        int told = listener.awaitClosed().code();

        conversation.expectReplies(expected);
        Set<Integer> codes = new HashSet<>(expected.codes());
        boolean mayBeWithinAMessage = inParts && expected.end() != End.OPEN && listener.parts() > 0;
        if (mayBeWithinAMessage && !closesWithinMessages()) {
            codes.add(CloseStatus.ABNORMAL);
        }
        assertThat(conversation.closeCode()).as("the server's close code").isIn(codes);
        if (expected.end() == End.FAILED) {
            codes.add(CloseStatus.ABNORMAL);
        }
        assertThat(told).as("what the listener was told").isIn(codes);
        // Whatever becomes of its echo, a message that was sent is told, and nothing else is.
        int messages = (int) each.outcome().replies().stream()
                .filter(reply -> reply.opCode() != PONG)
                .count();
        assertThat(listener.unreadMessages()).as("messages told").isEqualTo(messages);
    }

    private Outcome expected(ConformanceCase each, boolean inParts) {
        Outcome outcome = each.outcome();
        if (CODES_SINCE_RFC_6455.containsAll(outcome.codes()) && !knowsCodesSinceRfc6455()) {
            return ConformanceCase.failed(CloseStatus.PROTOCOL_ERROR);
        }
        // Parts may leave on a thread of their own, and what fails the connection needn't wait for them.
        return inParts && outcome.end() == End.FAILED ? outcome.where(Replies.ANY) : outcome;
    }

    /** One run of a case. */
    private static final class Conversation {

        private final RawWebSocket peer;
        private final List<Frame> replies = new ArrayList<>();
        private final ByteArrayOutputStream begun = new ByteArrayOutputStream();
        private int kindBegun;
        private @Nullable CloseStatus close;

        Conversation(RawWebSocket peer) {
            this.peer = peer;
        }

        void follow(List<Step> steps) {
            for (Step step : steps) {
                if (step instanceof Send send) {
                    if (!send(send.bytes().array())) {
                        return; // failed while we were still sending
                    }
                } else {
                    for (int before = replies.size(); replies.size() == before; ) {
                        read(peer.readFrame());
                    }
                }
            }
        }

        private boolean send(byte[] bytes) {
            try {
                peer.visitor().send(bytes);
                return true;
            } catch (UncheckedIOException e) {
                return false;
            }
        }

        void readReplies(Outcome expected) {
            while (close == null && !isComplete(expected)) {
                read(peer.readFrame());
            }
        }

        private boolean isComplete(Outcome expected) {
            List<Frame> awaited = expected.replies();
            if (expected.needed() == Replies.LAST) {
                return replies.contains(awaited.get(awaited.size() - 1));
            }
            return replies.size() >= awaited.size();
        }

        void readToTheEnd(Outcome expected) {
            for (Optional<Frame> frame = peer.readFrameOrEnd(); frame.isPresent(); frame = peer.readFrameOrEnd()) {
                read(frame.get());
                if (close != null) {
                    send(RawWebSocket.frame(FIN | CLOSE, frame.get().payload().array()));
                }
                if (replies.size() > expected.replies().size()) {
                    expectReplies(expected); // a server that takes what is wrong would wait for more
                }
            }
        }

        private void read(Frame frame) {
            assertThat(close).as("the close frame, behind which came %s", frame).isNull();
            switch (frame.opCode()) {
                case CLOSE -> close = frame.closeStatus();
                case PONG -> replies.add(frame);
                case TEXT, BINARY, CONTINUATION -> {
                    assertThat(kindBegun == 0)
                            .as("begin of a message, not %s", frame)
                            .isEqualTo(frame.opCode() != CONTINUATION);
                    kindBegun = kindBegun == 0 ? frame.opCode() : kindBegun;
                    begun.writeBytes(frame.payload().array());
                    if (frame.fin()) {
                        replies.add(new Frame(kindBegun, true, ByteBuffer.wrap(begun.toByteArray())));
                        begun.reset();
                        kindBegun = 0;
                    }
                }
                default -> throw new AssertionError("nobody asked for " + frame);
            }
        }

        int closeCode() {
            return close == null ? CloseStatus.ABNORMAL : close.code();
        }

        void expectReplies(Outcome expected) {
            List<Frame> possible = expected.replies();
            if (expected.needed() == Replies.ALL) {
                assertThat(replies).isEqualTo(possible);
            } else if (!replies.isEmpty()) {
                assertThat(possible).containsSubsequence(replies);
            }
            if (expected.needed() == Replies.LAST) {
                assertThat(replies).endsWith(possible.get(possible.size() - 1));
            }
        }
    }
}
