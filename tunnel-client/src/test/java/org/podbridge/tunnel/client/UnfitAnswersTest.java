package org.podbridge.tunnel.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.podbridge.tunnel.v2.Frame;
import org.podbridge.tunnel.v2.ResetCode;

/** Answers of the local service that fit no stream are refused to the visitor, and told to whoever runs the client. */
class UnfitAnswersTest {

    private final FakeRelay relay = FakeRelay.start();
    private final RawService service = RawService.start();
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

    private void assertRefused(String answer, ResetCode code, String failure) {
        service.respond(answer);
        client.start();
        FrameLink link = FrameLink.register(relay, "myapp");
        assertThat(link.get(1, "/").next(Frame.Reset.class).code()).isEqualTo(code);
        FinishedRequest request = listener.request();
        assertThat(request.status()).isEqualTo(502);
        assertThat(request.failure()).contains(failure);
        service.respond("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        assertThat(link.get(2, "/").answer(2)).as("the next one").isEqualTo("200 ok");
    }

    @Test
    void aHeadThatIsTooLargeForAFrame() {
        String fields = ("X-Field: " + "x".repeat(5_000) + "\r\n").repeat(8);
        assertRefused(
                "HTTP/1.1 200 OK\r\n" + fields + "Content-Length: 2\r\n\r\nok",
                ResetCode.TOO_LARGE,
                "The header fields of the answer are too large for a tunnel");
    }

    @Test
    void aStatusThatIsNone() {
        assertRefused(
                "HTTP/1.1 777 Lucky\r\nContent-Length: 2\r\n\r\nok",
                ResetCode.PROTOCOL,
                "The local service answered with a status that is none");
    }
}
