package org.podbridge.exchange;

import java.nio.ByteBuffer;

/**
 * One HTTP request with its one response, as the port of an adapter.
 *
 * <p>The response is {@link #begin} once, then {@link #write} until {@code last}, one write outstanding at a time; or
 * {@link #abort} at any point. Reading and writing are independent of each other, so both may go on at once, but
 * neither side of one exchange may be driven by two threads at the same time. Callbacks come on any thread, never two
 * of a kind at once.
 *
 * <p>An adapter computes the framing ({@code content-length} or chunked) itself: from a {@code content-length} field in
 * the head if there is one, otherwise as it sees fit. The head's other fields leave as they are.
 */
public interface Exchange {

    /**
     * Returns what was asked.
     *
     * @return the request's head
     */
    RequestHead request();

    /**
     * Asks for the next piece of the request's body. Not to be called again before the reader was told, nor after the
     * last piece. A request without a body answers with an empty last chunk.
     *
     * @param reader hears of the piece, possibly before this call returns
     */
    void read(BodyReader reader);

    /**
     * Sets the response's head. Nothing need be sent before the first write.
     *
     * @param head status, at least 200, and fields
     * @throws IllegalStateException if the response has begun already
     */
    void begin(ResponseHead head);

    /**
     * Writes a piece of the response's body. What a response without content (HEAD, 204, 304) is given is discarded.
     *
     * @param data the bytes; the adapter owns the buffer until the completion is told
     * @param last whether the response ends with it
     * @param completion told once the container has taken the bytes; success of the last piece means that the response
     *     is complete
     */
    void write(ByteBuffer data, boolean last, Completion completion);

    /**
     * Sets what runs when the visitor is gone before the response is complete: connection closed, stream reset, time
     * limit of the container. It runs at most once, and at once if the visitor has gone already. To be called at most
     * once.
     *
     * @param action what to do; must not block
     */
    void onGone(Runnable action);

    /**
     * Breaks the response off so that the visitor can't take it for complete: the connection is closed without the
     * final bytes, or the HTTP/2 stream is reset. Does nothing if the response is complete. Idempotent.
     *
     * @param cause why, for the adapter's log
     */
    void abort(Throwable cause);
}
