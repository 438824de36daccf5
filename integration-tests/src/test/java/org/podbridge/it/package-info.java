/** Tests over real sockets, against servers and with clients as they are deployed. */
@NullMarked
package org.podbridge.it;

import org.jspecify.annotations.NullMarked;
