package org.podbridge;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Names of tunnels that nobody gets. */
public final class ReservedNames {

    /** What programs look for under the domain that they are in, and then obey, without anybody telling them to. */
    private static final List<String> FOUND_BY_PROGRAMS = List.of(
            "wpad", // proxies of browsers
            "isatap", // routers, RFC 5214
            "autoconfig", // servers of mail, by Thunderbird
            "autodiscover", // servers of mail, by Outlook
            "mta-sts", // how mail is to be sent there, RFC 8461
            "openpgpkey", // keys to encrypt mail with
            "localhost"); // taken for the machine itself

    /** What people and their settings expect servers of a domain's own to be called. */
    private static final List<String> CUSTOMARY = List.of(
            "www", "mail", "webmail", "smtp", "imap", "pop", "pop3", "mx", "ftp", "ns", "ns1", "ns2", "dns", "api");

    /** Where people enter passwords without a second thought. */
    private static final List<String> OF_LOGINS = List.of(
            "login",
            "signin",
            "signup",
            "auth",
            "oauth",
            "oidc",
            "idp",
            "sso",
            "account",
            "accounts",
            "admin",
            "administrator",
            "root",
            "billing");

    /** Who speaks for the operator; those of RFC 2142 that concern operations, and their like. */
    private static final List<String> OF_THE_OPERATOR =
            List.of("abuse", "noc", "security", "support", "help", "status", "postmaster", "hostmaster", "webmaster");

    private static final Set<String> UNDER_TUNNEL_HOST = Stream.of(
                    FOUND_BY_PROGRAMS, CUSTOMARY, OF_LOGINS, OF_THE_OPERATOR)
            .flatMap(List::stream)
            .collect(Collectors.toUnmodifiableSet());

    private ReservedNames() {}

    /**
     * Returns the names that are reserved under a tunnel host unless the set-up says otherwise: hosts that programs
     * look for by themselves, such as {@code wpad}, and names that people take for the operator's, such as
     * {@code login}. To reserve more, add to a copy.
     *
     * @return the names in lower case, unmodifiable
     * @see Podbridge.Builder#reservedNames
     */
    public static Set<String> underTunnelHost() {
        return UNDER_TUNNEL_HOST;
    }
}
