package org.podbridge.tunnel.client;

import java.io.IOException;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.podbridge.connection.CloseStatus;
import org.podbridge.time.Scheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The WebSocket to the relay: whole messages in, whole messages out, and a heartbeat that finds a connection dead. What
 * the messages mean is the handler's business. Thread-safe.
 *
 * <p>The JDK's WebSocket does not tell of a connection that ends without a close frame while it is within a call to its
 * listener. The next message that can't be sent, or else the heartbeat, finds out.
 */
final class RelaySocket implements WebSocket.Listener {

    private static final Logger logger = LoggerFactory.getLogger(RelaySocket.class);
    private static final int MAX_WAITING_MESSAGES = 2_048;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private final Settings settings;
    private final Executor executor;
    private final Handler handler;
    private final MessageAssembler assembler;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private volatile @Nullable Open open;

    /** Hears of one connection: {@link #opened} first, {@link #closed} last, each call after the end of the other. */
    interface Handler {

        /** The connection stands. */
        void opened(RelaySocket socket);

        /**
         * A text message has come.
         *
         * @param bytes holds the message at its start, only during the call
         * @param length its length in bytes
         */
        void message(byte[] bytes, int length);

        /** The connection has ended, on whichever side; possibly during another call. */
        void closed(CloseStatus status);
    }

    private record Open(WebSocket webSocket, SendQueue queue, Heartbeat heartbeat) {}

    RelaySocket(Settings settings, Executor executor, Handler handler) {
        this.settings = settings;
        this.executor = executor;
        this.handler = handler;
        this.assembler = new MessageAssembler(settings.limits().requestMessageBytes());
    }

    /**
     * Sends a text message.
     *
     * @param content called when it is the message's turn
     * @param done called when the message has been sent or dropped
     */
    void send(Supplier<ByteBuffer> content, Runnable done) {
        Open now = open;
        if (now == null) {
            done.run();
        } else {
            now.queue().send(content, done);
        }
    }

    /**
     * Closes the connection; the handler hears no more of it.
     *
     * @return completes when the connection has ended, by force if need be
     */
    CompletionStage<Void> close() {
        ended.set(true);
        Open now = open;
        if (now == null || closed.isDone()) {
            return CompletableFuture.completedFuture(null);
        }
        now.heartbeat().stop();
        now.queue().close();
        Scheduler.Task force = settings.scheduler().schedule(CLOSE_TIMEOUT, this::abort);
        CompletableFuture<WebSocket> unused = now.webSocket()
                .sendClose(WebSocket.NORMAL_CLOSURE, "")
                .whenComplete((sent, failure) -> {
                    if (failure != null) {
                        abort();
                    }
                });
        return closed.whenComplete((ended, never) -> force.cancel());
    }

    /** Breaks the connection off. Idempotent. */
    void abort() {
        Open now = open;
        if (now != null) {
            now.webSocket().abort();
        }
        closed.complete(null);
    }

    private void end(CloseStatus status) {
        Open now = open;
        if (now != null) {
            now.heartbeat().stop();
            now.queue().close();
        }
        if (ended.compareAndSet(false, true)) {
            handler.closed(status);
        }
    }

    private void breakOff(String reason) {
        abort();
        end(new CloseStatus(CloseStatus.ABNORMAL, reason));
    }

    @Override
    public void onOpen(WebSocket webSocket) {
        SendQueue queue = new SendQueue(webSocket, executor, MAX_WAITING_MESSAGES, this::breakOff);
        Heartbeat heartbeat = new Heartbeat(
                settings.scheduler(), settings.times(), () -> ping(webSocket), () -> breakOff("no sign of life"));
        open = new Open(webSocket, queue, heartbeat);
        heartbeat.start();
        handler.opened(this);
        webSocket.request(1);
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
        heard();
        assembler.add(data);
        if (last) {
            if (assembler.isOverflown()) {
                logger.warn(
                        "Dropped a message of more than {} bytes",
                        settings.limits().requestMessageBytes());
            } else if (!ended.get()) {
                handler.message(assembler.bytes(), assembler.length());
            }
            assembler.clear();
        }
        webSocket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket webSocket, ByteBuffer data, boolean last) {
        heard();
        webSocket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket webSocket, ByteBuffer message) {
        heard();
        webSocket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPong(WebSocket webSocket, ByteBuffer message) {
        heard();
        webSocket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket webSocket, int statusCode, String reason) {
        closed.complete(null);
        end(new CloseStatus(statusCode, reason));
        return null;
    }

    @Override
    public void onError(WebSocket webSocket, Throwable error) {
        logger.debug("The WebSocket to the relay failed", error);
        breakOff("it broke");
    }

    private void ping(WebSocket webSocket) {
        CompletableFuture<Void> unused = webSocket
                .sendPing(ByteBuffer.allocate(0))
                .handle((sent, failure) -> {
                    if (failure instanceof IOException) {
                        breakOff("a ping could not be sent");
                    }
                    return null;
                });
    }

    private void heard() {
        Open now = open;
        if (now != null) {
            now.heartbeat().sign();
        }
    }
}
