package org.podbridge.connection;

import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.exchange.RequestHead;

/**
 * Checks opening handshakes of HTTP/1.1, for adapters to containers that do so only when they open the WebSocket:
 * before core is asked, since its decision may use up a ticket or count as an attempt.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1">RFC 6455 section 4.2.1</a>
 */
public final class OpeningHandshake {

    private static final String VERSION = "13";
    private static final int KEY_BYTES = 16;

    private OpeningHandshake() {}

    /**
     * Checks a request that was sent where a WebSocket is.
     *
     * @param protocol the version of HTTP in which it came, such as {@code HTTP/1.1}
     * @param request the request
     * @return what to answer if it is no opening handshake that can be accepted: 426 to who should ask otherwise, 400
     *     to what is malformed
     */
    public static Optional<HandshakeDecision.Reject> check(String protocol, RequestHead request) {
        HeaderFields fields = request.fields();
        boolean asks = protocol.equals("HTTP/1.1")
                && request.method().equals("GET")
                && hasToken(fields, "connection", "upgrade")
                && hasToken(fields, "upgrade", "websocket");
        if (!asks || !fields.all("sec-websocket-version").equals(List.of(VERSION))) {
            return Optional.of(HandshakeDecision.Reject.withText(
                    426,
                    HeaderFields.of("upgrade", "websocket", "connection", "Upgrade", "sec-websocket-version", VERSION),
                    ""));
        }
        List<String> keys = fields.all("sec-websocket-key");
        if (keys.size() != 1 || !isKey(keys.get(0).strip())) {
            return Optional.of(HandshakeDecision.Reject.withText(400, HeaderFields.empty(), ""));
        }
        return Optional.empty();
    }

    private static boolean isKey(String value) {
        try {
            return Base64.getDecoder().decode(value).length == KEY_BYTES;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static boolean hasToken(HeaderFields fields, String name, String token) {
        for (String value : fields.all(name)) {
            for (String each : value.split(",", -1)) {
                if (each.strip().toLowerCase(Locale.ROOT).equals(token)) {
                    return true;
                }
            }
        }
        return false;
    }
}
