package org.podbridge.contract.load;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.net.URI;
import java.time.Duration;
import java.util.zip.CRC32C;
import org.podbridge.testkit.RawVisitor;

/** Visitors of contents that are too long to be held. */
public final class BulkVisitor {

    private BulkVisitor() {}

    /**
     * What came of it.
     *
     * @param bytes how many
     * @param checksum their CRC-32C
     * @param taken from the request to the last byte
     */
    public record Transfer(long bytes, long checksum, Duration taken) {

        /**
         * Returns the rate.
         *
         * @return in MB (10^6 bytes) a second
         */
        public double megabytesPerSecond() {
            return bytes / 1e6 / (taken.toNanos() / 1e9);
        }
    }

    /**
     * Downloads.
     *
     * @param uri what
     * @return what came
     */
    public static Transfer download(URI uri) {
        try (RawVisitor visitor = RawVisitor.connect(uri)) {
            long start = System.nanoTime();
            RawVisitor.Response head = get(visitor, uri).readHead();
            if (head.status() != 200) {
                throw new AssertionError("not what was asked for: " + head);
            }
            CRC32C checksum = new CRC32C();
            long count = 0;
            if (head.fields().contains("content-length")) {
                long length =
                        Long.parseLong(head.fields().first("content-length").orElseThrow());
                while (count < length) {
                    byte[] piece = visitor.read((int) Math.min(1 << 16, length - count));
                    checksum.update(piece);
                    count += piece.length;
                }
            } else {
                for (byte[] chunk = visitor.readChunk(); chunk.length > 0; chunk = visitor.readChunk()) {
                    checksum.update(chunk);
                    count += chunk.length;
                }
            }
            return new Transfer(count, checksum.getValue(), Duration.ofNanos(System.nanoTime() - start));
        }
    }

    /**
     * Uploads the beginning of the {@link KnownBytes} to a sink.
     *
     * @param uri the sink
     * @param size how many bytes
     * @param chunked whether in chunks
     * @return what the sink says that it got
     */
    public static Transfer upload(URI uri, long size, boolean chunked) {
        try (RawVisitor visitor = RawVisitor.connect(uri)) {
            long start = System.nanoTime();
            visitor.send(head("POST", uri)
                    + (chunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: " + size + "\r\n\r\n"));
            for (long offset = 0; offset < size; offset += KnownBytes.MAX_PIECE) {
                int length = (int) Math.min(KnownBytes.MAX_PIECE, size - offset);
                visitor.send(chunked ? chunk(offset, length) : KnownBytes.bytes(offset, length));
            }
            if (chunked) {
                visitor.send("0\r\n\r\n");
            }
            RawVisitor.Response response = visitor.readResponse();
            if (response.status() != 200) {
                throw new AssertionError("the sink says: " + response);
            }
            int space = response.body().indexOf(' ');
            return new Transfer(
                    Long.parseLong(response.body().substring(0, space)),
                    Long.parseLong(response.body().substring(space + 1)),
                    Duration.ofNanos(System.nanoTime() - start));
        }
    }

    private static byte[] chunk(long offset, int length) {
        byte[] size = (Integer.toHexString(length) + "\r\n").getBytes(US_ASCII);
        byte[] chunk = new byte[size.length + length + 2];
        System.arraycopy(size, 0, chunk, 0, size.length);
        KnownBytes.piece(offset, length).get(chunk, size.length, length);
        chunk[chunk.length - 2] = '\r';
        chunk[chunk.length - 1] = '\n';
        return chunk;
    }

    /**
     * Sends a GET without a body.
     *
     * @param visitor on a connection to the server
     * @param uri what
     * @return the visitor
     */
    public static RawVisitor get(RawVisitor visitor, URI uri) {
        return visitor.send(head("GET", uri) + "\r\n");
    }

    /**
     * Returns the beginning of a request's head, to be followed by further fields and an empty line.
     *
     * @param method the method
     * @param uri the whole target
     * @return the request line and a host
     */
    public static String head(String method, URI uri) {
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return method + " " + uri.getRawPath() + query + " HTTP/1.1\r\nHost: " + uri.getRawAuthority() + "\r\n";
    }
}
