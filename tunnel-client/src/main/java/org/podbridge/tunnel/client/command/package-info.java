/** The command {@code podbridge}. */
@NullMarked
package org.podbridge.tunnel.client.command;

import org.jspecify.annotations.NullMarked;
