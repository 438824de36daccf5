package org.podbridge.signaling;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.auth.Identity;
import org.podbridge.identity.WebId;
import org.podbridge.policy.AccessDecision;
import org.podbridge.policy.GuardedPolicy;
import org.podbridge.time.Scheduler;

/**
 * Lets messages to other agents pass if the policy allows the call. A verdict holds for a minute. What is sent while
 * the policy thinks waits, so that order is kept, up to a number of bytes. Thread-safe.
 */
final class CallGate {

    private static final Duration VERDICT_HOLDS = Duration.ofSeconds(60);
    private static final int MAX_VERDICTS = 1_024;
    private static final CompletionStage<AccessDecision> NOT_VISIBLE =
            CompletableFuture.completedStage(new AccessDecision.Deny("not visible"));

    private final Identity from;
    private final GuardedPolicy policy;
    private final Scheduler scheduler;
    private final long maxWaitingBytes;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<WebId, Pair> pairs = new LinkedHashMap<>();
    private long waitingBytes;

    /** A message at the gate. */
    interface Passage {
        int bytes();

        void allowed();

        void denied();
    }

    private static final class Pair {
        /** Null while the policy thinks, or while what waited is let through. */
        @Nullable Boolean verdict;

        long holdsUntil;
        final Deque<Passage> waiting = new ArrayDeque<>();
    }

    CallGate(Identity from, GuardedPolicy policy, Scheduler scheduler, long maxWaitingBytes) {
        this.from = from;
        this.policy = policy;
        this.scheduler = scheduler;
        this.maxWaitingBytes = maxWaitingBytes;
    }

    /** Tells whether a call to an agent was allowed within the last minute. */
    boolean hasAllowed(WebId to) {
        lock.lock();
        try {
            Pair pair = pairs.get(to);
            return pair != null && Boolean.TRUE.equals(pair.verdict) && holds(pair);
        } finally {
            lock.unlock();
        }
    }

    /** Lets a message pass or not, at once or when the policy has answered. */
    void pass(WebId to, Passage passage) {
        Boolean verdict;
        Pair asked = null;
        lock.lock();
        try {
            Pair pair = pairs.get(to);
            if (pair == null || (pair.verdict != null && !holds(pair))) {
                pairs.remove(to);
                asked = makeRoom() ? new Pair() : null;
                pair = asked;
                if (pair != null) {
                    pairs.put(to, pair);
                }
            }
            verdict = pair == null ? Boolean.FALSE : pair.verdict;
            if (pair != null && verdict == null) {
                if (waitingBytes + passage.bytes() > maxWaitingBytes) {
                    verdict = false;
                } else {
                    waitingBytes += passage.bytes();
                    pair.waiting.add(passage);
                }
            }
        } finally {
            lock.unlock();
        }
        if (verdict != null) {
            settle(passage, verdict);
        }
        if (asked != null) {
            Pair pair = asked;
            decide(to).thenAccept(decision -> letThrough(pair, decision instanceof AccessDecision.Allow));
        }
    }

    private CompletionStage<AccessDecision> decide(WebId to) {
        return policy.visible(from, Set.of(to))
                .thenCompose(visible -> visible.contains(to) ? policy.mayCall(from, to) : NOT_VISIBLE);
    }

    private void letThrough(Pair pair, boolean allowed) {
        while (true) {
            Passage next;
            lock.lock();
            try {
                next = pair.waiting.poll();
                if (next == null) {
                    pair.verdict = allowed;
                    pair.holdsUntil = scheduler.nanoTime() + VERDICT_HOLDS.toNanos();
                    return;
                }
                waitingBytes -= next.bytes();
            } finally {
                lock.unlock();
            }
            settle(next, allowed);
        }
    }

    private static void settle(Passage passage, boolean allowed) {
        if (allowed) {
            passage.allowed();
        } else {
            passage.denied();
        }
    }

    private boolean holds(Pair pair) {
        return scheduler.nanoTime() - pair.holdsUntil < 0;
    }

    /** Drops the oldest verdict when there are too many; returns false if all are still being thought about. */
    private boolean makeRoom() {
        if (pairs.size() < MAX_VERDICTS) {
            return true;
        }
        Iterator<Pair> oldestFirst = pairs.values().iterator();
        while (oldestFirst.hasNext()) {
            if (oldestFirst.next().verdict != null) {
                oldestFirst.remove();
                return true;
            }
        }
        return false;
    }
}
