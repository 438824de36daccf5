package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.contract.ServerProcess;

/** Two agents who want names that look alike, with the command and the pod server as they are shipped. */
@Timeout(180)
class ConfusableNamesIT {

    private static final String SERVICE = "http://127.0.0.1:9"; // nobody asks it for anything

    private static ServerProcess pod(String... options) {
        List<String> all =
                new ArrayList<>(List.of("--port", "0", "--agent", "alice=alice-token", "--agent", "bob=bob-token"));
        all.addAll(List.of(options));
        return ServerProcess.podServer(List.of(), all.toArray(String[]::new));
    }

    private static URI uriOf(ServerProcess pod) {
        return URI.create(pod.await("^ready (\\S+)").group(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--tunnel-host=tunnels.localhost", "--no-confusable-names"})
    void whoComesSecondIsToldToChooseAnother(String option) throws Exception {
        try (ServerProcess pod = pod(option)) {
            URI uri = uriOf(pod);
            try (ServerProcess alice = ServerProcess.tunnel(uri, "alice-token", "email", SERVICE)) {
                alice.await("^http://.*email");
                try (ServerProcess bob = ServerProcess.tunnel(uri, "bob-token", "ernail", SERVICE);
                        ServerProcess hers = ServerProcess.tunnel(uri, "alice-token", "ema1l", SERVICE)) {
                    bob.await("^podbridge: The name ernail looks like one .*Choose one that differs");
                    assertThat(bob.exitCode()).isEqualTo(3);
                    assertThat(bob.output()).doesNotContain("alice");
                    hers.await("^http://.*ema1l");
                }
            }
        }
    }

    @Test
    void bothGetTheirNamesIfTheServerSaysSo() {
        try (ServerProcess pod = pod("--tunnel-host=tunnels.localhost", "--confusable-names")) {
            URI uri = uriOf(pod);
            try (ServerProcess alice = ServerProcess.tunnel(uri, "alice-token", "email", SERVICE)) {
                alice.await("^http://email\\.");
                try (ServerProcess bob = ServerProcess.tunnel(uri, "bob-token", "ernail", SERVICE)) {
                    bob.await("^http://ernail\\.");
                }
            }
        }
    }
}
