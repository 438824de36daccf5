package org.podbridge.contract;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A program in a process of its own, whose output the test reads line by line. All of it is kept in
 * {@code target/process-logs}, where {@code ./run test} looks for credentials that no log may hold.
 */
public final class ServerProcess implements AutoCloseable {

    private static final Path ROOT = findRoot();
    private static final String END = "(the program has ended)";

    private static final Duration END_OF_OUTPUT = Duration.ofSeconds(10);

    private final Process process;
    private final Thread reader;
    private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    private final List<String> seen = new ArrayList<>();

    private ServerProcess(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "output of " + process.pid());
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts the pod server on Jetty with Java options first, then its own. */
    public static ServerProcess podServer(List<String> javaOptions, String... options) {
        return podServer(PodServer.JETTY, javaOptions, options);
    }

    /** Starts one of the pod servers with Java options first, then its own. */
    public static ServerProcess podServer(PodServer server, List<String> javaOptions, String... options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.add("-jar");
        command.add(root().resolve(server.jar()).toString());
        command.addAll(List.of(options));
        return start(command);
    }

    /** Starts the {@code podbridge} command with a tunnel to a service. */
    public static ServerProcess tunnel(URI pod, String token, String name, String service, String... options) {
        return tunnel(List.of(), pod, token, name, service, options);
    }

    /** Starts the {@code podbridge} command with Java options first. */
    public static ServerProcess tunnel(
            List<String> javaOptions, URI pod, String token, String name, String service, String... options) {
        List<String> all = new ArrayList<>(List.of("--token", token));
        all.addAll(List.of(options));
        return tunnel(javaOptions, pod, name, service, all);
    }

    /** Starts the {@code podbridge} command with options that say who it is. */
    public static ServerProcess tunnel(
            List<String> javaOptions, URI pod, String name, String service, List<String> options) {
        List<String> all = new ArrayList<>(List.of("--to", service));
        all.addAll(options);
        return podbridge(javaOptions, "tunnel", name, pod, all);
    }

    /** Starts {@code podbridge share} with options that say who asks. */
    public static ServerProcess share(URI pod, String name, List<String> options) {
        return podbridge(List.of(), "share", name, pod, options);
    }

    private static ServerProcess podbridge(
            List<String> javaOptions, String subcommand, String name, URI pod, List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(javaOptions);
        command.add("-jar");
        command.add(root().resolve("tunnel-client/target/podbridge.jar").toString());
        String relay = "ws" + pod.toString().substring("http".length()) + "/.tunnel";
        command.addAll(List.of(subcommand, name, "--relay", relay));
        command.addAll(options);
        return start(command);
    }

    /** Starts a class of these tests. */
    public static ServerProcess java(Class<?> mainClass) {
        return start(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                mainClass.getName()));
    }

    /** Starts a script of Node's, from the folder that holds them. */
    public static ServerProcess node(String script, String... arguments) {
        List<String> command = new ArrayList<>(List.of("node", script));
        command.addAll(List.of(arguments));
        return start(command, root().resolve("integration-tests/src/test/node"));
    }

    /** Starts a program in the project's folder. */
    public static ServerProcess start(List<String> command) {
        return start(command, root());
    }

    /** Starts a program in a folder. */
    public static ServerProcess start(List<String> command, Path folder) {
        try {
            ProcessBuilder builder =
                    new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
            // Where CI is set some programs colour what isn't a terminal, and then no line looks as we await it.
            builder.environment().put("NO_COLOR", "1");
            builder.environment().remove("FORCE_COLOR");
            return new ServerProcess(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the project's folder. */
    public static Path root() {
        return ROOT;
    }

    private static Path findRoot() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("integration-tests/pom.xml"))) {
            folder = folder.getParent();
            if (folder == null) {
                throw new IllegalStateException("run the tests from within the project");
            }
        }
        return folder;
    }

    private void read() {
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
                BufferedWriter log = Files.newBufferedWriter(Files.createTempFile(logs(), "", ".log"))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                lines.add(line);
                log.write(line);
                log.newLine();
            }
        } catch (IOException e) {
            lines.add("(output broke off)");
        }
        lines.add(END);
    }

    private static Path logs() throws IOException {
        return Files.createDirectories(root().resolve("integration-tests/target/process-logs"));
    }

    /** Returns the first match in the lines to come. */
    public Matcher await(String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (true) {
            try {
                String line = lines.poll(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
                if (END.equals(line)) {
                    lines.add(END); // for whoever asks again
                    line = null;
                }
                if (line == null) {
                    throw new AssertionError("no line like " + pattern + " but:\n" + String.join("\n", seen));
                }
                seen.add(line);
                Matcher matcher = compiled.matcher(line);
                if (matcher.find()) {
                    return matcher;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new AssertionError(e);
            }
        }
    }

    /** Waits for the end, and for all output unless somebody else still writes to it, and returns the exit code. */
    public int exitCode() throws InterruptedException {
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            throw new AssertionError("it doesn't end");
        }
        reader.join(END_OF_OUTPUT.toMillis());
        return process.exitValue();
    }

    /** Returns all output so far. */
    public String output() {
        lines.drainTo(seen);
        return String.join("\n", seen);
    }

    /** Tells whether it still runs. */
    public boolean isAlive() {
        return process.isAlive();
    }

    /** Asks it to end, as a service manager would. */
    public void terminate() {
        process.destroy();
    }

    /** Ends it without a chance to say goodbye. */
    public void kill() {
        process.destroyForcibly();
    }

    /** Returns its process id. */
    public long pid() {
        return process.pid();
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
