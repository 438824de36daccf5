/** The bounds that hold whatever peers do: sizes, counts and times, and the budget of bytes that all share. */
@NullMarked
package org.podbridge.limits;

import org.jspecify.annotations.NullMarked;
