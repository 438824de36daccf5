package org.podbridge.tunnel.client;

import java.nio.ByteBuffer;
import org.podbridge.connection.MessageSocket;
import org.podbridge.exchange.Chunk;
import org.podbridge.exchange.Completion;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.limits.ByteBudget;
import org.podbridge.tunnel.v1.RelayMessage;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.FrameException;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.Multiplexer;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamRequest;

/** Version 2 of the protocol on one connection: each stream that the relay opens becomes a request. Thread-safe. */
final class ServedStreams implements Multiplexer.Events {

    /** What the relay may send on a new stream. */
    static final int WINDOW_BYTES = 256 * 1024;

    /** What the client takes, whatever number the relay names. */
    private static final int MAX_STREAMS = 10_000;

    private static final int MAX_WINDOW_BYTES = 8 * 1024 * 1024;
    private static final long MAX_GROWTH_BYTES = 32L * 1024 * 1024;

    private final Settings settings;
    private final LocalService service;
    private final RequestObserver observer;
    private final Leaving leaving;
    private final Multiplexer multiplexer;
    private volatile boolean lastWordSaid;
    private volatile boolean asked;

    /** Hears how the connection comes to its end. */
    interface Leaving {

        /** The relay is about to go, and asks to connect elsewhere; it sends requests until {@link #leave}. */
        void relayLeaves();

        /** What was asked for with {@link #leave} is done: no stream runs, and none will come. */
        void finished();
    }

    ServedStreams(
            Settings settings,
            RelayMessage.Details details,
            MessageSocket socket,
            LocalService service,
            ByteBudget budget,
            RequestObserver observer,
            Leaving leaving) {
        this.settings = settings;
        this.service = service;
        this.observer = observer;
        this.leaving = leaving;
        this.multiplexer = Multiplexer.ofClient(
                new Multiplexer.Settings(
                        WINDOW_BYTES,
                        MAX_WINDOW_BYTES,
                        details.window() == 0 ? Frame.DEFAULT_WINDOW_BYTES : details.window(),
                        Math.min(details.maxStreams(), MAX_STREAMS),
                        new ByteBudget(MAX_GROWTH_BYTES),
                        budget),
                socket::sendBinary,
                socket.roundTrip(),
                settings.scheduler(),
                this);
    }

    void onPart(Chunk part, boolean last) throws FrameException {
        multiplexer.onPart(part, last);
    }

    /** Asks the relay for no more requests, and finishes those that run. */
    void leave() {
        asked = true;
        multiplexer.goAway(false, "connected elsewhere");
    }

    /** The connection is gone. */
    void close() {
        multiplexer.close();
    }

    @Override
    public StreamListener onRequest(Stream stream, ByteBuffer head, boolean end) {
        StreamRequest request;
        try {
            request = HeadCodec.decodeRequest(head);
        } catch (MalformedJsonException e) {
            stream.reset(ResetCode.PROTOCOL, "a head that can't be read");
            return new Discarding();
        }
        if (request.webSocket()) {
            StreamedSocket socket = new StreamedSocket(stream, request, service, settings.scheduler(), observer);
            socket.start();
            return socket;
        }
        StreamedRequest forwarded = new StreamedRequest(stream, request, !end, service, settings.scheduler(), observer);
        forwarded.start();
        return forwarded;
    }

    @Override
    public void onGoAway(int lastStream, String reason) {
        if (lastStream == Integer.MAX_VALUE) {
            leaving.relayLeaves();
        } else if (asked) {
            lastWordSaid = true;
            onPlaceFree();
        }
    }

    @Override
    public void onPlaceFree() {
        if (lastWordSaid && multiplexer.streams() == 0) {
            leaving.finished();
        }
    }

    /** Takes what is still on its way on a stream that was reset. */
    private static final class Discarding implements StreamListener {

        @Override
        public boolean onHead(ByteBuffer head) {
            return true;
        }

        @Override
        public void onData(StreamData data, Completion handedOn) {
            handedOn.succeeded();
        }

        @Override
        public void onTrailers(ByteBuffer fields) {}

        @Override
        public void onReset(ResetCode code, String reason) {}

        @Override
        public void onDisconnected() {}
    }
}
