/** The messages of the identity dialect, in which agents are addressed by WebID. */
@NullMarked
package org.podbridge.signaling.identity;

import org.jspecify.annotations.NullMarked;
