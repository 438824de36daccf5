package org.podbridge.jetty;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.RateControl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Router;
import org.podbridge.contract.Http2TunnelContract;
import org.podbridge.contract.Http2Visitor.Answer;
import org.podbridge.testkit.RunningHost;

class JettyHttp2TunnelContractTest extends Http2TunnelContract {

    @Override
    protected RunningHost start(Router router) throws Exception {
        return TestServer.startHttp2(router, http2 -> {});
    }

    @Override
    protected RunningHost startWithoutLimitOfResets(Router router) throws Exception {
        return TestServer.startHttp2(
                router,
                http2 -> http2.setRateControlFactory(new RateControl.Factory() {
                    @Override
                    public RateControl newRateControl(EndPoint endPoint) {
                        return RateControl.NO_RATE_CONTROL;
                    }
                }));
    }

    // WebSockets (RFC 8441)

    private int connect(String path, String... more) {
        String[] all = Arrays.copyOf(more, more.length + 2);
        all[more.length] = "sec-websocket-version";
        all[more.length + 1] = "13";
        return visitor().ask("CONNECT", path, false, all);
    }

    private int statusOf(String path, String... more) {
        return visitor().await(connect(path, more)).status();
    }

    @Test
    void holdsAWebSocketForSignalingToTheRulesOfAnyOther() {
        assertThat(statusOf("/.webrtc", ":protocol", "websocket")).isEqualTo(401);
        assertThat(statusOf("/.webrtc", ":protocol", "websocket", "authorization", "Bearer nobody"))
                .isEqualTo(401);
        assertThat(statusOf(
                        "/.webrtc",
                        ":protocol",
                        "websocket",
                        "authorization",
                        "Bearer owner",
                        "origin",
                        "a",
                        "origin",
                        "b"))
                .isEqualTo(400);
        assertThat(statusOf("/.webrtc?token=tk_nobodys", ":protocol", "websocket"))
                .isEqualTo(401);
        assertThat(podbridge().diagnostics().agentsOnline()).isZero();
        int stream = connect("/.webrtc", ":protocol", "websocket", "authorization", "Bearer owner");
        Answer opened = visitor().awaitSome(stream, 20);
        assertThat(opened.status()).isEqualTo(200);
        assertThat(opened.body()).contains("\"type\":\"peers\"");
        assertThat(podbridge().diagnostics().agentsOnline()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {":protocol foo", ":protocol ", "x-none 1"})
    void opensNoWebSocketForWhatAsksForNone(String field) {
        String[] parts = field.split(" ", 2);
        Answer answer = visitor().await(connect("/.webrtc", parts[0], parts[1], "authorization", "Bearer owner"));
        assertThat(answer.status() == 0 || answer.status() >= 400)
                .as("%s", answer)
                .isTrue();
        assertThat(podbridge().diagnostics().agentsOnline()).isZero();
    }
}
