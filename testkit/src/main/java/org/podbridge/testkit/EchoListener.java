package org.podbridge.testkit;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.Connection;
import org.podbridge.connection.MessageKind;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;

/** Sends back what it hears, and watches over the promises of its caller. */
final class EchoListener extends RecordingListener {

    private final boolean inParts;
    private final ByteArrayOutputStream message = new ByteArrayOutputStream();

    private final ReentrantLock lock = new ReentrantLock();
    // All below guarded by lock.
    private final Deque<Part> queue = new ArrayDeque<>();
    private @Nullable Connection connection;
    private boolean sending;

    private record Part(ByteBuffer content, MessageKind kind, boolean last) {}

    /**
     * Creates a listener.
     *
     * @param inParts whether each part is sent back as it comes, rather than whole messages
     */
    EchoListener(boolean inParts) {
        this.inParts = inParts;
    }

    @Override
    protected void opened(Connection opened) {
        lock.lock();
        try {
            connection = opened;
        } finally {
            lock.unlock();
        }
    }

    @Override
    protected void received(Chunk part, MessageKind kind, boolean last) {
        byte[] bytes = new byte[part.data().remaining()];
        part.data().duplicate().get(bytes);
        message.writeBytes(bytes);
        if (inParts || last) {
            ByteBuffer content = ByteBuffer.wrap(message.toByteArray());
            message.reset();
            lock.lock();
            try {
                queue.add(new Part(content, kind, last));
            } finally {
                lock.unlock();
            }
            sendNext();
        }
    }

    private void sendNext() {
        Part next;
        Connection open;
        lock.lock();
        try {
            next = sending ? null : queue.poll();
            if (next == null) {
                return;
            }
            sending = true;
            open = requireNonNull(connection);
        } finally {
            lock.unlock();
        }
        open.send(next.content(), next.kind(), next.last(), new Completion() {
            @Override
            public void succeeded() {
                lock.lock();
                try {
                    sending = false;
                } finally {
                    lock.unlock();
                }
                sendNext();
            }

            @Override
            public void failed(Throwable cause) {
                // The connection has ended.
            }
        });
    }
}
