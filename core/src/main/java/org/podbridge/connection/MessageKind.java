package org.podbridge.connection;

/**
 * The two kinds of WebSocket messages.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc6455#section-5.6">RFC 6455 section 5.6</a>
 */
public enum MessageKind {
    /** UTF-8 text. */
    TEXT,
    /** Bytes. */
    BINARY
}
