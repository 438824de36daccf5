/** The messages of the rooms dialect, in which peers meet under a name that they know and are addressed by peer id. */
@NullMarked
package org.podbridge.signaling.rooms;

import org.jspecify.annotations.NullMarked;
