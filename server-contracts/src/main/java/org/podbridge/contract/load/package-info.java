/** A service that does all that streams are for, and visitors of contents that are too long to be held. */
@NullMarked
package org.podbridge.contract.load;

import org.jspecify.annotations.NullMarked;
