package org.podbridge.tunnel.client.command;

import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code podbridge}: does nothing by itself. */
@Command(
        name = "podbridge",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Makes web services on this machine reachable through a Solid pod server.",
        synopsisSubcommandLabel = "COMMAND")
final class PodbridgeCommand implements Runnable {

    @Spec
    private @Nullable CommandSpec spec;

    /**
     * Returns the whole command line.
     *
     * @param environment the environment variables
     * @param stopSignal how the user ends the command
     * @param colours whether the output can have colours
     */
    static CommandLine commandLine(Map<String, String> environment, StopSignal stopSignal, BooleanSupplier colours) {
        return new CommandLine(new PodbridgeCommand())
                .addSubcommand(new TunnelCommand(environment, stopSignal, colours))
                .addSubcommand(new ShareCommand(environment))
                .setParameterExceptionHandler(Complaints::misuse)
                .setExecutionExceptionHandler(Complaints::failure);
    }

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "Which command? See: podbridge --help");
        }
    }
}
