package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.contract.ServerProcess;

/** WebSockets of npm's ws on both sides of a tunnel, through the example pod server and the real command. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WebSocketsThroughTunnelsIT {

    private final ServerProcess pod = ServerProcess.podServer(
            List.of(), "--port", "0", "--agent", "alice=alice-token", "--name-lease", "0", "--tunnel-timeout", "3s");
    private final URI uri = URI.create(pod.await("^ready (\\S+)").group(1));
    private final ServerProcess service = ServerProcess.node("socket-service.mjs");
    private final String serviceUri = service.await("^ready (\\S+)").group(1);
    private final ServerProcess client = ServerProcess.tunnel(uri, "alice-token", "sockets", serviceUri);
    private final String tunnel = client.await("(http://\\S+/tunnel/sockets/)").group(1);

    @AfterAll
    void stop() {
        client.close();
        service.close();
        pod.close();
        assertThat(client.output() + pod.output()).doesNotContain("Exception", "\tat ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "messagesOfEveryKind",
                "fragments",
                "largeMessages",
                "manySmallMessages",
                "subprotocolsAndFields",
                "messagesInTheSamePacketAsTheAnswer",
                "closeCodesOfTheService",
                "closeCodesOfTheVisitor",
                "aServiceThatBreaksOff",
                "aVisitorThatBreaksOff",
                "refusals",
                "aServiceThatDoesNotRead",
                "aVisitorThatDoesNotRead"
            })
    void areWhatTheyWouldBeWithoutOne(String scenario) throws InterruptedException {
        try (ServerProcess visitor = ServerProcess.node("socket-visitor.mjs", tunnel, scenario)) {
            int exitCode = visitor.exitCode();
            assertThat(visitor.output()).contains("as expected").doesNotContain("not as expected");
            assertThat(exitCode).isZero();
        }
    }

    @Test
    void endWithTheirTunnel() throws InterruptedException {
        try (ServerProcess another = ServerProcess.tunnel(uri, "alice-token", "brief", serviceUri)) {
            String brief = another.await("(http://\\S+/tunnel/brief/)").group(1);
            try (ServerProcess visitor = ServerProcess.node("socket-visitor.mjs", brief, "theEndOfTheTunnel")) {
                visitor.await("^open$");
                another.terminate();
                visitor.await("^as expected$");
                assertThat(visitor.exitCode()).isZero();
            }
        }
    }
}
