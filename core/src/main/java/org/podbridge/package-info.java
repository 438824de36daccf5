/** The facade: what a host builds and what an adapter mounts. */
@NullMarked
package org.podbridge;

import org.jspecify.annotations.NullMarked;
