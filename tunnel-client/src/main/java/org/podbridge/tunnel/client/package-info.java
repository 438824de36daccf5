/**
 * The client side of a tunnel: it keeps a WebSocket to the relay, and answers the relay's visitors from an HTTP service
 * near by.
 *
 * <pre>{@code
 * try (TunnelClient client = TunnelClient.builder()
 *         .relay(URI.create("wss://pod.example/.tunnel"))
 *         .credentials(token)
 *         .name("myapp")
 *         .target(URI.create("http://localhost:3000"))
 *         .build()) {
 *     URI publicUrl = client.start().toCompletableFuture().join();
 *     …
 * }
 * }</pre>
 */
@NullMarked
package org.podbridge.tunnel.client;

import org.jspecify.annotations.NullMarked;
