package org.podbridge.contract.load;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32C;

/**
 * A content of any length that both ends know: the same random bytes over and over, with a prime period, so that a
 * piece that is lost, doubled or moved changes the checksum. Immutable.
 */
public final class KnownBytes {

    /** The longest piece. */
    public static final int MAX_PIECE = 1 << 16;

    private static final int PERIOD = 1_048_573;
    private static final byte[] BYTES = generate();

    private KnownBytes() {}

    private static byte[] generate() {
        byte[] bytes = new byte[PERIOD + MAX_PIECE];
        new Random(1989).nextBytes(bytes);
        System.arraycopy(bytes, 0, bytes, PERIOD, MAX_PIECE);
        return bytes;
    }

    /**
     * Returns a piece of the content.
     *
     * @param offset where it begins
     * @param length at most {@link #MAX_PIECE}
     * @return the bytes, not to be written to
     */
    public static ByteBuffer piece(long offset, int length) {
        if (length > MAX_PIECE) {
            throw new IllegalArgumentException("length: " + length + " (expected: <= " + MAX_PIECE + ")");
        }
        return ByteBuffer.wrap(BYTES, (int) (offset % PERIOD), length).slice();
    }

    /**
     * Returns a piece of the content as an array of its own.
     *
     * @param offset where it begins
     * @param length at most {@link #MAX_PIECE}
     * @return the bytes
     */
    public static byte[] bytes(long offset, int length) {
        byte[] bytes = new byte[length];
        piece(offset, length).get(bytes);
        return bytes;
    }

    /**
     * Returns the checksum of the content's beginning.
     *
     * @param size how many bytes
     * @return the CRC-32C
     */
    public static long checksum(long size) {
        CRC32C checksum = new CRC32C();
        for (long offset = 0; offset < size; offset += MAX_PIECE) {
            checksum.update(piece(offset, (int) Math.min(MAX_PIECE, size - offset)));
        }
        return checksum.getValue();
    }
}
