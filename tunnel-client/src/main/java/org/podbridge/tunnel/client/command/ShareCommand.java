package org.podbridge.tunnel.client.command;

import static java.util.Objects.requireNonNull;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.podbridge.json.JsonWriter;
import org.podbridge.tunnel.client.LinkMaker;
import org.podbridge.tunnel.client.LinkRefusedException;
import org.podbridge.tunnel.client.ShareLink;
import org.podbridge.tunnel.client.TunnelRefusedException;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code podbridge share}: makes a link to a tunnel that isn't public. */
@Command(
        name = "share",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = {
            "Makes a link by which others get to a tunnel that isn't public, and prints it.",
            "The tunnel must be open, with --access, from this or another machine."
        },
        footer = {
            "",
            "The token or the login is taken from the options, else from the file, else from the environment, as for"
                    + " podbridge tunnel."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:the link is printed, or the links have ended",
            "1:something else failed",
            "2:the arguments or the file make no sense",
            "3:the tunnel isn't yours, isn't open, or is public",
            "4:the relay refused the token or the login",
            "5:the identity provider refused the login"
        })
final class ShareCommand implements Callable<Integer> {

    private static final int UNAUTHORIZED = 401;
    private static final Duration DEFAULT_LIFETIME = Duration.ofHours(1);
    private static final Pattern LIFETIME =
            Pattern.compile("(?:(\\d{1,4})d)?(?:(\\d{1,5})h)?(?:(\\d{1,6})m)?(?:(\\d{1,8})s)?");

    private final Map<String, String> environment;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "The tunnel's name.")
    private @Nullable String name;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description = "How long the link is good, such as 30m, 2h or 1d12h; an hour unless set.")
    private @Nullable String lifetime;

    @ArgGroup
    private @Nullable Uses uses;

    /** At most one of them. */
    private static final class Uses {

        @Option(names = "--once", description = "The first who opens the link has it; nobody else.")
        private boolean once;

        @Option(names = "--uses", paramLabel = "N", description = "How many can open the link; any number unless set.")
        private int count;
    }

    @Option(names = "--revoke", description = "Makes no link, but ends all that there are, and who visits by them.")
    private boolean revoke;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "A file that names relay and token, such as podbridge.yml")
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

    @Mixin
    private final CredentialOptions credentials = new CredentialOptions();

    @Option(names = "--json", description = "Prints one JSON object.")
    private boolean json;

    ShareCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws InterruptedException {
        ConfigFile file = read();
        Duration good = lifetime();
        int count = uses == null ? 0 : uses.once ? 1 : uses.count;
        if (uses != null && count < 1) {
            throw misuse("--uses: expected 1 or more");
        }
        if (revoke && (uses != null || lifetime != null)) {
            throw misuse("--revoke stands alone");
        }
        String tunnel = requireNonNull(name, "name");
        try (LinkMaker links = links(file)) {
            return revoke ? revoke(links.revoke(tunnel)) : print(tunnel, links.make(tunnel, good, count));
        }
    }

    private Integer print(String tunnel, CompletionStage<ShareLink> making) throws InterruptedException {
        try {
            ShareLink link = making.toCompletableFuture().get();
            if (json) {
                JsonWriter object = JsonWriter.object(256)
                        .string("tunnel", tunnel)
                        .string("url", link.url().toString())
                        .number("expiresIn", link.lifetime().toSeconds());
                if (link.uses() > 0) {
                    object.number("uses", link.uses());
                }
                print(object);
            } else {
                out().println(link.url());
                err().println("Good for " + text(link.lifetime()) + ", " + opened(link.uses())
                        + ". Who has the link gets in.");
            }
            return ExitCode.STOPPED;
        } catch (ExecutionException e) {
            return complain(e.getCause());
        }
    }

    private Integer revoke(CompletionStage<Integer> revoking) throws InterruptedException {
        try {
            int revoked = revoking.toCompletableFuture().get();
            if (json) {
                print(JsonWriter.object(64).number("revoked", revoked));
            } else {
                err().println(revoked == 1 ? "1 link has ended." : revoked + " links have ended.");
            }
            return ExitCode.STOPPED;
        } catch (ExecutionException e) {
            return complain(e.getCause());
        }
    }

    private int complain(@Nullable Throwable cause) {
        err().println("podbridge: "
                + (cause == null ? "failed" : Complaints.legible(String.valueOf(cause.getMessage()))));
        if (cause instanceof LinkRefusedException refused) {
            return switch (refused.status()) {
                case UNAUTHORIZED -> ExitCode.TOKEN_REFUSED;
                case 403, 409 -> ExitCode.NAME_REFUSED;
                case 400 -> ExitCode.MISUSED;
                default -> ExitCode.FAILED;
            };
        }
        return cause instanceof TunnelRefusedException refused ? ExitCode.of(refused.reason()) : ExitCode.FAILED;
    }

    private static String opened(int uses) {
        return switch (uses) {
            case 0 -> "for any number of visitors";
            case 1 -> "for one visitor";
            default -> "for " + uses + " visitors";
        };
    }

    private Duration lifetime() {
        if (lifetime == null) {
            return DEFAULT_LIFETIME;
        }
        Matcher parts = LIFETIME.matcher(lifetime);
        Duration sum = Duration.ZERO;
        if (parts.matches()) {
            sum = sum.plusDays(number(parts, 1))
                    .plusHours(number(parts, 2))
                    .plusMinutes(number(parts, 3))
                    .plusSeconds(number(parts, 4));
        }
        if (sum.isZero()) {
            throw misuse("--for: expected a time such as 30m, 2h or 1d12h");
        }
        return sum;
    }

    private static long number(Matcher parts, int group) {
        String digits = parts.group(group);
        return digits == null ? 0 : Long.parseLong(digits);
    }

    private static String text(Duration time) {
        StringBuilder text = new StringBuilder();
        append(text, time.toDays(), "d");
        append(text, time.toHoursPart(), "h");
        append(text, time.toMinutesPart(), "m");
        append(text, time.toSecondsPart(), "s");
        return text.toString();
    }

    private static void append(StringBuilder text, long number, String unit) {
        if (number > 0) {
            text.append(number).append(unit);
        }
    }

    private ConfigFile read() {
        try {
            return config == null ? ConfigFile.NONE : ConfigReader.read(config);
        } catch (ConfigException e) {
            throw misuse(String.valueOf(e.getMessage()));
        }
    }

    private LinkMaker links(ConfigFile file) {
        URI to = relay != null ? relay : file.relay();
        if (to == null) {
            throw misuse("Missing required: --relay");
        }
        if (Complaints.isPlainToElsewhere(to)) {
            err().println("podbridge: the token and the link travel unencrypted. Use wss:// if you can.");
        }
        Path ca = trustedCertificates != null ? trustedCertificates : file.trustedCertificates();
        try {
            return credentials.choose(
                    file, environment, token -> new LinkMaker(to, token, ca), login -> new LinkMaker(to, login, ca));
        } catch (IllegalArgumentException e) {
            throw misuse(String.valueOf(e.getMessage()));
        }
    }

    private void print(JsonWriter object) {
        out().println(StandardCharsets.UTF_8.decode(object.finish()));
    }

    private PrintWriter out() {
        return requireNonNull(spec, "spec").commandLine().getOut();
    }

    private PrintWriter err() {
        return requireNonNull(spec, "spec").commandLine().getErr();
    }

    private ParameterException misuse(String message) {
        return new ParameterException(requireNonNull(spec, "spec").commandLine(), message);
    }
}
