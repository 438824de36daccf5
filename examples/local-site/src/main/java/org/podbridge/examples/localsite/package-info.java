/** A small web site that only this computer sees, until a tunnel makes it public. */
@NullMarked
package org.podbridge.examples.localsite;

import org.jspecify.annotations.NullMarked;
