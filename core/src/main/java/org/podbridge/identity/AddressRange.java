package org.podbridge.identity;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;

/**
 * A range of IP addresses: an address and how many of its leading bits count. An IPv4 address that is written as IPv6
 * ({@code ::ffff:192.0.2.1}) is the IPv4 address. Immutable.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc4632#section-3.1">RFC 4632 section 3.1</a>
 */
public final class AddressRange {

    private final byte[] address;
    private final int bits;

    private AddressRange(byte[] address, int bits) {
        this.address = address;
        this.bits = bits;
    }

    /**
     * Returns the range that is written as an address, {@code 192.0.2.1}, or an address and a number of bits,
     * {@code 192.0.2.0/24} and {@code 2001:db8::/32}.
     *
     * @param text the range
     * @return the range
     * @throws IllegalArgumentException if it is none, or if bits of the address are set that don't count
     */
    public static AddressRange of(String text) {
        int slash = text.indexOf('/');
        byte[] address = parse(slash < 0 ? text : text.substring(0, slash))
                .map(InetAddress::getAddress)
                .orElseThrow(() -> wrong(text));
        int bits = slash < 0 ? address.length * 8 : bits(text.substring(slash + 1), address.length * 8);
        if (bits < 0 || !Arrays.equals(address, masked(address, bits))) {
            throw wrong(text);
        }
        return new AddressRange(address, bits);
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException("address range: " + text
                + " (expected: an address such as 192.0.2.1, or like 192.0.2.0/24 with no bit set behind the number)");
    }

    private static int bits(String text, int max) {
        boolean number = !text.isEmpty() && text.length() <= 3 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        int bits = number ? Integer.parseInt(text) : -1;
        return bits <= max ? bits : -1;
    }

    private static byte[] masked(byte[] address, int bits) {
        byte[] masked = address.clone();
        for (int i = 0; i < masked.length; i++) {
            int counting = Math.max(0, Math.min(8, bits - 8 * i));
            masked[i] &= (byte) (0xFF << (8 - counting));
        }
        return masked;
    }

    /**
     * Reads an address that is written in digits, never asking a name server.
     *
     * @param text IPv4 as four decimal numbers, or IPv6 without brackets and zone
     * @return the address, or empty if it is none
     */
    public static Optional<InetAddress> parse(String text) {
        boolean ipv6 = text.indexOf(':') >= 0;
        if (text.length() > 45 || !(ipv6 ? isIpv6(text) : isIpv4(text))) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.getByName(text)); // of digits alone, so that nobody is asked
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    private static boolean isIpv6(String text) {
        return text.chars().allMatch(c -> c == ':' || c == '.' || (c < 0x7F && Character.digit(c, 16) >= 0));
    }

    private static boolean isIpv4(String text) {
        String[] numbers = text.split("\\.", -1);
        if (numbers.length != 4) {
            return false;
        }
        for (String number : numbers) {
            boolean digits =
                    !number.isEmpty() && number.length() <= 3 && number.chars().allMatch(c -> c >= '0' && c <= '9');
            if (!digits || Integer.parseInt(number) > 255) {
                return false;
            }
        }
        return true;
    }

    /**
     * Tells whether an address lies in the range.
     *
     * @param other an address; one of the other family never does
     * @return whether it does
     */
    public boolean contains(InetAddress other) {
        byte[] bytes = requireNonNull(other, "other").getAddress();
        return bytes.length == address.length && Arrays.equals(address, masked(bytes, bits));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof AddressRange that && bits == that.bits && Arrays.equals(address, that.address);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(address) + bits;
    }

    @Override
    public String toString() {
        try {
            return InetAddress.getByAddress(address).getHostAddress() + "/" + bits;
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
