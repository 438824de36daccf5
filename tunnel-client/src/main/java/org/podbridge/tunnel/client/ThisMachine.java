package org.podbridge.tunnel.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;

/** Which hosts are this machine, whatever a name server says. */
final class ThisMachine {

    private ThisMachine() {}

    /**
     * Tells whether a host is this machine.
     *
     * @param host of a URI: a name, or an address in the form that URIs have
     */
    static boolean is(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        if (name.equals("localhost") || name.endsWith(".localhost")) {
            return true;
        }
        boolean isAddress = name.startsWith("[") || name.matches("[0-9.]+");
        try {
            return isAddress && InetAddress.getByName(name).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
