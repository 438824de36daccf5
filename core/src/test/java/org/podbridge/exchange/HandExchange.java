package org.podbridge.exchange;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import org.podbridge.time.HandClock;
import org.podbridge.time.Scheduler;

/**
 * An exchange in a container of which the test makes every move: what happens is written down in order, a piece that is
 * sent waits for the test to say its outcome, and what else happens meanwhile, on another thread, happens in the hooks.
 */
final class HandExchange extends ServerExchange {

    final List<String> told = Collections.synchronizedList(new ArrayList<>());
    final Deque<Completion> sending = new ArrayDeque<>();
    final HandClock clock = new HandClock();
    final Body body;

    /** What happens while the head is put, a piece is given to be sent, the body is read. */
    Runnable duringHead = () -> {};

    Runnable duringSend = () -> {};
    Runnable duringRead = () -> {};
    boolean dropsTheRest;

    HandExchange(RequestHead head, boolean empty) {
        super(head);
        this.body = new Body(empty);
    }

    static HandExchange get() {
        return new HandExchange(RequestHead.builder("GET", "/").build(), true);
    }

    static HandExchange put(String... fields) {
        return new HandExchange(
                RequestHead.builder("PUT", "/").fields(HeaderFields.of(fields)).build(), false);
    }

    /** Says what becomes of the piece that is being sent. */
    void sent() {
        sending.remove().succeeded();
    }

    void notSent() {
        sending.remove().failed(new IllegalStateException("not sent"));
    }

    void leave() {
        departed();
    }

    /** Writes a piece, and writes its outcome down. */
    void write(String content, boolean last) {
        write(ByteBuffer.wrap(content.getBytes(ISO_8859_1)), last, completion(() -> {}));
    }

    /** Returns a completion that writes down what it is told, and then does something. */
    Completion completion(Runnable then) {
        return new Completion() {
            @Override
            public void succeeded() {
                told.add("written");
                then.run();
            }

            @Override
            public void failed(Throwable cause) {
                told.add("not written");
                then.run();
            }
        };
    }

    /** Reads a piece, and writes it down. */
    void read() {
        read(reader(() -> {}));
    }

    /** Returns a reader that writes down what it is told, and then does something. */
    BodyReader reader(Runnable then) {
        return new BodyReader() {
            @Override
            public void onChunk(Chunk chunk, boolean last) {
                told.add("read " + ISO_8859_1.decode(chunk.data()) + (last ? " last" : ""));
                then.run();
            }

            @Override
            public void onFailure(Throwable cause) {
                told.add("not read: " + cause.getMessage());
                then.run();
            }
        };
    }

    @Override
    protected Body body() {
        return body;
    }

    @Override
    protected void sendInterim(int status, HeaderFields fields) {
        told.add("interim " + status);
    }

    @Override
    protected void putHead(int status, ResponseFraming framing) {
        duringHead.run();
        told.add("head " + status);
    }

    @Override
    protected void putTrailers(HeaderFields fields) {
        told.add("trailers");
    }

    @Override
    protected void send(ByteBuffer content, boolean last, Completion done) {
        told.add("send " + ISO_8859_1.decode(content) + (last ? " last" : ""));
        sending.add(done);
        duringSend.run();
    }

    @Override
    protected void complete() {
        told.add("complete");
    }

    @Override
    protected void breakOff(Throwable cause) {
        told.add("broken off");
    }

    @Override
    protected void answerError() {
        told.add("error answered");
    }

    @Override
    protected void watch() {
        told.add("watch");
    }

    /** The body, in which nothing is until the test says so. */
    final class Body extends RequestBody {

        Body(boolean empty) {
            super(HandExchange.this, empty);
        }

        void piece(String content, boolean last) {
            deliver(Chunk.of(content.getBytes(ISO_8859_1)), last);
        }

        void piece(Chunk chunk) {
            deliver(chunk, false);
        }

        void more() {
            proceed();
        }

        void breaks() {
            brokeOff(new IllegalStateException("broken"));
        }

        void ends() {
            end();
        }

        @Override
        protected void readSome() {
            told.add("ask");
            duringRead.run();
        }

        @Override
        protected HeaderFields trailers() {
            return HeaderFields.of("x-sum", "1");
        }

        @Override
        protected Scheduler scheduler() {
            return clock;
        }

        @Override
        protected boolean dropsTheRest() {
            return dropsTheRest;
        }
    }
}
