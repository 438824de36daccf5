package org.podbridge.testkit;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseFraming;
import org.podbridge.exchange.ResponseHead;

/**
 * An exchange whose visitor is the test: it feeds the request's body, sees the response as it comes, holds back the
 * completions of writes, and may leave at any moment. Calls out within the call that causes it, on its thread.
 *
 * <p>It is strict: what the port forbids throws {@link IllegalStateException}, and a chunk that is kept without being
 * retained turns into garbage. Thread-safe.
 */
public final class InMemoryExchange implements Exchange {

    private final ReentrantLock lock = new ReentrantLock();
    private final RequestHead request;
    private final ArrayDeque<byte[]> body = new ArrayDeque<>();
    private final AtomicInteger lentChunks = new AtomicInteger();
    private final ByteArrayOutputStream responseBody = new ByteArrayOutputStream();
    private boolean bodyEnded;
    private boolean bodyRead;
    private HeaderFields trailersSent = HeaderFields.empty();
    private final List<Interim> interims = new ArrayList<>();
    private @Nullable HeaderFields trailersGiven;
    private @Nullable BodyReader reader;
    private @Nullable ResponseHead responseHead;
    private @Nullable ResponseFraming framing;
    private @Nullable Outstanding outstanding;
    private boolean writesHeld;
    private boolean lastGiven;
    private boolean complete;
    private @Nullable Throwable abortCause;
    private @Nullable Throwable broken;
    private @Nullable Runnable gone;
    private boolean left;

    /**
     * An interim response.
     *
     * @param status the status code
     * @param fields the fields
     */
    public record Interim(int status, HeaderFields fields) {}

    private record Outstanding(ByteBuffer buffer, ByteBuffer content, boolean last, Completion completion) {}

    private InMemoryExchange(RequestHead request, boolean bodyEnded) {
        this.request = requireNonNull(request, "request");
        this.bodyEnded = bodyEnded;
    }

    /**
     * Creates an exchange whose request has no body.
     *
     * @param request the head
     * @return the exchange
     */
    public static InMemoryExchange of(RequestHead request) {
        return new InMemoryExchange(request, true);
    }

    /**
     * Creates an exchange of a request without a body and without fields.
     *
     * @param method the method
     * @param target the raw target
     * @return the exchange
     */
    public static InMemoryExchange of(String method, String target) {
        return of(RequestHead.builder(method, target).authority("pod.example").build());
    }

    /**
     * Creates an exchange whose body is fed with {@link #feed(byte[])} until {@link #endBody()}.
     *
     * @param request the head
     * @return the exchange
     */
    public static InMemoryExchange withBody(RequestHead request) {
        return new InMemoryExchange(request, false);
    }

    // What core does

    @Override
    public RequestHead request() {
        return request;
    }

    @Override
    public void read(BodyReader reader) {
        requireNonNull(reader, "reader");
        lock.lock();
        try {
            if (this.reader != null) {
                throw new IllegalStateException("a read is outstanding");
            }
            if (bodyRead) {
                throw new IllegalStateException("the body was read to its end");
            }
            this.reader = reader;
        } finally {
            lock.unlock();
        }
        deliver();
    }

    @Override
    public HeaderFields requestTrailers() {
        lock.lock();
        try {
            return bodyRead ? trailersSent : HeaderFields.empty();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void inform(int status, HeaderFields fields) {
        requireNonNull(fields, "fields");
        if (status < 102 || status > 199) {
            throw new IllegalArgumentException("status: " + status + " (expected: 102 to 199)");
        }
        lock.lock();
        try {
            if (responseHead != null) {
                throw new IllegalStateException("the response has begun already");
            }
            if (broken == null) {
                interims.add(new Interim(status, fields));
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void trailers(HeaderFields trailers) {
        requireNonNull(trailers, "trailers");
        lock.lock();
        try {
            if (responseHead == null || lastGiven || trailersGiven != null) {
                throw new IllegalStateException("trailers belong between the head and the last piece, once");
            }
            trailersGiven = trailers;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void begin(ResponseHead head) {
        requireNonNull(head, "head");
        lock.lock();
        try {
            if (responseHead != null) {
                throw new IllegalStateException("the response has begun already");
            }
            framing = new ResponseFraming(request.method(), head);
            responseHead = head;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void write(ByteBuffer data, boolean last, Completion completion) {
        byte[] content = new byte[data.remaining()];
        data.duplicate().get(content);
        Throwable failure;
        boolean held;
        lock.lock();
        try {
            if (framing == null) {
                throw new IllegalStateException("the response has not begun");
            }
            if (outstanding != null) {
                throw new IllegalStateException("a write is outstanding");
            }
            if (lastGiven) {
                throw new IllegalStateException("the response has ended");
            }
            if (broken == null && framing.hasContent()) {
                try {
                    framing.give(content.length, last);
                } catch (IOException e) {
                    broken = e;
                    abortCause = e;
                }
            }
            failure = broken;
            held = writesHeld;
            if (failure == null) {
                lastGiven = last;
                outstanding = new Outstanding(data, ByteBuffer.wrap(content), last, completion);
            }
        } finally {
            lock.unlock();
        }
        if (failure != null) {
            completion.failed(failure);
            breakOff(failure);
        } else if (!held) {
            completeWrite();
        }
    }

    @Override
    public void onGone(Runnable action) {
        requireNonNull(action, "action");
        boolean now;
        lock.lock();
        try {
            if (gone != null) {
                throw new IllegalStateException("onGone was set already");
            }
            gone = action;
            now = left && !complete && abortCause == null;
        } finally {
            lock.unlock();
        }
        if (now) {
            action.run();
        }
    }

    @Override
    public void abort(Throwable cause) {
        requireNonNull(cause, "cause");
        lock.lock();
        try {
            if (complete || abortCause != null) {
                return;
            }
            abortCause = cause;
        } finally {
            lock.unlock();
        }
        breakOff(new IOException("aborted", cause));
    }

    // What the visitor does

    /**
     * Sends a piece of the request's body. It waits until core reads.
     *
     * @param bytes the piece, not empty
     * @return this exchange
     */
    public InMemoryExchange feed(byte[] bytes) {
        if (bytes.length == 0) {
            throw new IllegalArgumentException("bytes: empty (expected: some)");
        }
        lock.lock();
        try {
            if (bodyEnded) {
                throw new IllegalStateException("the request's body has ended");
            }
            body.add(bytes.clone());
        } finally {
            lock.unlock();
        }
        deliver();
        return this;
    }

    /**
     * Sends a piece of the request's body.
     *
     * @param text the piece, sent as UTF-8
     * @return this exchange
     */
    public InMemoryExchange feed(String text) {
        return feed(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Ends the request's body.
     *
     * @return this exchange
     */
    public InMemoryExchange endBody() {
        return endBody(HeaderFields.empty());
    }

    /**
     * Ends the request's body with trailers behind it.
     *
     * @param trailers the trailers
     * @return this exchange
     */
    public InMemoryExchange endBody(HeaderFields trailers) {
        lock.lock();
        try {
            trailersSent = requireNonNull(trailers, "trailers");
            bodyEnded = true;
        } finally {
            lock.unlock();
        }
        deliver();
        return this;
    }

    /** Goes away: an outstanding read and write fail, and the action of {@code onGone} runs. */
    public void leave() {
        Runnable action;
        lock.lock();
        try {
            if (left) {
                return;
            }
            left = true;
            action = complete || abortCause != null ? null : gone;
        } finally {
            lock.unlock();
        }
        breakOff(new IOException("the visitor is gone"));
        if (action != null) {
            action.run();
        }
    }

    /** From now on writes stay outstanding, as with a visitor that doesn't read. */
    public void holdWrites() {
        lock.lock();
        try {
            writesHeld = true;
        } finally {
            lock.unlock();
        }
    }

    /** Completes the outstanding write, if there is one, and lets later ones complete at once. */
    public void releaseWrites() {
        lock.lock();
        try {
            writesHeld = false;
        } finally {
            lock.unlock();
        }
        completeWrite();
    }

    /**
     * Takes the outstanding write; later ones stay outstanding if they are held.
     *
     * @return whether there was one
     * @throws IllegalStateException if its buffer was changed meanwhile
     */
    public boolean completeWrite() {
        Outstanding done;
        lock.lock();
        try {
            done = outstanding;
            if (done == null) {
                return false;
            }
            outstanding = null;
            if (!done.buffer().equals(done.content())) {
                throw new IllegalStateException("the buffer of a write was changed before its completion");
            }
            done.buffer().position(done.buffer().limit());
            if (hasContent()) {
                responseBody.writeBytes(done.content().array());
            }
            complete = done.last();
        } finally {
            lock.unlock();
        }
        done.completion().succeeded();
        return true;
    }

    // What the test sees

    /**
     * Returns the interim responses.
     *
     * @return a copy, in order
     */
    public List<Interim> interimResponses() {
        lock.lock();
        try {
            return List.copyOf(interims);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the trailers behind the response.
     *
     * @return what the visitor has got: none while the response is not complete, nor if its head didn't announce any or
     *     it has a {@code content-length}
     */
    public HeaderFields responseTrailers() {
        lock.lock();
        try {
            return complete
                            && trailersGiven != null
                            && responseHead != null
                            && hasContent()
                            && responseHead.fields().contains("trailer")
                            && !responseHead.fields().contains("content-length")
                    ? trailersGiven
                    : HeaderFields.empty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the response's head.
     *
     * @return the head, or empty if the response has not begun
     */
    public Optional<ResponseHead> responseHead() {
        lock.lock();
        try {
            return Optional.ofNullable(responseHead);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns the response's status code.
     *
     * @return the status code
     * @throws AssertionError if the response has not begun
     */
    public int status() {
        return responseHead()
                .orElseThrow(() -> new AssertionError("the response has not begun"))
                .status();
    }

    /**
     * Returns what the visitor has got of the response's content.
     *
     * @return the bytes
     */
    public byte[] responseBytes() {
        lock.lock();
        try {
            return responseBody.toByteArray();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns what the visitor has got of the response's content, as text.
     *
     * @return the bytes, decoded as UTF-8
     */
    public String responseText() {
        return new String(responseBytes(), StandardCharsets.UTF_8);
    }

    /**
     * Tells whether the visitor has got the whole response.
     *
     * @return whether the last write was taken
     */
    public boolean isComplete() {
        lock.lock();
        try {
            return complete;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns why core broke the response off.
     *
     * @return the cause, or empty if it was not aborted
     */
    public Optional<Throwable> abortCause() {
        lock.lock();
        try {
            return Optional.ofNullable(abortCause);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells whether core waits for a piece of the request's body.
     *
     * @return whether a read is outstanding
     */
    public boolean isReading() {
        lock.lock();
        try {
            return reader != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Tells whether a write waits for its completion.
     *
     * @return whether one is outstanding
     */
    public boolean isWriting() {
        lock.lock();
        try {
            return outstanding != null;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how many chunks of the request's body core has retained and not released.
     *
     * @return the number of chunks, zero if nothing leaks
     */
    public int retainedChunks() {
        return lentChunks.get();
    }

    private boolean hasContent() {
        return framing != null && framing.hasContent();
    }

    private void deliver() {
        BodyReader waiting;
        byte[] piece;
        boolean last;
        Throwable failure;
        lock.lock();
        try {
            waiting = reader;
            failure = broken;
            if (waiting == null || (failure == null && body.isEmpty() && !bodyEnded)) {
                return;
            }
            reader = null;
            piece = body.isEmpty() ? new byte[0] : body.remove();
            last = bodyEnded && body.isEmpty();
            bodyRead = last;
        } finally {
            lock.unlock();
        }
        if (failure != null) {
            waiting.onFailure(failure);
            return;
        }
        LentChunk chunk = new LentChunk(piece, lentChunks);
        try {
            waiting.onChunk(chunk, last);
        } finally {
            chunk.release();
        }
    }

    private void breakOff(Throwable cause) {
        Outstanding cut;
        lock.lock();
        try {
            if (broken == null) {
                broken = cause;
            }
            cut = outstanding;
            outstanding = null;
        } finally {
            lock.unlock();
        }
        if (cut != null) {
            cut.completion().failed(cause);
        }
        deliver();
    }
}
