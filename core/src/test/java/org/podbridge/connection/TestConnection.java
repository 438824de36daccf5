package org.podbridge.connection;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;

/** Writes down what happens to it. Completions are held until the test tells them, unless it wants otherwise. */
public final class TestConnection implements Connection {

    /** What happened, in order. */
    public final List<String> events = new ArrayList<>();

    /** Whether sends complete within the call. */
    public boolean completesAtOnce;

    /** Whether sends throw. */
    public boolean throwsOnSend;

    /** What else happens during a send. */
    public Runnable whenSending = () -> {};

    private @Nullable Completion outstanding;

    @Override
    public void send(ByteBuffer message, MessageKind kind, boolean last, Completion completion) {
        if (outstanding != null) {
            throw new AssertionError("a send is outstanding");
        }
        events.add("send " + StandardCharsets.UTF_8.decode(message.duplicate()));
        whenSending.run();
        if (completesAtOnce) {
            completion.succeeded();
        }
        if (throwsOnSend) {
            throw new IllegalStateException("fault");
        }
        if (!completesAtOnce) {
            outstanding = completion;
        }
    }

    /** Lets the outstanding send succeed. */
    public void succeed() {
        take().succeeded();
    }

    /** Lets the outstanding send fail. */
    public void fail() {
        take().failed(new IllegalStateException("broken"));
    }

    private Completion take() {
        Completion taken = outstanding;
        if (taken == null) {
            throw new AssertionError("no send is outstanding");
        }
        outstanding = null;
        return taken;
    }

    @Override
    public boolean tryPing() {
        events.add("ping");
        return true;
    }

    @Override
    public void close(CloseStatus status) {
        events.add("close " + status.code());
    }

    @Override
    public void abort() {
        events.add("abort");
    }

    @Override
    public void pause(boolean paused) {
        events.add("pause " + paused);
    }
}
