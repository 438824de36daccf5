/**
 * Version 1 of the tunnel protocol on the wire: every message is a JSON object, bodies are whole. The codecs serve both
 * sides, relay and client.
 */
@NullMarked
package org.podbridge.tunnel.v1;

import org.jspecify.annotations.NullMarked;
