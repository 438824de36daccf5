/**
 * Core's port to WebSockets on Jetty's core WebSocket API, which is the same for a server's and a client's end. An
 * opened session is given a {@link org.podbridge.jetty.websocket.FrameReceiver} and the settings of
 * {@link org.podbridge.jetty.websocket.SessionSettings}; how sessions come to be is the business of the two modules
 * that use this one.
 */
@NullMarked
package org.podbridge.jetty.websocket;

import org.jspecify.annotations.NullMarked;
