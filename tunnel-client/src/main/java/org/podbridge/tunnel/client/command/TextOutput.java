package org.podbridge.tunnel.client.command;

import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.podbridge.tunnel.client.FinishedRequest;
import org.podbridge.tunnel.client.TunnelRefusedException;

/** Lines for people: results on standard output, the rest on standard error. Thread-safe. */
final class TextOutput implements Output {

    private static final int UNIT = 1_000;
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
    private static final String DIM = "\u001b[2m";
    private static final String RED = "\u001b[31m";
    private static final String GREEN = "\u001b[32m";
    private static final String YELLOW = "\u001b[33m";
    private static final String PLAIN = "\u001b[0m";
    private static final int FIRST_REDIRECTION = 300;
    private static final int FIRST_CLIENT_ERROR = 400;
    private static final int FIRST_SERVER_ERROR = 500;

    private final PrintWriter out;
    private final PrintWriter err;
    private final Style style;

    /**
     * How much, and how.
     *
     * @param quiet whether only public URLs and what ends a tunnel are worth a line
     * @param colours whether the lines go to a terminal that may have colours
     * @param severalTunnels whether a line has to say which one it is about
     * @param logsIn whether the credential is a login, not a token
     */
    record Style(boolean quiet, boolean colours, boolean severalTunnels, boolean logsIn) {}

    TextOutput(PrintWriter out, PrintWriter err, Style style) {
        this.out = out;
        this.err = err;
        this.style = style;
    }

    @Override
    public void connected(String name, URI relay) {
        // The registration that follows is what matters.
    }

    @Override
    public void registered(String name, URI publicUrl) {
        print(out, publicUrl.toString());
    }

    @Override
    public void request(String name, FinishedRequest request) {
        if (!style.quiet()) {
            print(out, line(name, request));
        }
    }

    @Override
    public void disconnected(String name, String reason, Duration retryIn) {
        if (!style.quiet()) {
            print(err, prefix(name) + "Not connected: " + reason + ". Trying again in " + text(retryIn) + ".");
        }
    }

    @Override
    public void refused(String name, TunnelRefusedException refusal) {
        print(err, "podbridge: " + prefix(name) + refusal.getMessage() + ". " + advice(refusal.reason()));
    }

    @Override
    public void health(String name, URI service, boolean isReachable) {
        if (!style.quiet()) {
            print(
                    err,
                    prefix(name) + "local service " + service
                            + (isReachable ? " is back" : " is not answering; visitors get 502"));
        }
    }

    @Override
    public void warn(String warning) {
        print(err, "Warning: " + warning);
    }

    private static void print(PrintWriter writer, String line) {
        writer.println(line);
        writer.flush();
    }

    private String prefix(String name) {
        return style.severalTunnels() ? name + ": " : "";
    }

    private String line(String name, FinishedRequest request) {
        String line = coloured(DIM, TIME.format(LocalTime.now(ZoneId.systemDefault()))) + " "
                + (style.severalTunnels() ? name + " " : "")
                + request.method() + " " + request.path() + " "
                + coloured(colour(request.status()), request.status() == 0 ? "-" : Integer.toString(request.status()))
                + " " + text(request.duration()) + " " + text(request.responseBytes());
        return request.failure().map(failure -> line + " (" + failure + ")").orElse(line);
    }

    private String coloured(String colour, String text) {
        return style.colours() ? colour + text + PLAIN : text;
    }

    private static String colour(int status) {
        if (status == 0 || status >= FIRST_SERVER_ERROR) {
            return RED;
        }
        if (status >= FIRST_CLIENT_ERROR) {
            return YELLOW;
        }
        return status >= FIRST_REDIRECTION ? DIM : GREEN;
    }

    private String advice(TunnelRefusedException.Reason reason) {
        return switch (reason) {
            case TOKEN ->
                style.logsIn()
                        ? "Does the relay trust the identity provider, and does the WebID's profile name it?"
                        : "Get a fresh one, and pass it with --token-file, with --token or in " + TokenOptions.VARIABLE
                                + ".";
            case LOGIN -> "Check --oidc-issuer, --client-id and the secret.";
            case NAME_TAKEN, NAME_RESERVED, NAME_NOT_ALLOWED -> "Choose another name.";
            case NAME_CONFUSABLE ->
                "Choose one that differs in more than case, hyphens and look-alikes such as l and 1 or m and rn.";
            case NAME_INVALID -> "Choose a name of 1 to 63 characters of A-Z a-z 0-9 _ -.";
            case TOO_MANY_TUNNELS -> "End another tunnel first.";
            case REPLACED -> "Does the same tunnel run elsewhere?";
        };
    }

    static String text(Duration duration) {
        long millis = duration.toMillis();
        return millis < UNIT ? millis + " ms" : String.format(Locale.ROOT, "%.1f s", millis / (double) UNIT);
    }

    static String text(long bytes) {
        if (bytes < UNIT) {
            return bytes + " B";
        }
        double kilobytes = bytes / (double) UNIT;
        return kilobytes < UNIT
                ? String.format(Locale.ROOT, "%.1f kB", kilobytes)
                : String.format(Locale.ROOT, "%.1f MB", kilobytes / UNIT);
    }
}
