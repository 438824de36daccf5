package org.podbridge.tunnel.client.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A file that holds one secret. */
final class SecretFile {

    private static final int MAX_BYTES = 65_536;

    private SecretFile() {}

    /**
     * Reads the secret, without blanks around it.
     *
     * @param what what the secret is, for people
     * @throws UncheckedIOException if it can't be read
     */
    static String read(Path file, String what) {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_BYTES), StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "the " + what + " file can't be read (" + e.getClass().getSimpleName() + ")", e);
        }
    }
}
