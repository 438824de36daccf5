/**
 * What a test of Podbridge needs. {@link org.podbridge.testkit.ManualScheduler} owns the clock;
 * {@link org.podbridge.testkit.LoopbackConnection} and {@link org.podbridge.testkit.InMemoryExchange} stand in for a
 * container; {@link org.podbridge.testkit.ConnectionContract}, {@link org.podbridge.testkit.ConformanceContract} and
 * {@link org.podbridge.testkit.ExchangeContract} are what every adapter must pass over real sockets.
 */
@NullMarked
package org.podbridge.testkit;

import org.jspecify.annotations.NullMarked;
