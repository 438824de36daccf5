package org.podbridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.podbridge.auth.AuthProvider;
import org.podbridge.policy.AccessPolicy;
import org.slf4j.LoggerFactory;

/** Which host of tunnels is refused beside which host of the pod, and which is warned of. */
class TunnelHostTest {

    private static final Path LOG = Path.of("target", "test.log"); // as set in simplelogger.properties

    private static Podbridge.Builder builder(String tunnelHost, String... publicUris) {
        Podbridge.Builder builder = Podbridge.builder()
                .authProvider(AuthProvider.fixed(Map.of()))
                .accessPolicy(AccessPolicy.anyAuthenticated())
                .tunnelHost(tunnelHost);
        List.of(publicUris).forEach(uri -> builder.publicUri(URI.create(uri)));
        return builder;
    }

    /** Builds, and returns what was warned of. */
    private static List<String> warnings(String tunnelHost, String... publicUris) throws IOException {
        String mark = "begin " + System.nanoTime();
        LoggerFactory.getLogger(TunnelHostTest.class).error(mark);
        builder(tunnelHost, publicUris).build().close();
        String log = Files.readString(LOG, StandardCharsets.UTF_8);
        String start = "WARN " + Podbridge.class.getName() + " - ";
        return log.substring(log.lastIndexOf(mark))
                .lines()
                .filter(line -> line.contains(start))
                .map(line -> line.substring(line.indexOf(start) + start.length()))
                .toList();
    }

    @ParameterizedTest
    @CsvSource({
        "pod.example, https://pod.example, pod.example, pod.example",
        "POD.example, https://pod.EXAMPLE, pod.example, pod.example",
        "pod.example, https://pod.example., pod.example, pod.example",
        "pod.example, http://pod.example:8080/mount, pod.example, pod.example",
        "example, https://pod.example, example, pod.example",
        "Pod.Example, https://EU.pod.example., pod.example, eu.pod.example",
        "tunnels.pod.example, https://pod.example, tunnels.pod.example, pod.example",
        "TUNNELS.eu.pod.example, https://pod.example., tunnels.eu.pod.example, pod.example",
    })
    void isRefusedIfItIsThePodsOrLiesAboveOrBelowIt(String given, String publicUri, String tunnelHost, String podHost) {
        assertThatIllegalStateException()
                .isThrownBy(() -> builder(given, publicUri).build())
                .withMessage("tunnelHost " + tunnelHost + " and the pod's host " + podHost
                        + " must not lie below each other: a tunnel could set the pod's cookies");
        assertThatIllegalStateException()
                .as("as the second of two")
                .isThrownBy(() ->
                        builder(given, "https://unrelated.test", publicUri).build());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tunnels.example.",
                ".tunnels.example",
                "tunnels..example",
                "tunnels.example:443",
                "https://tunnels.example",
                "*.tunnels.example",
                "tunnels_.example",
                "tunnels.exämple",
                "[::1]"
            })
    void isRefusedIfItIsNoHost(String tunnelHost) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Podbridge.builder().tunnelHost(tunnelHost))
                .withMessage("tunnelHost: " + tunnelHost + " (expected: a host name without port)");
    }

    @Test
    void isNotWarnedOfIfItIsUnrelated() throws IOException {
        assertThat(warnings("pod-tunnels.example", "https://pod.example")).isEmpty();
        assertThat(warnings("otherpod.example", "https://pod.example")).isEmpty(); // ends alike, but lies not below
        assertThat(warnings("tunnels.test", "https://pod.example")).isEmpty();
        assertThat(warnings("tunnels.test", "http://localhost:8080")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, http://localhost:8080, localhost",
        "tunnels.localhost, http://localhost:8080, localhost",
        "localhost, http://pod.localhost, pod.localhost",
        "Tunnels.Localhost, http://LOCALHOST., localhost",
    })
    void isWarnedOfIfBothAreLoopbackNames(String tunnelHost, String publicUri, String podHost) throws IOException {
        assertThat(warnings(tunnelHost, publicUri))
                .containsExactly("The tunnel host " + tunnelHost.toLowerCase(Locale.ROOT) + " and the pod's host "
                        + podHost + " share cookies");
    }

    @Test
    void isWarnedOfOnceForEachHostOfThePodThatMayBeOfItsSite() throws IOException {
        String warning =
                "The tunnel host tunnels.pods.example and the pod's host %s are both below pods.example: unless"
                        + " that is on the Public Suffix List, they are one site to browsers, which send the pod's cookies to"
                        + " requests of tunnels' pages";
        assertThat(warnings(
                        "Tunnels.Pods.Example",
                        "https://alice.pods.example",
                        "https://ALICE.pods.example.:8443",
                        "https://bob.pods.example",
                        "https://unrelated.test"))
                .containsExactly(
                        String.format(warning, "alice.pods.example"), String.format(warning, "bob.pods.example"));
    }
}
