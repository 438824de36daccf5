package org.podbridge.connection;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;

/**
 * Why a WebSocket connection ends.
 *
 * @param code the close code
 * @param reason a short text, at most 123 bytes of UTF-8; cut if longer
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-7.4">RFC 6455 section 7.4</a>
 */
public record CloseStatus(int code, String reason) {

    /** Done. */
    public static final int NORMAL = 1000;
    /** The server stops. */
    public static final int GOING_AWAY = 1001;
    /** Bytes that break the protocol. */
    public static final int PROTOCOL_ERROR = 1002;
    /** Never on the wire: the close frame had no code. */
    public static final int NO_STATUS = 1005;
    /** Never on the wire: the connection broke without a close frame. */
    public static final int ABNORMAL = 1006;
    /** Text that is not UTF-8. */
    public static final int INVALID_PAYLOAD = 1007;
    /** Authentication or policy. */
    public static final int POLICY_VIOLATION = 1008;
    /** A message beyond all limits. */
    public static final int TOO_BIG = 1009;
    /** We are broken. */
    public static final int INTERNAL_ERROR = 1011;
    /** Overload, or a consumer that doesn't keep up. */
    public static final int TRY_AGAIN_LATER = 1013;
    /** Another connection of the same agent has taken over; a client must not retry on it. */
    public static final int REPLACED = 4409;

    /** The peer goes on doing something too often; a client may retry after a pause. */
    public static final int TOO_OFTEN = 4429;

    private static final int MAX_REASON_BYTES = 123;

    /** Cuts the reason to what a close frame can hold. */
    public CloseStatus {
        requireNonNull(reason, "reason");
        while (reason.getBytes(StandardCharsets.UTF_8).length > MAX_REASON_BYTES) {
            reason = reason.substring(0, reason.offsetByCodePoints(reason.length(), -1));
        }
    }

    /**
     * Returns a connection broken without a close frame.
     *
     * @return code {@value #ABNORMAL}
     */
    public static CloseStatus abnormal() {
        return new CloseStatus(ABNORMAL, "");
    }
}
