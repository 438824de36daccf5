package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.HeadCodec;
import org.podbridge.tunnel.v2.ResetCode;
import org.podbridge.tunnel.v2.StreamRequest;

/** A service may answer before it has read all of a request; such answers reach the visitor whole. */
class EarlyAnswersTest {

    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.startWithoutReadingBodies();
    private final RecordingListener listener = new RecordingListener();
    private final TunnelClient client = TunnelClient.builder()
            .relay(relay.uri())
            .credentials("t")
            .name("myapp")
            .target(service.uri())
            .listener(listener)
            .build();

    @AfterEach
    void close() {
        relay.close();
        client.close();
        service.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much",
                "HTTP/1.1 413 Content Too Large\r\nTransfer-Encoding: chunked\r\n\r\n8\r\ntoo much\r\n0\r\n\r\n",
                "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n\r\ntoo much",
            })
    void reachTheVisitorThoughTheRequestIsNotWhole(String answer) {
        service.respond(answer);
        client.start();
        FrameLink link = FrameLink.register(relay, "myapp");
        StreamRequest request = new StreamRequest(
                "myapp", "POST", "/", "pod.example", "https", HeaderFields.of("content-length", "100000"), false);
        link.say(new Frame.Request(1, HeadCodec.encode(request), false));
        link.say(new Frame.Data(1, ByteBuffer.allocate(30_000), false, false, false));

        assertThat(link.answer(1).strip()).isEqualTo("413 too much");
        FinishedRequest finished = listener.request();
        assertThat(finished.status()).isEqualTo(413);
        assertThat(finished.failure()).isEmpty();

        service.respond("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        link.say(new Frame.Data(1, ByteBuffer.allocate(30_000), false, false, false));
        assertThat(link.get(2, "/").answer(2)).as("no reset comes before").isEqualTo("200 ok");

        link.say(new Frame.Reset(1, ResetCode.CANCEL, "the response is complete"));
        assertThat(link.get(3, "/").answer(3)).as("the next one").isEqualTo("200 ok");
    }
}
