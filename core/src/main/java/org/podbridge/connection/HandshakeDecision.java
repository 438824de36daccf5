package org.podbridge.connection;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.podbridge.exchange.HeaderFields;

/** What becomes of an opening handshake. Immutable, but for what is in a buffer that its maker changes. */
public sealed interface HandshakeDecision {

    /**
     * Open the WebSocket.
     *
     * @param subprotocol the subprotocol to name in the answer, if any
     * @param fields further fields of the answer, such as {@code set-cookie}; those of the handshake itself and of
     *     framing are the adapter's, and left out
     * @param listener hears of the connection
     * @param closeTimeout how long the peer has to answer a close frame before the socket is ended
     */
    record Accept(Optional<String> subprotocol, HeaderFields fields, ConnectionListener listener, Duration closeTimeout)
            implements HandshakeDecision {

        /** Checks that all are there, and leaves out the fields that are the adapter's. */
        public Accept {
            requireNonNull(subprotocol, "subprotocol");
            requireNonNull(listener, "listener");
            requireNonNull(closeTimeout, "closeTimeout");
            HeaderFields.Builder others = HeaderFields.builder();
            fields.forEach((name, value) -> {
                if (!isAdapters(name.toLowerCase(Locale.ROOT))) {
                    others.add(name, value);
                }
            });
            fields = others.build();
        }

        /**
         * Opens the WebSocket without further fields in the answer.
         *
         * @param subprotocol the subprotocol to name in the answer, if any
         * @param listener hears of the connection
         * @param closeTimeout how long the peer has to answer a close frame before the socket is ended
         */
        public Accept(Optional<String> subprotocol, ConnectionListener listener, Duration closeTimeout) {
            this(subprotocol, HeaderFields.empty(), listener, closeTimeout);
        }

        private static boolean isAdapters(String name) {
            return name.startsWith("sec-websocket-")
                    || name.equals("upgrade")
                    || name.equals("connection")
                    || name.equals("content-length")
                    || name.equals("transfer-encoding");
        }
    }

    /**
     * Answer with an HTTP response.
     *
     * @param status the final status code, 200 to 599
     * @param fields the response's fields, without content-length
     * @param body the content, any bytes; not to be changed by who made it
     */
    record Reject(int status, HeaderFields fields, ByteBuffer body) implements HandshakeDecision {

        /** Checks the status, and takes what remains of the buffer without copying it. */
        public Reject {
            requireNonNull(fields, "fields");
            if (status < 200 || status > 599) {
                throw new IllegalArgumentException("status: " + status + " (expected: 200 to 599)");
            }
            body = body.slice().asReadOnlyBuffer();
        }

        /**
         * Returns a rejection whose content is text.
         *
         * @param status the final status code, 200 to 599
         * @param fields the response's fields, without content-length
         * @param text the content, sent as UTF-8
         * @return the rejection
         */
        public static Reject withText(int status, HeaderFields fields, String text) {
            return new Reject(status, fields, ByteBuffer.wrap(text.getBytes(UTF_8)));
        }

        /**
         * Returns the content.
         *
         * @return the bytes, read-only, with a position of its own
         */
        @Override
        public ByteBuffer body() {
            return body.duplicate();
        }

        /**
         * Returns the content as text.
         *
         * @return the bytes, decoded as UTF-8
         */
        public String text() {
            return UTF_8.decode(body()).toString();
        }
    }
}
