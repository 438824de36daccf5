package org.podbridge.tunnel.client.command;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.podbridge.tunnel.client.Token;
import org.podbridge.tunnel.client.TokenSource;
import picocli.CommandLine.Option;

/** Where the token comes from. */
final class TokenOptions {

    /** The environment variable. */
    static final String VARIABLE = "PODBRIDGE_TOKEN";

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "The token itself. Other users of this machine can see it in the list of processes:"
                    + " --token-file is better.")
    private @Nullable String token;

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            description = "A file with the token, read anew before every connection.")
    private @Nullable Path file;

    /** Tells whether the command line wants a token. */
    boolean areSaid() {
        return token != null || file != null;
    }

    /** Tells whether the environment has a token. */
    static boolean areIn(Map<String, String> environment) {
        return !environment.getOrDefault(VARIABLE, "").isBlank();
    }

    boolean isAmbiguous() {
        return token != null && file != null;
    }

    /**
     * Returns the source: of the options, else of the configuration, else of the environment, if there is one.
     *
     * @param configured a file with the token, or null
     */
    Optional<TokenSource> source(@Nullable Path configured, Map<String, String> environment) {
        if (token != null) {
            return ofText(token);
        }
        Path tokenFile = file != null ? file : configured;
        return tokenFile != null
                ? Optional.of(() -> CompletableFuture.completedFuture(Token.of(SecretFile.read(tokenFile, "token"))))
                : ofText(environment.get(VARIABLE));
    }

    private static Optional<TokenSource> ofText(@Nullable String text) {
        return text == null || text.isBlank() ? Optional.empty() : Optional.of(TokenSource.fixed(text.strip()));
    }
}
