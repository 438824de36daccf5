package org.podbridge.exchange;

/** Receives the answer to one {@link Exchange#read(BodyReader)}: exactly one call of exactly one method. */
public interface BodyReader {

    /**
     * Brings the next piece of the request's body.
     *
     * @param chunk the piece, lent for this call; empty only if {@code last}
     * @param last whether the body ends with it; then there is nothing more to read
     */
    void onChunk(Chunk chunk, boolean last);

    /**
     * Says that the body broke off. {@link Exchange#onGone} is told too.
     *
     * @param cause why
     */
    void onFailure(Throwable cause);
}
