/**
 * What the tests of streams need around the relay: networks with distance, services that stream, measured latencies.
 */
@NullMarked
package org.podbridge.it.load;

import org.jspecify.annotations.NullMarked;
