package org.podbridge.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.podbridge.contract.ServerProcess;

/** A host that its agent has given up, with the command and the pod server as they are shipped. */
@Timeout(180)
class NameQuarantineIT {

    private static final String SERVICE = "http://127.0.0.1:9"; // nobody asks it for anything

    @Test
    void nobodyButItsAgentGetsItWhenTheLeaseIsOver() throws Exception {
        try (ServerProcess pod = ServerProcess.podServer(
                List.of(),
                "--port=0",
                "--agent=alice=alice-token",
                "--agent=bob=bob-token",
                "--tunnel-host=tunnels.localhost",
                "--name-lease=0")) {
            URI uri = URI.create(pod.await("^ready (\\S+)").group(1));
            for (int round = 0; round < 2; round++) {
                try (ServerProcess alice = ServerProcess.tunnel(uri, "alice-token", "diary", SERVICE)) {
                    alice.await("^http://diary\\.tunnels\\.localhost");
                }
                try (ServerProcess bob = ServerProcess.tunnel(uri, "bob-token", "diary", SERVICE)) {
                    bob.await("^podbridge: .*diary.*");
                    assertThat(bob.exitCode()).isEqualTo(3);
                    assertThat(bob.output()).contains("Choose another name").doesNotContain("alice");
                }
            }
        }
    }
}
