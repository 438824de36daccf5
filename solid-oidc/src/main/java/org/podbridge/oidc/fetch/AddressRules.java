package org.podbridge.oidc.fetch;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/**
 * Which addresses are out on the public network. Everything else, this machine and its neighbours above all, is none of
 * a stranger's business.
 *
 * @see <a href="https://www.iana.org/assignments/iana-ipv4-special-registry">IANA IPv4 special-purpose addresses</a>
 * @see <a href="https://www.iana.org/assignments/iana-ipv6-special-registry">IANA IPv6 special-purpose addresses</a>
 */
final class AddressRules {

    private static final List<Block> SPECIAL_V4 = List.of(
            block("0.0.0.0", 8),
            block("10.0.0.0", 8),
            block("100.64.0.0", 10),
            block("127.0.0.0", 8),
            block("169.254.0.0", 16),
            block("172.16.0.0", 12),
            block("192.0.0.0", 24),
            block("192.0.2.0", 24),
            block("192.88.99.0", 24),
            block("192.168.0.0", 16),
            block("198.18.0.0", 15),
            block("198.51.100.0", 24),
            block("203.0.113.0", 24),
            block("224.0.0.0", 4),
            block("240.0.0.0", 4));

    private static final List<Block> SPECIAL_V6 = List.of(
            block("100::", 64),
            block("2001:db8::", 32),
            block("3fff::", 20),
            block("5f00::", 16),
            block("fc00::", 7),
            block("fe80::", 10),
            block("fec0::", 10),
            block("ff00::", 8));

    /** Blocks whose addresses hold an IPv4 address, and where in them it is. */
    private static final List<Embedding> EMBEDDINGS = List.of(
            new Embedding(block("::", 96), 12, false), // also :: and ::1
            new Embedding(mapped(), 12, false),
            new Embedding(block("64:ff9b::", 96), 12, false),
            new Embedding(block("64:ff9b:1::", 48), 12, false),
            new Embedding(block("2002::", 16), 2, false),
            new Embedding(block("2001::", 32), 12, true)); // Teredo hides it by inverting its bits

    private static final class Block {

        private final byte[] prefix;
        private final int bits;

        Block(byte[] prefix, int bits) {
            this.prefix = prefix;
            this.bits = bits;
        }

        boolean holds(byte[] address) {
            int whole = bits / 8;
            if (!Arrays.equals(address, 0, whole, prefix, 0, whole)) {
                return false;
            }
            int rest = bits % 8;
            return rest == 0 || ((address[whole] ^ prefix[whole]) & (0xFF << (8 - rest)) & 0xFF) == 0;
        }
    }

    private record Embedding(Block block, int offset, boolean inverted) {

        byte[] embedded(byte[] address) {
            byte[] inner = Arrays.copyOfRange(address, offset, offset + 4);
            for (int i = 0; inverted && i < inner.length; i++) {
                inner[i] = (byte) ~inner[i];
            }
            return inner;
        }
    }

    private AddressRules() {}

    private static Block block(String address, int bits) {
        return new Block(literal(address), bits);
    }

    private static Block mapped() { // which Java would turn into an IPv4 address
        byte[] prefix = new byte[16];
        prefix[10] = (byte) 0xFF;
        prefix[11] = (byte) 0xFF;
        return new Block(prefix, 96);
    }

    private static byte[] literal(String address) {
        try {
            return InetAddress.getByName(address).getAddress(); // a literal is not looked up
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    static boolean isPublic(InetAddress address) {
        return isPublic(address.getAddress());
    }

    /** As above, for an address of 4 or 16 bytes. */
    static boolean isPublic(byte[] address) {
        if (address.length == 4) {
            return SPECIAL_V4.stream().noneMatch(block -> block.holds(address));
        }
        if (SPECIAL_V6.stream().anyMatch(block -> block.holds(address))) {
            return false;
        }
        return EMBEDDINGS.stream()
                .filter(embedding -> embedding.block().holds(address))
                .allMatch(embedding -> isPublic(embedding.embedded(address)));
    }
}
