package org.podbridge.tunnel;

import java.util.concurrent.atomic.AtomicBoolean;
import org.podbridge.exchange.BodyReader;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RepeatedStep;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;

/** Sends a visitor's body on a stream, one piece after the other: the next one is read when the last one has left. */
final class RequestSender extends RepeatedStep implements BodyReader {

    private final VisitorResponse response;
    private final Exchange exchange;
    private final Stream stream;
    private final BodyPace pace;
    private final Runnable onProgress;
    private final AtomicBoolean started = new AtomicBoolean();

    RequestSender(VisitorResponse response, Stream stream, BodyPace pace, Runnable onProgress) {
        this.response = response;
        this.exchange = response.exchange();
        this.stream = stream;
        this.pace = pace;
        this.onProgress = onProgress;
    }

    /** Begins to read. Idempotent. */
    void start() {
        if (started.compareAndSet(false, true)) {
            next();
        }
    }

    @Override
    protected void step() {
        // A fault here must not reach the stream whose send has completed.
        response.guarded(() -> pace.waitFor(() -> exchange.read(this)));
    }

    @Override
    public void onChunk(Chunk chunk, boolean last) {
        pace.came(chunk.data().remaining());
        onProgress.run();
        Chunk kept = chunk.retain();
        HeaderFields trailers = last ? RequestRules.trailers(exchange.requestTrailers()) : HeaderFields.empty();
        boolean ends = last && trailers.isEmpty();
        stream.send(StreamData.of(kept.data(), ends), new Completion() {
            @Override
            public void succeeded() {
                kept.release();
                onProgress.run();
                if (!last) {
                    next();
                } else if (!ends) {
                    stream.sendTrailers(HeadCodec.encodeTrailers(trailers));
                }
            }

            @Override
            public void failed(Throwable cause) {
                kept.release(); // the stream is over, and whoever ended it has seen to the visitor
            }
        });
    }

    @Override
    public void onFailure(Throwable cause) {
        stream.reset(ResetCode.CANCEL, "the request broke off");
        if (!response.refuse(RelayAnswer.BROKEN_BODY)) { // for a visitor that is still there
            response.breakOff(cause);
        }
    }
}
