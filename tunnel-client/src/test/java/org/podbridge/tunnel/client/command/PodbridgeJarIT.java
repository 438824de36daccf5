package org.podbridge.tunnel.client.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.podbridge.tunnel.client.FakeRelay;
import org.podbridge.tunnel.client.RawService;
import org.podbridge.tunnel.client.RelayLink;

/** The command as users get it. */
class PodbridgeJarIT {

    @TempDir
    private Path directory;

    private Path errors;

    @BeforeEach
    void placeErrors() {
        errors = directory.resolve("errors");
    }

    private Process start(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                Path.of("target", "podbridge.jar").toString()));
        command.addAll(Arrays.asList(args));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().put("PODBRIDGE_TOKEN", "secret-token");
        return builder.start();
    }

    @Test
    void tunnelsUntilItIsTerminated() throws Exception {
        try (FakeRelay relay = FakeRelay.start();
                RawService service = RawService.start()) {
            Process process = start(
                    "tunnel",
                    "myapp",
                    "--to",
                    service.uri().toString(),
                    "--relay",
                    relay.uri().toString());
            try (BufferedReader out = process.inputReader(UTF_8)) {
                RelayLink link = relay.register("myapp");
                assertThat(out.readLine()).isEqualTo("http://" + relay.authority() + "/tunnel/myapp/");
                assertThat(link.sendRequest("1", "GET", "/path").readAnswer().text())
                        .isEqualTo("ok");
                assertThat(out.readLine()).matches("[0-9:]{8} GET /path 200 .* 2 B");
                process.destroy();
                assertThat(link.readClose()).isEqualTo(1000);
                link.sendClose(1000);
                assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
                assertThat(process.exitValue()).isZero();
                assertThat(errors).content().isEmpty();
            } finally {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void knowsItsVersion() throws Exception {
        Process process = start("--version");
        assertThat(process.getInputStream().readAllBytes())
                .asString()
                .matches("podbridge [0-9]+\\.[0-9]+\\.[0-9]+.*\\R");
        assertThat(process.waitFor()).isZero();
    }

    @Test
    void complainsInWords() throws Exception {
        Process process = start("tunnel");
        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(errors).content().startsWith("podbridge: Missing required");
    }
}
