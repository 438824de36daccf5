package org.podbridge.examples.pod;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of a pod server, whatever its container. */
@Command(
        name = "pod-server",
        sortOptions = false,
        description = "Serves files, WebID profile documents, WebRTC signaling (/.webrtc) and HTTP tunnels (/.tunnel).",
        footer = {"", "Prints 'ready <public-uri>' on standard output when it serves; logs go to standard error."})
public final class PodCommand implements Callable<Integer> {

    private final PodStarter starter;

    @Spec
    private CommandSpec command = CommandSpec.create();

    @Mixin
    private PodOptions options = new PodOptions();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this and end")
    @SuppressWarnings("unused") // picocli reads it
    private boolean help;

    private PodCommand(PodStarter starter) {
        this.starter = requireNonNull(starter, "starter");
    }

    /**
     * Runs a pod server until the process is told to stop.
     *
     * @param starter starts it
     * @param args the options
     */
    public static void run(PodStarter starter, String... args) {
        int status = PodOptions.commandLine(new PodCommand(starter)).execute(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    @Override
    public Integer call() throws Exception {
        RunningPod pod = start();
        Runtime.getRuntime().addShutdownHook(new Thread(pod::close, "stop"));
        System.out.println("ready " + pod.publicUri());
        return CommandLine.ExitCode.OK;
    }

    private RunningPod start() throws Exception {
        try {
            return starter.start(options);
        } catch (IOException e) {
            throw new ParameterException(
                    command.commandLine(),
                    "can't listen on " + options.host() + " port " + options.port() + " (" + reason(e)
                            + "); choose another --port or --host");
        }
    }

    private static String reason(Throwable e) {
        return e.getCause() == null ? String.valueOf(e.getMessage()) : reason(e.getCause());
    }
}
