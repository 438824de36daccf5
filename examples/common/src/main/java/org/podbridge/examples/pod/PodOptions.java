package org.podbridge.examples.pod;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.podbridge.Podbridge;
import org.podbridge.auth.AuthProvider;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.oidc.SolidOidcAuthProvider;
import org.podbridge.policy.AccessPolicy;
import org.podbridge.turn.TurnSettings;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The options of an example pod server, for picocli to fill in. Not thread-safe. */
public final class PodOptions {

    /** Who may connect and claim names of tunnels. */
    enum Policy {
        /** Every agent with a token. */
        ANY,
        /** The agents whose WebID is one of this server's. */
        OWNERS
    }

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--port",
            paramLabel = "<port>",
            defaultValue = "8080",
            converter = Port.class,
            description = "Port to listen on, 0 for any free one (default: ${DEFAULT-VALUE})")
    private int port;

    @Option(
            names = "--host",
            paramLabel = "<address>",
            defaultValue = "127.0.0.1",
            description = "Address to listen on (default: ${DEFAULT-VALUE})")
    private String host = "127.0.0.1";

    @Option(
            names = "--public-uri",
            paramLabel = "<uri>",
            converter = PublicUri.class,
            description = "How clients reach the server (default: http://localhost:<port>)")
    private @Nullable URI publicUri;

    @Option(
            names = "--root",
            paramLabel = "<folder>",
            description = "Folder whose files are served under / (default: a welcome page)")
    private @Nullable Path root;

    @Option(
            names = "--agent",
            paramLabel = "<name>=<token>[=<webid>]",
            converter = AgentOption.Converter.class,
            description = {
                "An agent and the token that stands for it; repeatable.",
                "Its WebID is <public-uri>/<name>/profile/card#me unless given"
            })
    private List<AgentOption> agents = List.of();

    @Option(
            names = "--solid-oidc",
            description = {
                "Know agents by Solid-OIDC access tokens that are bound to a key (DPoP), whoever has issued them.",
                "A server on localhost takes issuers and WebIDs on localhost too, unencrypted"
            })
    private boolean solidOidc;

    @Option(
            names = "--trusted-issuer",
            paramLabel = "<uri>",
            description =
                    "An identity provider to trust, and no others but those given so; with --solid-oidc; repeatable")
    private List<String> trustedIssuers = List.of();

    @Option(
            names = "--policy",
            paramLabel = "any|owners",
            defaultValue = "any",
            description = "Who may connect and claim tunnels: any agent, or only those whose WebID is of this server "
                    + "(default: ${DEFAULT-VALUE})")
    private Policy policy = Policy.ANY;

    @Option(names = "--anonymous-rooms", description = "Let visitors without a WebID use rooms")
    private boolean anonymousRooms;

    @Option(
            names = "--name-lease",
            paramLabel = "<time>",
            converter = TimeSpan.class,
            description = "How long a tunnel's name stays reserved for its agent: 120, 2m, PT2M")
    private @Nullable Duration nameLease;

    @Option(
            names = "--name-quarantine",
            paramLabel = "<time>",
            converter = TimeSpan.class,
            description = "How long nobody else gets a tunnel's name after that: 0, 12h, P7D (default: 30 days)")
    private @Nullable Duration nameQuarantine;

    @Option(
            names = "--drain",
            paramLabel = "<time>",
            converter = TimeSpan.class,
            defaultValue = "2",
            description = "How long tunnel clients have to connect elsewhere when the server stops: 2, 10s, PT10S"
                    + " (default: ${DEFAULT-VALUE})")
    private Duration drainTime = Duration.ofSeconds(2);

    @Option(
            names = "--tunnel-timeout",
            paramLabel = "<time>",
            converter = TimeSpan.class,
            description = "How long a tunnel client has for an answer")
    private @Nullable Duration tunnelTimeout;

    @Option(
            names = "--max-tunnel-message",
            paramLabel = "<size>",
            converter = ByteSize.class,
            description = "Longest message of a tunnel client: bytes, or 16MiB")
    private @Nullable Long maxTunnelMessage;

    @Option(
            names = "--max-body",
            paramLabel = "<size>",
            converter = ByteSize.class,
            description = "Longest request body of a tunnel's visitor: bytes, or 10MiB")
    private @Nullable Long maxBody;

    @Option(
            names = "--session-cookie",
            paramLabel = "<name>",
            description = "A cookie of this server's own, which never crosses a tunnel; repeatable")
    private Set<String> sessionCookies = Set.of();

    @Option(
            names = "--dangerously-share-origin-with",
            paramLabel = "<webid>",
            converter = WebIds.class,
            description = "An agent whose tunnels' scripts may act in the pod as its visitors; repeatable")
    private List<WebId> trustedOwners = List.of();

    @Option(
            names = "--tunnel-host",
            paramLabel = "<host>",
            description = "Domain under which every tunnel has a host of its own")
    private @Nullable String tunnelHost;

    @Option(
            names = "--confusable-names",
            negatable = true,
            description = {
                "Let agents have tunnel names that look like those of others, such as rnail for mail, or don't",
                "(default: let them, unless there is a --tunnel-host)"
            })
    private @Nullable Boolean confusableNames;

    @Option(
            names = "--interstitial",
            description = "Show whose a tunnel's pages are to who opens one in a browser, before the first of them")
    private boolean interstitial;

    @Option(
            names = "--turn",
            paramLabel = "<uri>",
            description = "A TURN server for which agents get credentials, such as turn:turn.example:3478; repeatable")
    private List<String> turnServers = List.of();

    @Option(
            names = "--turn-secret-file",
            paramLabel = "<file>",
            description = "File with the secret of the TURN servers (coturn's static-auth-secret)")
    private @Nullable Path turnSecretFile;

    /** Creates the options with their defaults. */
    public PodOptions() {}

    /**
     * Returns a command line that reports what is wrong in two lines and ends with the exit code 2.
     *
     * @param command a command with a name, into which these options are mixed
     * @return the command line
     */
    public static CommandLine commandLine(Object command) {
        return new CommandLine(command)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setUsageHelpAutoWidth(true)
                .setParameterExceptionHandler((wrong, args) -> {
                    String name = wrong.getCommandLine().getCommandName();
                    wrong.getCommandLine().getErr().println(name + ": " + wrong.getMessage());
                    wrong.getCommandLine().getErr().println(name + " --help lists the options.");
                    return CommandLine.ExitCode.USAGE;
                });
    }

    /**
     * Returns the address to listen on.
     *
     * @return a host name or an address
     */
    public String host() {
        return host;
    }

    /**
     * Returns how long tunnel clients have to connect elsewhere when the server stops.
     *
     * @return the time
     */
    public Duration drainTime() {
        return drainTime;
    }

    /**
     * Returns the port to listen on.
     *
     * @return the port, 0 for any free one
     */
    public int port() {
        return port;
    }

    /**
     * Returns how clients reach the server.
     *
     * @param localPort the port on which it listens
     * @return the URI, without a slash at its end
     */
    public URI publicUri(int localPort) {
        return publicUri == null ? URI.create("http://localhost:" + localPort) : publicUri;
    }

    /**
     * Returns the folder to serve.
     *
     * @return a folder that exists, or empty for the welcome page
     * @throws ParameterException if there is no such folder
     */
    public Optional<Path> root() {
        if (root != null && !Files.isDirectory(root)) {
            throw wrong("--root: there is no folder '" + root + "'; create it or name another one");
        }
        return Optional.ofNullable(root);
    }

    /**
     * Returns whom the server knows.
     *
     * @param publicUri the server's public URI
     * @return the agents; names and tokens are unique
     * @throws ParameterException if two agents have the same name or token
     */
    public List<Agent> agents(URI publicUri) {
        Set<String> names = new HashSet<>();
        Set<String> tokens = new HashSet<>();
        for (AgentOption agent : agents) {
            if (!names.add(agent.name())) {
                throw wrong("--agent: '" + agent.name() + "' is given twice; give every agent a name of its own");
            }
            if (!tokens.add(agent.token())) {
                throw wrong("--agent: '" + agent.name() + "' has the token of another agent; give it one of its own");
            }
        }
        return agents.stream().map(agent -> agent.at(publicUri)).toList();
    }

    /**
     * Returns a Podbridge as the options want it.
     *
     * @param publicUri the server's public URI
     * @param agents whom the server knows, by their tokens
     * @return the Podbridge
     * @throws ParameterException if a value is out of range or options contradict each other
     */
    public Podbridge podbridge(URI publicUri, List<Agent> agents) {
        Podbridge.Builder podbridge = Podbridge.builder()
                .publicUri(publicUri)
                .anyLoopbackHost("localhost".equals(publicUri.getHost()))
                .authProvider(authProvider(publicUri, agents))
                .accessPolicy(accessPolicy(publicUri, agents))
                .limits(limits())
                .anonymousRooms(anonymousRooms)
                .sessionCookies(sessionCookies)
                .interstitial(interstitial)
                .dangerouslyShareOriginWithTunnelsOf(trustedOwners.toArray(WebId[]::new));
        set("--tunnel-host", tunnelHost, podbridge::tunnelHost);
        set("--confusable-names", confusableNames, podbridge::confusableNames);
        turn().ifPresent(podbridge::turn);
        try {
            return podbridge.build();
        } catch (IllegalStateException e) {
            throw wrong(String.valueOf(e.getMessage()));
        }
    }

    private AuthProvider authProvider(URI publicUri, List<Agent> agents) {
        if (!solidOidc && !trustedIssuers.isEmpty()) {
            throw wrong("--trusted-issuer is of no use without --solid-oidc; give both");
        }
        AuthProvider tokens =
                AuthProvider.fixed(agents.stream().collect(Collectors.toUnmodifiableMap(Agent::token, Agent::webId)));
        if (!solidOidc) {
            return tokens;
        }
        AuthProvider webIds = SolidOidcAuthProvider.builder()
                .executor(LookupThreads.create())
                .allowHttpLoopback("localhost".equals(publicUri.getHost()))
                .trustedIssuers(trustedIssuers.toArray(String[]::new))
                .build();
        // the first one takes Bearer, the second one refuses whatever isn't DPoP
        return agents.isEmpty() ? webIds : AuthProvider.firstOf(tokens, webIds);
    }

    AccessPolicy accessPolicy(URI publicUri, List<Agent> agents) {
        return switch (policy) {
            case ANY -> AccessPolicy.anyAuthenticated();
            case OWNERS ->
                AccessPolicy.ownersOnly(agents.stream()
                        .filter(agent -> agent.isLocal(publicUri))
                        .map(Agent::webId)
                        .toList());
        };
    }

    Limits limits() {
        Limits.Builder limits = Limits.builder();
        set("--name-lease", nameLease, limits::nameLease);
        set("--name-quarantine", nameQuarantine, limits::nameQuarantine);
        set("--tunnel-timeout", tunnelTimeout, limits::exchangeTimeout);
        set("--max-tunnel-message", maxTunnelMessage, limits::maxTunnelMessageBytes);
        set("--max-body", maxBody, limits::maxRequestBodyBytes);
        return limits.build();
    }

    Optional<TurnSettings> turn() {
        if (turnServers.isEmpty() && turnSecretFile == null) {
            return Optional.empty();
        }
        if (turnServers.isEmpty() || turnSecretFile == null) {
            throw wrong("--turn and --turn-secret-file: one is of no use without the other; give both");
        }
        TurnSettings.Builder turn = TurnSettings.builder();
        turnServers.forEach(server -> set("--turn", server, turn::uri));
        set("--turn-secret-file", firstLine(turnSecretFile), turn::secret);
        return Optional.of(turn.build());
    }

    private String firstLine(Path file) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            return Objects.requireNonNullElse(reader.readLine(), "");
        } catch (IOException e) {
            throw wrong("--turn-secret-file: can't read '" + file + "'; name a file that holds the secret in one line");
        }
    }

    private <T> void set(String option, @Nullable T value, Consumer<T> setter) {
        if (value == null) {
            return;
        }
        try {
            setter.accept(value);
        } catch (IllegalArgumentException e) {
            throw wrong(option + ": " + e.getMessage());
        }
    }

    private ParameterException wrong(String message) {
        if (command == null) {
            throw new IllegalStateException("the options belong to no command", null);
        }
        return new ParameterException(command.commandLine(), message);
    }

    /** A port number. */
    static final class Port implements ITypeConverter<Integer> {

        @Override
        public Integer convert(String text) {
            if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > 65535) {
                throw new TypeConversionException("'" + text + "' is no port; take a number from 0 to 65535");
            }
            return Integer.parseInt(text);
        }
    }

    /** A WebID. */
    static final class WebIds implements ITypeConverter<WebId> {

        @Override
        public WebId convert(String text) {
            try {
                return WebId.of(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("'" + text + "' is no WebID; write https://pod.example/card#me");
            }
        }
    }

    /** The root of a web server. */
    static final class PublicUri implements ITypeConverter<URI> {

        @Override
        public URI convert(String text) {
            String root = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
            // scheme, host and port and nothing else, all of it ASCII
            if (!root.matches("https?://([A-Za-z0-9.-]{1,255}|\\[[0-9A-Fa-f:.]{2,45}])(:[0-9]{1,5})?")) {
                throw new TypeConversionException(
                        "'" + text + "' is no root of a web server; write https://pod.example, without a path");
            }
            return URI.create(root);
        }
    }
}
