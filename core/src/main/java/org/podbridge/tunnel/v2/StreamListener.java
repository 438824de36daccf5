package org.podbridge.tunnel.v2;

import java.nio.ByteBuffer;
import org.podbridge.exchange.Completion;

/**
 * Hears what the other side says on one stream: {@link #onHead} one or more times, then {@link #onData} until
 * {@code last}; or at any point, as the last call, {@link #onReset} or {@link #onDisconnected}.
 *
 * <p>Calls of one method never overlap. All but {@code onData} come from the connection, one after the other;
 * {@code onData} may come on the thread that told the completion of the one before, and so at the same time as
 * {@code onReset} and {@code onDisconnected}. Nothing blocks; what a method throws ends the connection.
 */
public interface StreamListener {

    /**
     * A head has come. Only the relay hears it, the client has it from the start.
     *
     * @param head a JSON object, lent for this call
     * @return whether it is the final one, so that data may follow
     */
    boolean onHead(ByteBuffer head);

    /**
     * Data has come. The next call comes after the completion was told, and only then the other side gets the credit
     * back that the data took.
     *
     * @param data the bytes; the listener's until it tells the completion
     * @param handedOn to be told when the bytes are no longer needed; a failure resets the stream
     */
    void onData(StreamData data, Completion handedOn);

    /**
     * The last data will be followed by nothing but these. Comes before the {@link #onData} that is the last.
     *
     * @param fields a JSON array of pairs, lent for this call
     */
    void onTrailers(ByteBuffer fields);

    /**
     * The stream was broken off, by the other side, or because of what it did. Not told of one's own
     * {@link Stream#reset}.
     *
     * @param code why
     * @param reason a short text for logs
     */
    void onReset(ResetCode code, String reason);

    /** The connection is gone, and the stream with it. */
    void onDisconnected();
}
