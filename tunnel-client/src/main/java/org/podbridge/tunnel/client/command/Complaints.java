package org.podbridge.tunnel.client.command;

import java.io.PrintWriter;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** What the command says on standard error when it can't do its work. */
final class Complaints {

    private Complaints() {}

    static int misuse(ParameterException e, String[] args) {
        CommandLine command = e.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("podbridge: " + messageOf(e));
        err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
        err.flush();
        return ExitCode.MISUSED;
    }

    /** An argument that isn't understood may be a token behind a mistyped option. */
    private static String messageOf(ParameterException e) {
        if (e instanceof UnmatchedArgumentException unmatched) {
            return unmatched.getUnmatched().stream()
                    .filter(argument -> argument.startsWith("-"))
                    .findFirst()
                    .map(option -> "Unknown option " + option.split("=", 2)[0])
                    .orElse("Too many arguments");
        }
        return String.valueOf(e.getMessage());
    }

    /** Returns a text without what could steer a terminal. */
    static String printable(String text) {
        return text.replaceAll("[^\\p{L}\\p{N} ._-]", "?");
    }

    /** Returns what the relay says, on one line and without what could steer a terminal. */
    static String legible(String text) {
        return text.replaceAll("\\p{C}", "?");
    }

    /** Tells whether what is sent to a relay can be read on its way. */
    static boolean isPlainToElsewhere(URI relay) {
        String scheme = String.valueOf(relay.getScheme()).toLowerCase(Locale.ROOT);
        String host = String.valueOf(relay.getHost()).toLowerCase(Locale.ROOT);
        return (scheme.equals("ws") || scheme.equals("http"))
                && !Set.of("localhost", "127.0.0.1", "[::1]").contains(host);
    }

    static int failure(Exception e, CommandLine command, ParseResult parsed) {
        command.getErr().println("podbridge: " + e);
        command.getErr().flush();
        return ExitCode.FAILED;
    }
}
