package org.podbridge.oidc.fetch;

import java.net.InetAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which documents may be asked for.
 *
 * @param httpLoopback whether unencrypted HTTP to this machine is fine, for development
 * @param privateHosts names of hosts, in lower case, that may have any address and port
 * @param ports the ports that other hosts may have
 */
public record Destinations(boolean httpLoopback, Set<String> privateHosts, Set<Integer> ports) {

    private static final Pattern LOOPBACK_V4 = Pattern.compile("127(\\.\\d{1,3}){3}");

    /** Copies. */
    public Destinations {
        privateHosts = Set.copyOf(privateHosts);
        ports = Set.copyOf(ports);
    }

    /**
     * Tells whether a URI has a scheme that is taken.
     *
     * @param uri an absolute URI
     * @return whether it is https, or http of this machine where that is allowed
     */
    public boolean isSecure(URI uri) {
        return "https".equalsIgnoreCase(uri.getScheme())
                || (httpLoopback
                        && "http".equalsIgnoreCase(uri.getScheme())
                        && uri.getHost() != null
                        && isLoopbackName(uri.getHost()));
    }

    private static boolean isLoopbackName(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || name.endsWith(".localhost")
                || name.equals("[::1]")
                || LOOPBACK_V4.matcher(name).matches();
    }

    /** Judges what can be seen without looking a name up. */
    void check(URI uri) throws FetchException {
        if (uri.getHost() == null || uri.getRawUserInfo() != null || !isSecure(uri)) {
            throw new FetchException(FetchException.Reason.BLOCKED, "the URL is not acceptable");
        }
        int port = uri.getPort();
        if (port >= 0 && isHttps(uri) && !isPrivate(uri) && !ports.contains(port)) {
            throw new FetchException(FetchException.Reason.BLOCKED, "the port is not acceptable");
        }
    }

    static boolean isHttps(URI uri) {
        return "https".equalsIgnoreCase(uri.getScheme());
    }

    private boolean isPrivate(URI uri) {
        return privateHosts.contains(uri.getHost().toLowerCase(Locale.ROOT));
    }

    /** Judges the address to which a connection is about to be made. */
    boolean allows(URI uri, InetAddress address) {
        if (!isHttps(uri)) {
            return address.isLoopbackAddress();
        }
        return isPrivate(uri) || AddressRules.isPublic(address);
    }
}
