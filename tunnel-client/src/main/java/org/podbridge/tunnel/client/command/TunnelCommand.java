package org.podbridge.tunnel.client.command;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.podbridge.tunnel.client.TokenSource;
import org.podbridge.tunnel.client.TunnelClient;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code podbridge tunnel}: holds a tunnel open until the user ends it. */
@Command(
        name = "tunnel",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Makes a web service reachable under a public URL, until ended with Ctrl-C.",
            "The URL is printed first, then a line for every request."
        },
        footer = {
            "",
            "The token is taken from --token-file, --token or the variable " + TunnelCommand.TOKEN_VARIABLE + "."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ended by the user",
            "1:something else failed",
            "2:the arguments make no sense",
            "3:the relay refused the name, or another client took it over",
            "4:the relay refused the token"
        })
final class TunnelCommand implements Callable<Integer> {

    static final String TOKEN_VARIABLE = "PODBRIDGE_TOKEN";

    private final Map<String, String> environment;
    private final StopSignal stopSignal;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "The tunnel's name: 1 to 63 of A-Z a-z 0-9 _ -")
    private @Nullable String name;

    @Option(
            names = "--to",
            required = true,
            paramLabel = "URL",
            description = "The service that answers, such as http://localhost:3000")
    private @Nullable URI target;

    @Option(
            names = "--relay",
            required = true,
            paramLabel = "URL",
            description = "The pod server's tunnel endpoint, such as wss://pod.example/.tunnel")
    private @Nullable URI relay;

    @Mixin
    private final TokenOptions token = new TokenOptions();

    @Option(
            names = "--passthrough",
            description = "Lets visitors' cookies and credentials reach the service, and its cookies the visitors.")
    private boolean passthrough;

    @Option(names = "--insecure", description = "Takes any certificate of the service, which must be on this machine.")
    private boolean insecure;

    @Option(
            names = {"-q", "--quiet"},
            description = "Prints the public URL and what ends the tunnel, nothing else.")
    private boolean quiet;

    TunnelCommand(Map<String, String> environment, StopSignal stopSignal) {
        this.environment = environment;
        this.stopSignal = stopSignal;
    }

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        CommandSpec command = requireNonNull(spec, "spec");
        CompletableFuture<Integer> exitCode = new CompletableFuture<>();
        Console console = new Console(
                command.commandLine().getOut(), command.commandLine().getErr(), quiet, exitCode);
        TunnelClient client = client(command, console);
        if (isPlainToElsewhere(requireNonNull(relay, "relay"))) {
            console.warn("the token and all traffic travel unencrypted. Use wss:// if you can.");
        }
        try (StopSignal.Registration registration = stopSignal.onStop(() -> exitCode.complete(ExitCode.STOPPED));
                client) {
            requireNonNull(registration, "registration");
            client.start();
            return exitCode.get();
        }
    }

    private TunnelClient client(CommandSpec command, Console console) {
        try {
            return TunnelClient.builder()
                    .name(requireNonNull(name, "name"))
                    .relay(requireNonNull(relay, "relay"))
                    .target(requireNonNull(target, "target"))
                    .credentials(credentials(command))
                    .tokenInQuery(token.isInQuery())
                    .passthrough(passthrough)
                    .trustAnyCertificate(insecure)
                    .listener(console)
                    .build();
        } catch (IllegalArgumentException | IllegalStateException e) {
            throw new ParameterException(command.commandLine(), String.valueOf(e.getMessage()), e);
        }
    }

    private TokenSource credentials(CommandSpec command) {
        if (token.isAmbiguous()) {
            throw new ParameterException(command.commandLine(), "Either --token or --token-file, not both");
        }
        return token.source(environment)
                .orElseThrow(() -> new ParameterException(
                        command.commandLine(),
                        "There is no token: pass one with --token-file, with --token or in " + TOKEN_VARIABLE));
    }

    private static boolean isPlainToElsewhere(URI relay) {
        return "ws".equalsIgnoreCase(relay.getScheme())
                && !Set.of("localhost", "127.0.0.1", "[::1]")
                        .contains(relay.getHost().toLowerCase(Locale.ROOT));
    }
}
