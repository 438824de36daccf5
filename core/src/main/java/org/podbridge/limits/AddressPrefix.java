package org.podbridge.limits;

import java.net.InetAddress;
import java.nio.ByteBuffer;

/**
 * What of an address stands for one customer: all of an IPv4 address, and the first 64 bits of an IPv6 one, since the
 * others are the customer's to choose.
 *
 * @param length how many bits count
 * @param bits the bits
 */
public record AddressPrefix(int length, long bits) {

    /**
     * Returns what stands for the customer behind an address.
     *
     * @param address the address
     * @return what it shares with the customer's other addresses
     */
    public static AddressPrefix of(InetAddress address) {
        ByteBuffer bytes = ByteBuffer.wrap(address.getAddress()); // an IPv4-mapped address is an IPv4 one to Java
        return bytes.remaining() == 4 ? new AddressPrefix(32, bytes.getInt()) : new AddressPrefix(64, bytes.getLong());
    }
}
