package org.podbridge.tunnel.client.command;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.podbridge.tunnel.client.TunnelClientBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code podbridge tunnel}: holds tunnels open until the user ends it. */
@Command(
        name = "tunnel",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Makes web services reachable under public URLs, until ended with Ctrl-C.",
            "The URL is printed first, then a line for every request."
        },
        footer = {
            "",
            "The token is taken from --token-file, --token, the file's token-file, or the variable "
                    + TokenOptions.VARIABLE + ".",
            "In its place --oidc-issuer, --client-id and --client-secret-file log in as a Solid user; so do the file's keys"
                    + " of these names, and the variables",
            LoginOptions.ISSUER_VARIABLE + ", " + LoginOptions.ID_VARIABLE + " and " + LoginOptions.SECRET_VARIABLE
                    + ".",
            "What is said here goes before what the file says, for every tunnel that is started."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:ended by the user",
            "1:something else failed",
            "2:the arguments or the file make no sense",
            "3:the relay refused the name, or another client took it over",
            "4:the relay refused the token or the login",
            "5:the identity provider refused the login",
            " :with several tunnels: when none is left, that of the first one refused"
        })
final class TunnelCommand implements Callable<Integer> {

    private final Map<String, String> environment;
    private final StopSignal stopSignal;
    private final BooleanSupplier colours;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            paramLabel = "NAME",
            arity = "0..1",
            description = "The tunnel's name: 1 to 63 of A-Z a-z 0-9 _ -. With --config, the one to start.")
    private @Nullable String name;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A file with one or more tunnels, such as podbridge.yml")
    private @Nullable Path config;

    @Option(
            names = "--relay",
            paramLabel = "URL",
            description = "The pod server's tunnel endpoint, such as wss://pod.example/.tunnel")
    private @Nullable URI relay;

    @Option(
            names = "--ca",
            paramLabel = "FILE",
            description = "Certificates in PEM form, one of which must have signed the relay's.")
    private @Nullable Path trustedCertificates;

    @Option(
            names = "--token-in-query",
            description = "Sends the token in the URL, for relays that look nowhere else. URLs end up in logs.")
    private boolean tokenInQuery;

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Mixin
    private final TunnelOptions tunnel = new TunnelOptions();

    @Option(
            names = {"-q", "--quiet"},
            description = "Prints the public URLs and what ends a tunnel, nothing else.")
    private boolean quiet;

    @Option(names = "--json", description = "Prints one JSON object a line for everything that happens.")
    private boolean json;

    /**
     * Creates the command.
     *
     * @param environment the environment variables
     * @param stopSignal how the user ends it
     * @param colours whether the output can have colours
     */
    TunnelCommand(Map<String, String> environment, StopSignal stopSignal, BooleanSupplier colours) {
        this.environment = environment;
        this.stopSignal = stopSignal;
        this.colours = colours;
    }

    @Override
    public Integer call() throws InterruptedException, ExecutionException {
        ConfigFile file = read();
        List<TunnelPlan> plans = plans(file);
        ClientFactory factory = factory(file);
        Output output = output(plans.size() > 1, credentials.wantsLogin(file, environment));
        CompletableFuture<Integer> exitCode = new CompletableFuture<>();
        // Closed last: what waits for it ends the JVM.
        try (StopSignal.Registration registration = stopSignal.onStop(() -> exitCode.complete(ExitCode.STOPPED));
                RunningTunnels tunnels = new RunningTunnels(output, exitCode)) {
            requireNonNull(registration, "registration");
            prepare(tunnels, plans, factory);
            if (Complaints.isPlainToElsewhere(factory.relay())) {
                output.warn("the token and all traffic travel unencrypted. Use wss:// if you can.");
            }
            tunnels.start();
            return exitCode.get();
        }
    }

    private ConfigFile read() {
        try {
            return config == null ? ConfigFile.NONE : ConfigReader.read(config);
        } catch (ConfigException e) {
            throw misuse(String.valueOf(e.getMessage()));
        }
    }

    private List<TunnelPlan> plans(ConfigFile file) {
        TunnelPlan said = tunnel.plan(name);
        if (config == null) {
            if (name == null || said.target() == null) {
                throw misuse("Missing required: NAME and --to, or --config");
            }
            return List.of(said);
        }
        List<TunnelPlan> chosen = file.tunnels().stream()
                .filter(plan -> name == null || name.equals(plan.name()))
                .map(plan -> plan.overriddenBy(said))
                .toList();
        if (chosen.isEmpty()) {
            throw misuse("There is no tunnel with this name in " + config);
        }
        if (chosen.size() > 1 && said.target() != null) {
            throw misuse("--to is for one tunnel: say which one");
        }
        return chosen;
    }

    private ClientFactory factory(ConfigFile file) {
        URI to = relay != null ? relay : file.relay();
        if (to == null) {
            throw misuse("Missing required: --relay");
        }
        return new ClientFactory(
                to,
                credentials(file),
                tokenInQuery || file.tokenInQuery(),
                trustedCertificates != null ? trustedCertificates : file.trustedCertificates());
    }

    private Consumer<TunnelClientBuilder> credentials(ConfigFile file) {
        try {
            return credentials.choose(
                    file,
                    environment,
                    token -> builder -> builder.credentials(token),
                    login -> builder -> builder.login(login));
        } catch (IllegalArgumentException e) {
            throw misuse(String.valueOf(e.getMessage()));
        }
    }

    private Output output(boolean severalTunnels, boolean logsIn) {
        if (quiet && json) {
            throw misuse("Either --quiet or --json, not both");
        }
        CommandSpec command = requireNonNull(spec, "spec");
        return json
                ? new JsonOutput(
                        command.commandLine().getOut(), command.commandLine().getErr())
                : new TextOutput(
                        command.commandLine().getOut(),
                        command.commandLine().getErr(),
                        new TextOutput.Style(quiet, hasColours(), severalTunnels, logsIn));
    }

    private boolean hasColours() {
        return environment.getOrDefault("NO_COLOR", "").isEmpty() && colours.getAsBoolean();
    }

    private void prepare(RunningTunnels tunnels, List<TunnelPlan> plans, ClientFactory factory) {
        for (TunnelPlan plan : plans) {
            try {
                tunnels.add(factory.create(plan, tunnels.listener(String.valueOf(plan.name()))));
            } catch (IllegalArgumentException | IllegalStateException e) {
                String which = plans.size() > 1 ? Complaints.printable(String.valueOf(plan.name())) + ": " : "";
                throw misuse(which + e.getMessage());
            }
        }
    }

    private ParameterException misuse(String message) {
        return new ParameterException(requireNonNull(spec, "spec").commandLine(), message);
    }
}
