package org.podbridge.examples.podserver;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.podbridge.examples.pod.PodOptions;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line of the pod server. */
@Command(
        name = "pod-server",
        sortOptions = false,
        description = "Serves files, WebID profile documents, WebRTC signaling (/.webrtc) and HTTP tunnels (/.tunnel).",
        footer = {"", "Prints 'ready <public-uri>' on standard output when it serves; logs go to standard error."})
public final class Main implements Callable<Integer> {

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

    private Main() {}

    /**
     * Runs the server until the process is told to stop.
     *
     * @param args the options
     */
    public static void main(String[] args) {
        int status = PodOptions.commandLine(new Main()).execute(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    @Override
    public Integer call() throws Exception {
        PodServer server = start();
        Runtime.getRuntime().addShutdownHook(new Thread(server::close, "stop"));
        System.out.println("ready " + server.publicUri());
        return CommandLine.ExitCode.OK;
    }

    private PodServer start() throws Exception {
        try {
            return PodServer.start(options);
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
