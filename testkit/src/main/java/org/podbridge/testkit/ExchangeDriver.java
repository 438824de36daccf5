package org.podbridge.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.ExchangeHandler;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.exchange.ResponseHead;

/**
 * Lets a test play core for one exchange, step by step on its own thread: each step waits until the adapter has told
 * its outcome. Text is one char a byte. Not thread-safe.
 */
public final class ExchangeDriver {

    private final Exchange exchange;
    private final CompletableFuture<Boolean> gone = new CompletableFuture<>();

    private ExchangeDriver(Exchange exchange) {
        this.exchange = exchange;
        exchange.onGone(() -> gone.complete(true));
    }

    /** Exchanges on their way to a test. Thread-safe. */
    public static final class Inbox implements ExchangeHandler {

        private final BlockingQueue<ExchangeDriver> arrived = new LinkedBlockingQueue<>();

        /** Creates an empty inbox. */
        public Inbox() {}

        @Override
        public void handle(Exchange exchange) {
            arrived.add(new ExchangeDriver(exchange));
        }

        /**
         * Waits for the next exchange.
         *
         * @return the exchange
         */
        public ExchangeDriver next() {
            return Waiting.take(arrived, "exchange");
        }

        /**
         * Tells whether nothing has arrived that nobody has taken.
         *
         * @return whether the inbox is empty
         */
        public boolean isEmpty() {
            return arrived.isEmpty();
        }
    }

    /**
     * The outcome of a read.
     *
     * @param text the bytes, or the empty text if the body broke off
     * @param last whether the body ends with it
     * @param broken whether the body broke off
     */
    public record Piece(String text, boolean last, boolean broken) {}

    /**
     * Returns the exchange itself.
     *
     * @return the exchange, whose {@code onGone} is taken
     */
    public Exchange exchange() {
        return exchange;
    }

    /**
     * Returns the request's head.
     *
     * @return the head
     */
    public RequestHead request() {
        return exchange.request();
    }

    /**
     * Reads a piece of the body without waiting for it.
     *
     * @return the piece to come
     */
    public CompletableFuture<Piece> startRead() {
        CompletableFuture<Piece> piece = new CompletableFuture<>();
        exchange.read(new BodyReader() {
            @Override
            public void onChunk(Chunk chunk, boolean last) {
                String text = ISO_8859_1.decode(chunk.data()).toString();
                if (text.isEmpty() && !last) {
                    piece.completeExceptionally(new AssertionError("an empty piece that is not the last"));
                }
                tell(new Piece(text, last, false));
            }

            @Override
            public void onFailure(Throwable cause) {
                tell(new Piece("", false, true));
            }

            private void tell(Piece outcome) {
                if (!piece.complete(outcome)) {
                    throw new IllegalStateException("a reader was told twice");
                }
            }
        });
        return piece;
    }

    /**
     * Reads a piece of the body.
     *
     * @return the piece
     */
    public Piece read() {
        return Waiting.get(startRead(), "piece of the body");
    }

    /**
     * Reads the body to its end.
     *
     * @return the bytes
     * @throws AssertionError if it breaks off
     */
    public String readAll() {
        StringBuilder body = new StringBuilder();
        Piece piece = read();
        while (!piece.last()) {
            if (piece.broken()) {
                throw new AssertionError("the body broke off after " + body.length() + " bytes");
            }
            body.append(piece.text());
            piece = read();
        }
        return body.append(piece.text()).toString();
    }

    /**
     * Sends an interim response.
     *
     * @param status the status code
     * @param fields names and values
     * @return this driver
     */
    public ExchangeDriver inform(int status, String... fields) {
        exchange.inform(status, HeaderFields.of(fields));
        return this;
    }

    /**
     * Sets the response's trailers.
     *
     * @param fields names and values
     * @return this driver
     */
    public ExchangeDriver trailers(String... fields) {
        exchange.trailers(HeaderFields.of(fields));
        return this;
    }

    /**
     * Begins the response.
     *
     * @param status the status code
     * @param fields names and values
     * @return this driver
     */
    public ExchangeDriver begin(int status, String... fields) {
        exchange.begin(new ResponseHead(status, HeaderFields.of(fields)));
        return this;
    }

    /**
     * Writes a piece of the response without waiting.
     *
     * @param text the bytes
     * @param last whether the response ends with it
     * @return what is told of it
     */
    public FutureCompletion startWrite(String text, boolean last) {
        FutureCompletion completion = new FutureCompletion();
        exchange.write(ByteBuffer.wrap(text.getBytes(ISO_8859_1)), last, completion);
        return completion;
    }

    /**
     * Writes a piece of the response.
     *
     * @param text the bytes
     * @param last whether the response ends with it
     * @return whether the container took it
     */
    public boolean write(String text, boolean last) {
        return startWrite(text, last).await();
    }

    /**
     * Sends a whole response.
     *
     * @param status the status code
     * @param body the content
     * @param fields names and values
     * @throws AssertionError if the container doesn't take it
     */
    public void respond(int status, String body, String... fields) {
        if (!begin(status, fields).write(body, true)) {
            throw new AssertionError("the response was not taken");
        }
    }

    /** Breaks the response off. */
    public void abort() {
        exchange.abort(new IllegalStateException("the test breaks the response off"));
    }

    /** Waits until the visitor is gone. */
    public void awaitGone() {
        Waiting.get(gone, "notice that the visitor is gone");
    }

    /**
     * Tells whether the visitor was said to be gone.
     *
     * @return whether it was
     */
    public boolean isGone() {
        return gone.isDone();
    }
}
