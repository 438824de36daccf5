/** Time as a seam: what is the time, how much of it has passed, and run this later. */
@NullMarked
package org.podbridge.time;

import org.jspecify.annotations.NullMarked;
