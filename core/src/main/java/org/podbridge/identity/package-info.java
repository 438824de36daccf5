/** Names of things as value types: who somebody is, where a page came from, how a tunnel is called. */
@NullMarked
package org.podbridge.identity;

import org.jspecify.annotations.NullMarked;
