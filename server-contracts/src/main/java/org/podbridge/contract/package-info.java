/** What a server with Podbridge in it must do over real sockets, whatever its container. */
@NullMarked
package org.podbridge.contract;

import org.jspecify.annotations.NullMarked;
