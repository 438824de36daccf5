/**
 * The port to HTTP. An adapter turns each request of its container into an {@link org.podbridge.exchange.Exchange} and
 * hands it to the {@link org.podbridge.exchange.ExchangeHandler} that core names; bodies move chunk by chunk, each on
 * demand, in both directions.
 *
 * <pre>
 * adapter                       core
 *   request head    ------&gt;    ExchangeHandler.handle(exchange)
 *   body chunk      &lt;-----&gt;    exchange.read(reader)             one read, one chunk
 *   interim head    &lt;------    exchange.inform(status, fields)
 *   response head   &lt;------    exchange.begin(head)
 *   response chunk  &lt;------    exchange.write(data, last, done)  one write at a time
 *   trailers        &lt;------    exchange.trailers(fields)        before the last write
 * </pre>
 *
 * <p>An adapter makes its exchanges from {@link org.podbridge.exchange.ServerExchange} and
 * {@link org.podbridge.exchange.RequestBody}, which hold what is the same in every container.
 */
@NullMarked
package org.podbridge.exchange;

import org.jspecify.annotations.NullMarked;
