package org.podbridge.tunnel.client.command;

import java.io.PrintWriter;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.podbridge.tunnel.client.FinishedRequest;
import org.podbridge.tunnel.client.TunnelClientListener;
import org.podbridge.tunnel.client.TunnelRefusedException;

/** Prints what happens to a tunnel: results on standard output, the rest on standard error. Thread-safe. */
final class Console implements TunnelClientListener {

    private static final int UNIT = 1_000;

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean quiet;
    private final CompletableFuture<Integer> exitCode;

    /**
     * Creates a console.
     *
     * @param quiet whether only the public URL and what ends the tunnel are worth a line
     * @param exitCode completed if the relay refuses
     */
    Console(PrintWriter out, PrintWriter err, boolean quiet, CompletableFuture<Integer> exitCode) {
        this.out = out;
        this.err = err;
        this.quiet = quiet;
        this.exitCode = exitCode;
    }

    @Override
    public void registered(URI publicUrl) {
        print(out, publicUrl.toString());
    }

    @Override
    public void requestFinished(FinishedRequest request) {
        if (!quiet) {
            print(out, line(request));
        }
    }

    @Override
    public void disconnected(String reason, Duration retryIn) {
        if (!quiet) {
            print(err, "Not connected: " + reason + ". Trying again in " + text(retryIn) + ".");
        }
    }

    @Override
    public void refused(TunnelRefusedException refusal) {
        print(err, "podbridge: " + refusal.getMessage() + ". " + advice(refusal.reason()));
        exitCode.complete(ExitCode.of(refusal.reason()));
    }

    void warn(String warning) {
        print(err, "Warning: " + warning);
    }

    private static void print(PrintWriter writer, String line) {
        writer.println(line);
        writer.flush();
    }

    private static String advice(TunnelRefusedException.Reason reason) {
        return switch (reason) {
            case TOKEN ->
                "Get a fresh one, and pass it with --token-file, with --token or in " + TunnelCommand.TOKEN_VARIABLE
                        + ".";
            case NAME_TAKEN, NAME_NOT_ALLOWED -> "Choose another name.";
            case NAME_INVALID -> "Choose a name of 1 to 63 characters of A-Z a-z 0-9 _ -.";
            case TOO_MANY_TUNNELS -> "End another tunnel first.";
            case REPLACED -> "Does the same tunnel run elsewhere?";
        };
    }

    private static String line(FinishedRequest request) {
        String line = request.method() + " " + request.path() + " "
                + (request.status() == 0 ? "-" : Integer.toString(request.status())) + " " + text(request.duration())
                + " " + text(request.responseBytes());
        return request.failure().map(failure -> line + " (" + failure + ")").orElse(line);
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
