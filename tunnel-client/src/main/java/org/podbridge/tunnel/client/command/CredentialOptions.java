package org.podbridge.tunnel.client.command;

import java.util.Map;
import java.util.function.Function;
import org.podbridge.tunnel.client.SolidLogin;
import org.podbridge.tunnel.client.TokenSource;
import picocli.CommandLine.Mixin;

/** As whom the command comes to the relay: by a token, or by a login. */
final class CredentialOptions {

    @Mixin
    private final TokenOptions token = new TokenOptions();

    @Mixin
    private final LoginOptions login = new LoginOptions();

    /**
     * Takes what is said: the command line goes before the file, the file before the environment.
     *
     * @param byToken what is made of a token
     * @param byLogin what is made of a login
     * @throws IllegalArgumentException if nothing is said, or too much, or nonsense
     */
    <T> T choose(
            ConfigFile file,
            Map<String, String> environment,
            Function<TokenSource, T> byToken,
            Function<SolidLogin, T> byLogin) {
        if (token.isAmbiguous()) {
            throw new IllegalArgumentException("Either --token or --token-file, not both");
        }
        if (wantsLogin(file, environment)) {
            return byLogin.apply(login.login(file.login(), environment));
        }
        return byToken.apply(token.source(file.tokenFile(), environment)
                .orElseThrow(() -> new IllegalArgumentException(
                        "There is no token: pass one with --token-file, with --token or in " + TokenOptions.VARIABLE
                                + ", or log in with --oidc-issuer")));
    }

    /**
     * Tells whether a login is said rather than a token.
     *
     * @throws IllegalArgumentException if both are, by equal right
     */
    boolean wantsLogin(ConfigFile file, Map<String, String> environment) {
        boolean byToken = token.areSaid();
        boolean byLogin = login.areSaid();
        if (!byToken && !byLogin) {
            byToken = file.tokenFile() != null;
            byLogin = file.login().isSaid();
        }
        if (!byToken && !byLogin) {
            byToken = TokenOptions.areIn(environment);
            byLogin = LoginOptions.areIn(environment);
        }
        if (byToken && byLogin) {
            throw new IllegalArgumentException("Either a token or a login, not both");
        }
        return byLogin;
    }
}
