package org.podbridge.exchange;

import java.nio.ByteBuffer;

/**
 * One HTTP request with its one response, as the port of an adapter.
 *
 * <p>The response is {@link #inform} any number of times, {@link #begin} once, then {@link #write} until {@code last},
 * one write outstanding at a time; or {@link #abort} at any point. Reading and writing are independent of each other,
 * so both may go on at once, but neither side of one exchange may be driven by two threads at the same time. Callbacks
 * come on any thread, never two of a kind at once.
 *
 * <p>An adapter computes the framing ({@code content-length} or chunked) itself: from a {@code content-length} field in
 * the head if there is one, otherwise as it sees fit. The head's other fields leave as they are. A response that
 * doesn't keep to its {@code content-length} fails with the write that shows it, and is broken off.
 *
 * <p>A visitor that waits with its body to be told to send it ({@code Expect: 100-continue}) is told so by the adapter
 * with the first {@link #read}. Where nothing is read before the response ends, it isn't told, and what it may send
 * nevertheless is never taken for another request.
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
     * last piece. A request without a body answers with an empty last chunk. Nothing is read ahead while nobody asks,
     * beyond what fits the container's buffer.
     *
     * @param reader hears of the piece, possibly before this call returns
     */
    void read(BodyReader reader);

    /**
     * Returns the trailer fields that came behind the request's body. They are as hostile as other fields, and come
     * when the head may have been acted upon: nothing about routing, framing or credentials is to be taken from them.
     *
     * @return the fields, none until the reader was told of the last piece, nor if none came
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-6.5">RFC 9110 section 6.5</a>
     */
    HeaderFields requestTrailers();

    /**
     * Sends an interim response, such as 103 (Early Hints), before the response begins. Nothing needs to be waited for:
     * the adapter keeps the order of interim responses and of what follows them. It is only a hint: it doesn't reach a
     * visitor that speaks HTTP/1.0, and is dropped where the container can't send it or too many wait to be sent.
     *
     * @param status an informational status, 102 to 199: 100 is sent by the adapter, and 101 belongs to handshakes
     * @param fields the fields; those of framing and of the connection are left out
     * @throws IllegalArgumentException if the status is another
     * @throws IllegalStateException if the response has begun already
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-15.2">RFC 9110 section 15.2</a>
     */
    void inform(int status, HeaderFields fields);

    /**
     * Sets the response's head. Nothing need be sent before the first write.
     *
     * @param head status, at least 200, and fields
     * @throws IllegalArgumentException if there is a {@code content-length} that is no number
     * @throws IllegalStateException if the response has begun already
     */
    void begin(ResponseHead head);

    /**
     * Writes a piece of the response's body. What a response without content (HEAD, 204, 304) is given is discarded.
     *
     * @param data the bytes; the adapter owns the buffer until the completion is told, and makes no copy of the whole
     * @param last whether the response ends with it
     * @param completion told once the container has taken the bytes, which then are on their way to the visitor without
     *     waiting for more; success of the last piece means that the response is complete
     */
    void write(ByteBuffer data, boolean last, Completion completion);

    /**
     * Sets the trailer fields to be sent behind the last piece. To be called at most once, between the beginning of the
     * response and the write of its last piece. They are dropped unless the head has announced trailers by a
     * {@code trailer} field, and where the protocol has no place for them: in HTTP/1.0, in HTTP/1.1 behind a
     * {@code content-length}, and in a response without content.
     *
     * @param fields the trailers; none of routing, framing or credentials
     * @throws IllegalStateException if the response has not begun, or the last piece was given already
     * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-6.5">RFC 9110 section 6.5</a>
     */
    void trailers(HeaderFields fields);

    /**
     * Sets what runs when the visitor is gone before the response is complete: connection closed, stream reset, time
     * limit of the container. It runs at most once, and at once if the visitor has gone already. To be called at most
     * once. The exchange is not over by that: until it is {@link #abort aborted}, the container may hold the
     * connection.
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
