/**
 * Version 2 of the tunnel protocol on the wire: binary frames that carry the streams of many exchanges over one
 * connection, each with its own credit. The codec serves both sides, relay and client; nothing here knows a thread, a
 * socket or a clock.
 *
 * <pre>
 * 0        1        2                6               10
 * +--------+--------+----------------+----------------+------------
 * |  type  | flags  |     length     |     stream     |  payload
 * +--------+--------+----------------+----------------+------------
 * </pre>
 */
@NullMarked
package org.podbridge.tunnel.v2;

import org.jspecify.annotations.NullMarked;
