package org.podbridge.tunnel.client.command;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.podbridge.tunnel.client.SolidLogin;
import picocli.CommandLine.Option;

/** The login of a Solid user, in place of a token. */
final class LoginOptions {

    static final String ISSUER_VARIABLE = "PODBRIDGE_OIDC_ISSUER";
    static final String ID_VARIABLE = "PODBRIDGE_CLIENT_ID";
    static final String SECRET_VARIABLE = "PODBRIDGE_CLIENT_SECRET";

    @Option(
            names = "--oidc-issuer",
            paramLabel = "URL",
            description = "The identity provider of your WebID, such as https://login.example/, in place of a token.")
    private @Nullable URI issuer;

    @Option(
            names = "--client-id",
            paramLabel = "ID",
            description = "The id of the client credentials that the identity provider has given you.")
    private @Nullable String clientId;

    @Option(
            names = "--client-secret",
            paramLabel = "SECRET",
            description = "Their secret. Other users of this machine can see it in the list of processes:"
                    + " --client-secret-file is better.")
    private @Nullable String secret;

    @Option(
            names = "--client-secret-file",
            paramLabel = "FILE",
            description = "A file with the secret, read anew before every login.")
    private @Nullable Path secretFile;

    @Option(
            names = "--issuer-ca",
            paramLabel = "FILE",
            description = "Certificates in PEM form, one of which must have signed the identity provider's.")
    private @Nullable Path trustedCertificates;

    /** Tells whether the command line wants a login. */
    boolean areSaid() {
        return issuer != null || clientId != null || secret != null || secretFile != null;
    }

    /** Tells whether the environment wants a login. */
    static boolean areIn(Map<String, String> environment) {
        return Stream.of(ISSUER_VARIABLE, ID_VARIABLE, SECRET_VARIABLE)
                .anyMatch(variable -> inEnvironment(variable, environment) != null);
    }

    /**
     * Returns the login; each part of it as the options say, else the configuration, else the environment.
     *
     * @throws IllegalArgumentException if a part is missing or makes no sense
     */
    SolidLogin login(ConfigFile.Login configured, Map<String, String> environment) {
        if (secret != null && secretFile != null) {
            throw new IllegalArgumentException("Either --client-secret or --client-secret-file, not both");
        }
        String id = clientId != null ? clientId : configured.clientId();
        SolidLogin.Builder builder = SolidLogin.builder()
                .issuer(issuer(configured, environment))
                .clientId(needed(
                        id != null ? id : inEnvironment(ID_VARIABLE, environment),
                        "--client-id, client-id in the file, or " + ID_VARIABLE))
                .clientSecret(secret(configured, environment));
        Path ca = trustedCertificates != null ? trustedCertificates : configured.trustedCertificates();
        if (ca != null) {
            builder.trustedCertificates(ca);
        }
        return builder.build();
    }

    private URI issuer(ConfigFile.Login configured, Map<String, String> environment) {
        URI said = issuer != null ? issuer : configured.issuer();
        if (said != null) {
            return said;
        }
        String variable = needed(
                inEnvironment(ISSUER_VARIABLE, environment),
                "--oidc-issuer, oidc-issuer in the file, or " + ISSUER_VARIABLE);
        try {
            return new URI(variable);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(ISSUER_VARIABLE + " holds no URL");
        }
    }

    private Supplier<String> secret(ConfigFile.Login configured, Map<String, String> environment) {
        if (secret != null) {
            String text = secret.strip();
            return () -> text;
        }
        Path file = secretFile != null ? secretFile : configured.secretFile();
        if (file != null) {
            return () -> SecretFile.read(file, "client secret");
        }
        String variable = needed(
                inEnvironment(SECRET_VARIABLE, environment),
                "--client-secret-file, client-secret-file in the file, --client-secret, or " + SECRET_VARIABLE);
        return () -> variable;
    }

    private static @Nullable String inEnvironment(String variable, Map<String, String> environment) {
        String value = environment.get(variable);
        return value == null || value.isBlank() ? null : value.strip();
    }

    private static <T> T needed(@Nullable T value, String where) {
        if (value == null) {
            throw new IllegalArgumentException("Missing for a login: " + where);
        }
        return value;
    }
}
