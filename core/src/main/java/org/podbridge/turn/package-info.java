/**
 * Credentials for TURN servers, by which calls get through where no direct connection does. They are made from a secret
 * that Podbridge and the TURN server share, in the way of the TURN REST interface that coturn calls
 * {@code use-auth-secret}.
 */
@NullMarked
package org.podbridge.turn;

import org.jspecify.annotations.NullMarked;
