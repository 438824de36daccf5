/**
 * HTTP tunnels: a client connects and registers names; what visitors ask under a name goes to the client and comes
 * back.
 *
 * <pre>
 * visitor -&gt; Exchange -&gt; TunnelTarget -&gt; TunnelRegistry -&gt; access rule, policy -&gt; RequestRules -&gt; TunnelConnection -&gt; client
 * visitor &lt;- Exchange &lt;- ResponseRules &lt;------------------------------------------ TunnelConnection &lt;- client
 * </pre>
 */
@NullMarked
package org.podbridge.tunnel;

import org.jspecify.annotations.NullMarked;
