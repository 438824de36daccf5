/**
 * The port to a WebSocket transport. An adapter asks a {@link org.podbridge.connection.Handshake} about each opening
 * handshake and, when accepted, joins the two halves of a connection: {@link org.podbridge.connection.Connection},
 * which it implements, takes what goes out; {@link org.podbridge.connection.ConnectionListener}, which core implements,
 * hears what comes in.
 */
@NullMarked
package org.podbridge.connection;

import org.jspecify.annotations.NullMarked;
