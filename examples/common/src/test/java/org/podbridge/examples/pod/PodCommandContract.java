package org.podbridge.examples.pod;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the program as a process, since standard output, exit codes and signals are what is promised. */
@Timeout(60)
public abstract class PodCommandContract {

    @TempDir
    Path folder;

    /** Returns the class that is started. */
    protected abstract Class<?> mainClass();

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void endWhatStillRuns() {
        processes.forEach(Process::destroyForcibly);
    }

    @Test
    void saysOnceThatItIsReadyAndStopsWhenTold() throws Exception {
        Process process = run("--port", "0", "--agent", "alice=secret");
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).matches("ready http://localhost:[0-9]+");

            process.toHandle().destroy(); // process.destroy() would close its output

            assertThat(out.readLine()).isNull();
        }
        assertThat(process.waitFor()).isEqualTo(143);
        assertThat(errors()).doesNotContain("Exception", "secret");
    }

    @ParameterizedTest
    @CsvSource({
        "--port, x, is no port; take a number from 0 to 65535",
        "--agent, alice, expected name=token or name=token=webid",
        "--max-body, 0, --max-body: maxRequestBodyBytes: 0 (expected: > 0)",
        "--root, missing, create it or name another one",
        "--nonsense, x, Unknown option",
    })
    void saysWhatIsWrongAndEndsWith2(String option, String value, String message) throws Exception {
        Process process = run(option, value);

        assertThat(process.waitFor()).isEqualTo(2);
        assertThat(errors()).startsWith("pod-server: ").contains(message).doesNotContain("Exception");
    }

    @Test
    void saysThatThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process process = run("--port", Integer.toString(taken.getLocalPort()));

            assertThat(process.waitFor()).isEqualTo(2);
            assertThat(errors())
                    .startsWith("pod-server: can't listen on 127.0.0.1 port " + taken.getLocalPort())
                    .contains("choose another --port or --host");
        }
    }

    private Process run(String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                mainClass().getName()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve("errors").toFile())
                .start();
        processes.add(process);
        return process;
    }

    private String errors() throws IOException {
        return Files.readString(folder.resolve("errors"));
    }
}
