package org.podbridge.tunnel;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.Completion;
import org.podbridge.exchange.Exchange;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;
import org.podbridge.json.MalformedJsonException;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.Stream;
import org.podbridge.tunnel.v2.StreamData;
import org.podbridge.tunnel.v2.StreamListener;
import org.podbridge.tunnel.v2.StreamRequest;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * One visitor's request on a stream: each side is read only as fast as the other takes it, and nothing but what is on
 * its way is held. Thread-safe.
 */
final class StreamedExchange implements StreamListener, TunnelStreams.Opening {

    /** How long a body is held back for a service that doesn't say whether it wants it (RFC 9110 section 10.1.1). */
    private static final Duration CONTINUE_PATIENCE = Duration.ofSeconds(1);

    private static final int CONTINUE = 100;

    private final HttpVisit visit;
    private final TunnelEndpoint endpoint;
    private final VisitorResponse response;
    private final Exchange exchange;
    private final VisitAdmission.Decision.Admitted admitted;
    private final Tunnel tunnel;
    private final IdleTimer idle;
    private final BodyPace pace;
    private final boolean expectsContinue;
    private volatile @Nullable Stream stream;
    private volatile @Nullable RequestSender requestSender;
    private volatile Scheduler.Task continuePatience = () -> {};

    /** What keeps the content behind a head that leaves alone. */
    private volatile Gate headLeaves = Gate.opened();

    /** How many bytes the service has promised and not yet sent, -1 if it didn't promise. Confined to the stream. */
    private long promised = -1;

    /** Whether the service's content is dropped. Confined to the stream. */
    private boolean bodiless;

    StreamedExchange(HttpVisit visit, VisitAdmission.Decision.Admitted admitted) {
        this.visit = visit;
        this.endpoint = visit.endpoint();
        this.response = visit.response();
        this.exchange = visit.response().exchange();
        this.admitted = admitted;
        this.tunnel = admitted.tunnel();
        this.idle = new IdleTimer(endpoint.scheduler(), this::timedOut);
        this.pace = BodyPace.of(endpoint, response, this::tooSlow);
        this.expectsContinue =
                exchange.request().fields().first("expect").orElse("").equalsIgnoreCase("100-continue");
    }

    void start(TunnelStreams streams) {
        ByteBuffer head = HeadCodec.encode(head());
        if (head.remaining() > TunnelStreams.MAX_HEAD_BYTES) {
            response.refuse(RelayAnswer.HEAD_TOO_LARGE);
            return;
        }
        streams.open(head, this);
    }

    private StreamRequest head() {
        RequestHead request = exchange.request();
        String authority = endpoint.authorityOf(request);
        HeaderFields.Builder fields = HeaderFields.builder().addAll(endpoint.crossing(request, tunnel, visit.prefix()));
        if (expectsContinue) {
            fields.add("expect", "100-continue");
        }
        announcedTrailers(request.fields(), RequestRules::trailers).ifPresent(names -> fields.add("trailer", names));
        return new StreamRequest(
                tunnel.name().value(),
                request.method(),
                visit.target().path(),
                authority,
                endpoint.publicScheme(),
                fields.build(),
                false);
    }

    /** Returns the names of those trailers that will cross, since many take only what was announced. */
    private static Optional<String> announcedTrailers(HeaderFields fields, UnaryOperator<HeaderFields> rules) {
        HeaderFields.Builder names = HeaderFields.builder();
        for (String value : fields.all("trailer")) {
            for (String name : value.split(",", -1)) {
                names.add(name.strip(), "");
            }
        }
        return rules.apply(names.build()).asList().stream()
                .map(HeaderFields.Field::name)
                .reduce((one, other) -> one + ", " + other);
    }

    @Override
    public StreamListener listener(Stream opening) {
        stream = opening;
        return this;
    }

    @Override
    public boolean isWanted() {
        return !response.isOver();
    }

    @Override
    public void whenUnwanted(Runnable action) {
        response.whenGone(action);
    }

    @Override
    public void opened(Stream opened) {
        requestSender = new RequestSender(response, opened, pace, idle::progress);
        idle.startFirst(endpoint.limits().exchangeTimeout()); // the answer may have come already
        response.whenGone(() -> cancel("the visitor is gone"));
        if (expectsContinue) {
            continuePatience = endpoint.scheduler().schedule(CONTINUE_PATIENCE, this::sendBody);
            if (!response.isWaiting()) {
                continuePatience.cancel(); // ended before it was known what to cancel
            }
            return;
        }
        sendBody();
    }

    @Override
    public void refused(RelayAnswer answer) {
        response.refuse(answer);
    }

    @Override
    public void leaving() {
        visit.dispatchAgain(admitted);
    }

    private void sendBody() {
        RequestSender sender = requestSender;
        if (sender != null && response.isWaiting()) {
            response.guarded(sender::start);
        }
    }

    private void cancel(String reason) {
        reset(ResetCode.CANCEL, reason);
    }

    private void reset(ResetCode code, String reason) {
        idle.stop();
        continuePatience.cancel();
        Stream open = stream;
        if (open != null) {
            open.reset(code, reason);
        }
    }

    private void timedOut() {
        reset(ResetCode.TIMEOUT, "no progress");
        if (!response.refuse(RelayAnswer.TIMEOUT)) {
            response.breakOff(new IOException("the service made no progress"));
        }
    }

    private void tooSlow() {
        reset(ResetCode.CANCEL, "the visitor sends too slowly");
        if (!response.refuse(RelayAnswer.BODY_TOO_SLOW)) {
            response.breakOff(new IOException("the visitor sent its content too slowly"));
        }
    }

    @Override
    public boolean onHead(ByteBuffer bytes) {
        StreamResponse head;
        try {
            head = HeadCodec.decodeResponse(bytes);
        } catch (MalformedJsonException e) {
            refuseResponse();
            return true;
        }
        idle.progress();
        if (head.isInterim()) {
            onInterim(head);
            return false;
        }
        if (head.status() == StreamResponse.SWITCHING_PROTOCOLS) {
            refuseResponse();
        } else {
            continuePatience.cancel();
            response.guarded(() -> begin(head));
        }
        return true;
    }

    private void onInterim(StreamResponse head) {
        if (head.status() == CONTINUE) {
            continuePatience.cancel();
            sendBody();
        } else if (response.isWaiting()) {
            crossing(head)
                    .ifPresent(crossing -> response.guarded(() -> response.inform(head.status(), crossing.fields())));
        }
    }

    private Optional<ResponseRules.Crossing> crossing(StreamResponse head) {
        return endpoint.responseRules().apply(head.status(), head.fields(), visit.contextOf(tunnel));
    }

    private HeaderFields crossingTrailers(HeaderFields fields) {
        return endpoint.responseRules().trailers(fields, visit.contextOf(tunnel).sandboxed());
    }

    private void begin(StreamResponse head) {
        Optional<ResponseRules.Crossing> crossing = crossing(head);
        if (crossing.isEmpty()) {
            refuseResponse();
            return;
        }
        HeaderFields.Builder framed =
                HeaderFields.builder().addAll(crossing.get().fields());
        bodiless = exchange.request().method().equals("HEAD") || !ResponseRules.hasContent(head.status());
        boolean mayTellLength = ResponseRules.hasContent(head.status()) || head.status() == 304;
        Optional<String> length = mayTellLength ? ResponseRules.claimedLength(head.fields()) : Optional.empty();
        length.ifPresent(bytes -> framed.add("content-length", bytes));
        announcedTrailers(head.fields(), this::crossingTrailers).ifPresent(names -> framed.add("trailer", names));
        promised = bodiless ? -1 : length.map(Long::parseLong).orElse(-1L);
        if (isEndless(head)) {
            idle.suspend();
        } else {
            idle.start(endpoint.limits().streamIdleTimeout());
        }
        pace.stop(); // from here on the service may talk with the visitor, with pauses
        if (!response.begin(crossing.get().status(), framed.build())) {
            cancel("the visitor is gone");
        } else if (promised < 0 && !bodiless) {
            sendHeadAlone(); // nobody knows when the first byte comes, if one comes at all
        }
    }

    private void sendHeadAlone() {
        Gate gate = Gate.closed();
        headLeaves = gate;
        Completion completion = new Completion() {
            @Override
            public void succeeded() {
                gate.open();
            }

            @Override
            public void failed(Throwable cause) {
                cancel("the visitor is gone");
                response.breakOff(cause);
                gate.open();
            }
        };
        try {
            exchange.write(ByteBuffer.allocate(0), false, completion);
        } catch (RuntimeException e) {
            completion.failed(e); // else what waits would never be given back
            throw e;
        }
    }

    private static boolean isEndless(StreamResponse head) {
        return head.fields()
                .first("content-type")
                .filter(type -> type.toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
    }

    private void refuseResponse() {
        reset(ResetCode.PROTOCOL, "a response that can't be passed on");
        response.refuse(RelayAnswer.BAD_RESPONSE);
    }

    @Override
    public void onData(StreamData data, Completion handedOn) {
        headLeaves.whenOpen(() -> write(data, handedOn));
    }

    private void write(StreamData data, Completion handedOn) {
        idle.progress();
        int size = data.bytes().remaining();
        if (response.isOver()) {
            handedOn.failed(new IOException("the exchange is over"));
        } else if (promised >= 0 && (size > promised || (data.last() && size < promised))) {
            reset(
                    ResetCode.PROTOCOL,
                    "not as many bytes as promised"); // before the failure, which would be a mere cancel
            handedOn.failed(new IOException("not as many bytes as promised"));
            response.breakOff(new IOException("the service sent another number of bytes than it promised"));
        } else {
            promised -= promised >= 0 ? size : 0;
            ByteBuffer content = bodiless ? ByteBuffer.allocate(0) : data.bytes();
            Written written = new Written(data.last(), handedOn);
            response.guarded(() -> {
                try {
                    exchange.write(content, data.last(), written);
                } catch (RuntimeException e) {
                    written.failed(e); // else the bytes would never be given back
                    throw e;
                }
            });
        }
    }

    /** The end of one write to the visitor. Only the first that is heard counts: a container may tell it and throw. */
    private final class Written implements Completion {

        private final AtomicBoolean told = new AtomicBoolean();

        private final boolean last;
        private final Completion handedOn;

        Written(boolean last, Completion handedOn) {
            this.last = last;
            this.handedOn = handedOn;
        }

        @Override
        public void succeeded() {
            if (!told.compareAndSet(false, true)) {
                return;
            }
            idle.progress();
            handedOn.succeeded();
            if (last) {
                response.finish();
                cancel("the response is complete"); // nobody reads the rest of the request, if there is one
            }
        }

        @Override
        public void failed(Throwable cause) {
            if (!told.compareAndSet(false, true)) {
                return;
            }
            handedOn.failed(cause);
            cancel("the visitor is gone");
            response.breakOff(cause);
        }
    }

    @Override
    public void onTrailers(ByteBuffer bytes) {
        try {
            HeaderFields trailers = crossingTrailers(HeadCodec.decodeTrailers(bytes));
            if (!response.isOver()) {
                response.guarded(() -> exchange.trailers(trailers));
            }
        } catch (MalformedJsonException e) {
            reset(ResetCode.PROTOCOL, "malformed trailers");
            response.breakOff(new IOException("malformed trailers"));
        }
    }

    @Override
    public void onReset(ResetCode code, String reason) {
        end(RelayAnswer.of(code), "the stream was reset: " + code);
    }

    @Override
    public void onDisconnected() {
        end(RelayAnswer.DISCONNECTED, "the tunnel was disconnected");
    }

    private void end(RelayAnswer answer, String cause) {
        idle.stop();
        continuePatience.cancel();
        if (!response.refuse(answer)) {
            response.breakOff(new IOException(cause));
        }
    }
}
