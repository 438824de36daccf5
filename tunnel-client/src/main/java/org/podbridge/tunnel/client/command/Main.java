package org.podbridge.tunnel.client.command;

import picocli.CommandLine.Help.Ansi;

/** Starts the command {@code podbridge}. */
public final class Main {

    private Main() {}

    /**
     * Runs the command, and ends the JVM with its exit code.
     *
     * @param args the command line
     */
    public static void main(String[] args) {
        System.exit(PodbridgeCommand.commandLine(System.getenv(), new TerminationSignal(), Ansi.AUTO::enabled)
                .execute(args));
    }
}
