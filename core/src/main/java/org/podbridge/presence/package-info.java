/**
 * Who is online, and who is told. Each agent has one connection here; others see the agent, not the connection.
 *
 * <pre>
 * join, leave -&gt; PresenceRegistry -&gt; PresenceView of every agent online -&gt; policy: visible? -&gt; its connection
 * </pre>
 */
@NullMarked
package org.podbridge.presence;

import org.jspecify.annotations.NullMarked;
