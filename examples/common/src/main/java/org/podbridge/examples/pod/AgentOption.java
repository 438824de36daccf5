package org.podbridge.examples.pod;

import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.WebId;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** An agent as given on the command line, before the server's public URI is known. */
record AgentOption(String name, String token, @Nullable WebId elsewhere) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
    // tk_ begins the one-time tickets that Podbridge mints
    private static final Pattern TOKEN = Pattern.compile("(?!tk_)[!-<>-~]{1,512}");
    // what lies under them belongs to Podbridge, and to the call page
    private static final List<String> TAKEN_NAMES = List.of("tunnel", "call");

    Agent at(URI publicUri) {
        return new Agent(name, token, elsewhere == null ? Agent.localWebId(publicUri, name) : elsewhere);
    }

    /** Leaves the token out. */
    @Override
    public String toString() {
        return name;
    }

    /** The messages name no token: they end up in terminals and logs. */
    static final class Converter implements ITypeConverter<AgentOption> {

        @Override
        public AgentOption convert(String text) {
            String[] parts = text.split("=", 3);
            if (parts.length < 2) {
                throw new TypeConversionException("expected name=token or name=token=webid");
            }
            String name = parts[0];
            if (!NAME.matcher(name).matches() || TAKEN_NAMES.contains(name)) {
                throw new TypeConversionException("'" + name + "' can't be an agent's name; take 1 to 63 letters, "
                        + "digits, '-' and '_', a letter or digit first, and not '" + String.join("', '", TAKEN_NAMES)
                        + "'");
            }
            if (!TOKEN.matcher(parts[1]).matches()) {
                throw new TypeConversionException(
                        "the token of '" + name
                                + "' is not usable; take 1 to 512 visible ASCII characters other than '=', and not 'tk_' at the start");
            }
            return new AgentOption(name, parts[1], parts.length == 2 ? null : webId(name, parts[2]));
        }

        private static WebId webId(String name, String text) {
            try {
                return WebId.of(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException("what follows the second '=' of agent '" + name
                        + "' must be an absolute WebID, such as https://bob.example/profile/card#me (a token can't "
                        + "contain '=')");
            }
        }
    }
}
