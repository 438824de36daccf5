package org.podbridge.tunnel;

import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.podbridge.exchange.RequestHead;
import org.podbridge.identity.Origin;

/** The names under which visitors reach the server and its tunnels. Immutable. */
final class PublicHosts {

    private static final int MAX_PORT = 65_535;

    private final Set<String> names = new HashSet<>();
    private final Set<String> authorities = new HashSet<>();
    private final String firstAuthority;
    private final @Nullable String belowTunnelHost;
    private final boolean loopback;

    PublicHosts(List<URI> publicUris, @Nullable String tunnelHost) {
        publicUris.forEach(uri -> {
            names.add(uri.getHost().toLowerCase(Locale.ROOT));
            authorities.add(uri.getRawAuthority().toLowerCase(Locale.ROOT));
        });
        this.firstAuthority = publicUris.get(0).getRawAuthority();
        this.belowTunnelHost = tunnelHost == null ? null : "." + tunnelHost;
        this.loopback = names.stream().anyMatch(Origin::isLoopbackHost);
    }

    /**
     * Tells whether a request names a host, and one of ours, whatever its port: a front may listen on another. A server
     * with a loopback name answers to all of them, and to none that a stranger has made point to it.
     */
    Optional<RelayAnswer> refusal(RequestHead head) {
        Optional<String> host = head.authority().flatMap(PublicHosts::hostOf);
        if (host.isEmpty()) {
            return Optional.of(RelayAnswer.MALFORMED_HOST);
        }
        return isOurs(host.get()) ? Optional.empty() : Optional.of(RelayAnswer.MISDIRECTED);
    }

    private boolean isOurs(String host) {
        return names.contains(host)
                || (loopback && Origin.isLoopbackHost(host))
                || (belowTunnelHost != null && host.endsWith(belowTunnelHost));
    }

    /** Returns what stands before the tunnel host, whatever that is, or empty for other hosts. */
    Optional<String> tunnelLabel(RequestHead head) {
        if (belowTunnelHost == null || head.authority().isEmpty()) {
            return Optional.empty();
        }
        String authority = head.authority().get().toLowerCase(Locale.ROOT);
        int end = authority.length();
        while (end > 0 && authority.charAt(end - 1) >= '0' && authority.charAt(end - 1) <= '9') {
            end--;
        }
        String host = end > 0 && authority.charAt(end - 1) == ':' ? authority.substring(0, end - 1) : authority;
        return host.endsWith(belowTunnelHost)
                ? Optional.of(host.substring(0, host.length() - belowTunnelHost.length()))
                : Optional.empty();
    }

    /** Returns the host and port that a visitor used, if it is one of ours; nobody else's is told to a service. */
    String authorityOf(RequestHead head) {
        return head.authority()
                .map(authority -> authority.toLowerCase(Locale.ROOT))
                .filter(authority ->
                        authorities.contains(authority) || tunnelLabel(head).isPresent())
                .orElse(firstAuthority);
    }

    /** Returns the host of an authority in lower case, or empty if that is more or less than a host and a port. */
    static Optional<String> hostOf(String authority) {
        boolean bracketed = authority.startsWith("[");
        int end = bracketed ? authority.indexOf(']') + 1 : authority.indexOf(':');
        end = end < 0 ? authority.length() : end;
        if (end == 0 || !isPort(authority.substring(end))) {
            return Optional.empty();
        }
        String host = authority.substring(0, end).toLowerCase(Locale.ROOT);
        for (int i = 0; i < host.length(); i++) {
            if (!(bracketed ? isAddressCharacter(host.charAt(i)) : isNameCharacter(host.charAt(i)))) {
                return Optional.empty();
            }
        }
        return Optional.of(host);
    }

    private static boolean isNameCharacter(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    }

    private static boolean isAddressCharacter(char c) {
        return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.' || c == '[' || c == ']';
    }

    private static boolean isPort(String text) {
        if (text.isEmpty() || text.equals(":")) {
            return true;
        }
        boolean number = text.charAt(0) == ':' && text.length() <= 6;
        for (int i = 1; i < text.length() && number; i++) {
            number = text.charAt(i) >= '0' && text.charAt(i) <= '9';
        }
        return number && Integer.parseInt(text.substring(1)) <= MAX_PORT;
    }
}
