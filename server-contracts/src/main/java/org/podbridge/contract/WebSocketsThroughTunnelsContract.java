package org.podbridge.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.Router;
import org.podbridge.testkit.RunningHost;

/** WebSockets of npm's ws on both sides of a tunnel, which the real command serves. */
@Timeout(180)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class WebSocketsThroughTunnelsContract {

    private Pod pod;
    private ServerProcess service;
    private String serviceUri;
    private ServerProcess client;
    private String tunnel;

    /** Creates the suite. */
    protected WebSocketsThroughTunnelsContract() {}

    /**
     * Starts a server on 127.0.0.1 with the adapter.
     *
     * @param router what the adapter asks, once the server has started
     * @return the running server
     * @throws Exception if it can't be started
     */
    protected abstract RunningHost start(Router router) throws Exception;

    /**
     * Tells whether close frames without a code are told from those with code 1000, both ways; where they aren't, 1000
     * stands for both.
     *
     * @return whether they are
     */
    protected boolean knowsClosesWithoutCode() {
        return true;
    }

    /**
     * Tells whether a connection that is broken off ends without a close frame; where it doesn't, one with code 1002
     * comes first if there is room for it.
     *
     * @return whether it does
     */
    protected boolean breaksOffWithoutClose() {
        return true;
    }

    @BeforeAll
    void startAll() throws Exception {
        pod = Pod.start(this::start, limits -> limits.exchangeTimeout(Duration.ofSeconds(3)), Pod.fixed());
        service = ServerProcess.node("socket-service.mjs");
        serviceUri = service.await("^ready (\\S+)").group(1);
        client = ServerProcess.tunnel(pod.uri(), "alice-token", "sockets", serviceUri);
        tunnel = client.await("(http://\\S+/tunnel/sockets/)").group(1);
    }

    @AfterAll
    void stopAll() {
        client.close();
        service.close();
        pod.close();
        assertThat(client.output()).doesNotContain("Exception", "\tat ");
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
        try (ServerProcess visitor = visit(tunnel, scenario)) {
            int exitCode = visitor.exitCode();
            assertThat(visitor.output()).contains("as expected").doesNotContain("not as expected");
            assertThat(exitCode).isZero();
        }
    }

    @Test
    void endWithTheirTunnel() throws InterruptedException {
        try (ServerProcess another = ServerProcess.tunnel(pod.uri(), "alice-token", "brief", serviceUri)) {
            String brief = another.await("(http://\\S+/tunnel/brief/)").group(1);
            try (ServerProcess visitor = visit(brief, "theEndOfTheTunnel")) {
                visitor.await("^open$");
                another.terminate();
                visitor.await("^as expected$");
                assertThat(visitor.exitCode()).isZero();
            }
        }
    }

    private ServerProcess visit(String uri, String scenario) {
        return ServerProcess.node(
                "socket-visitor.mjs",
                uri,
                scenario,
                knowsClosesWithoutCode() ? "1005" : "1000",
                breaksOffWithoutClose() ? "1006" : "1002");
    }
}
