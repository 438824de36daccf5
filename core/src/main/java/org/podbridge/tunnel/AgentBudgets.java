package org.podbridge.tunnel;

import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.podbridge.identity.WebId;
import org.podbridge.limits.ByteBudget;

/**
 * The share that each agent has in the memory of all tunnels: one for all connections of an agent, so that nobody gets
 * more by connecting more often. A share is forgotten when neither a connection nor bytes reserved in it refer to it
 * any more. Thread-safe.
 */
final class AgentBudgets {

    private final ByteBudget whole;
    private final long maxBytesPerAgent;
    private final ConcurrentMap<WebId, Share> shares = new ConcurrentHashMap<>();
    private final ReferenceQueue<ByteBudget> forgotten = new ReferenceQueue<>();

    private static final class Share extends WeakReference<ByteBudget> {
        private final WebId agent;

        Share(WebId agent, ByteBudget budget, ReferenceQueue<ByteBudget> forgotten) {
            super(budget, forgotten);
            this.agent = agent;
        }
    }

    AgentBudgets(ByteBudget whole, long maxBytesPerAgent) {
        this.whole = whole;
        this.maxBytesPerAgent = maxBytesPerAgent;
    }

    /** Returns the agent's share. Whoever reserves in it keeps hold of it until what was reserved is released. */
    ByteBudget of(WebId agent) {
        for (Object gone = forgotten.poll(); gone != null; gone = forgotten.poll()) {
            shares.remove(((Share) gone).agent, gone);
        }
        ByteBudget fresh = whole.share(maxBytesPerAgent);
        while (true) {
            Share share = shares.computeIfAbsent(agent, absent -> new Share(absent, fresh, forgotten));
            ByteBudget budget = share.get();
            if (budget != null) {
                return budget;
            }
            shares.remove(agent, share);
        }
    }
}
