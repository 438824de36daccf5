/**
 * The adapter to Jetty 12.1. {@link org.podbridge.jetty.PodbridgeHandler} stands in front of the host's own handler and
 * takes the requests that are Podbridge's.
 *
 * <pre>{@code
 * server.setHandler(new PodbridgeHandler(podbridge, podHandler));
 * }</pre>
 */
@NullMarked
package org.podbridge.jetty;

import org.jspecify.annotations.NullMarked;
