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
 * Lets messages to other agents pass if the policy allows the call. A verdict holds for a minute, then the policy is
 * asked anew. What is sent while the policy thinks waits, so that order is kept, up to a number of bytes. Thread-safe.
 */
final class CallGate {

    private static final Duration VERDICT_HOLDS = Duration.ofSeconds(60);
    private static final int MAX_VERDICTS = 1_024;
    private static final CompletionStage<AccessDecision> NOT_VISIBLE =
            CompletableFuture.completedStage(new AccessDecision.Deny("not visible"));

    private final GuardedPolicy policy;
    private final Scheduler scheduler;
    private final long maxWaitingBytes;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private Identity from;
    private final Map<WebId, Pair> pairs = new LinkedHashMap<>();
    private long waitingBytes;

    /** A message at the gate. */
    interface Passage {
        int bytes();

        void allowed();

        void denied();
    }

    private record Waiting(Passage passage, boolean isReply) {}

    private static final class Pair {
        /** Whether the policy thinks, or what waited is being let through. */
        boolean undecided;

        /** The last verdict. */
        boolean allowed;

        /** Whether a message has reached the other. */
        boolean reached;

        long holdsUntil;
        final Deque<Waiting> waiting = new ArrayDeque<>();
    }

    CallGate(Identity from, GuardedPolicy policy, Scheduler scheduler, long maxWaitingBytes) {
        this.from = from;
        this.policy = policy;
        this.scheduler = scheduler;
        this.maxWaitingBytes = maxWaitingBytes;
    }

    /** Tells whether the agent has called another, who was there, and might when it last tried. */
    boolean hasCalled(WebId to) {
        lock.lock();
        try {
            Pair pair = pairs.get(to);
            return pair != null && pair.allowed && pair.reached;
        } finally {
            lock.unlock();
        }
    }

    /** Notes that another is there to get what passes. */
    void reaches(WebId to) {
        lock.lock();
        try {
            Pair pair = pairs.get(to);
            if (pair != null) {
                pair.reached = true;
            }
        } finally {
            lock.unlock();
        }
    }

    /** Takes the agent's renewed identity, about which the policy is asked anew. */
    void renew(Identity renewed) {
        lock.lock();
        try {
            from = renewed;
            pairs.values().forEach(pair -> pair.holdsUntil = scheduler.nanoTime());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Lets a message pass or not, at once or when the policy has answered. A reply passes whatever the policy says, but
     * overtakes nothing.
     */
    void pass(WebId to, boolean isReply, Passage passage) {
        Boolean verdict = null;
        Pair asked = null;
        Identity asker;
        lock.lock();
        try {
            asker = from;
            Pair pair = pairs.get(to);
            if (pair == null || !pair.undecided) {
                if (isReply) {
                    verdict = true;
                } else if (pair != null && holds(pair)) {
                    verdict = pair.allowed;
                } else {
                    asked = undecided(to, pair);
                    pair = asked;
                }
            }
            if (verdict == null && (pair == null || !hold(passage, isReply, pair))) {
                verdict = false;
            }
        } finally {
            lock.unlock();
        }
        if (verdict != null) {
            settle(passage, verdict);
        }
        if (asked != null) {
            Pair pair = asked;
            Identity who = asker;
            decide(who, to).thenAccept(decision -> letThrough(who, pair, decision instanceof AccessDecision.Allow));
        }
    }

    /** Marks a pair as undecided, and as the newest; returns null if there are too many. */
    private @Nullable Pair undecided(WebId to, @Nullable Pair known) {
        if (known == null && !makeRoom()) {
            return null;
        }
        Pair pair = known == null ? new Pair() : known;
        pair.undecided = true;
        pairs.remove(to);
        pairs.put(to, pair);
        return pair;
    }

    private boolean hold(Passage passage, boolean isReply, Pair pair) {
        if (waitingBytes + passage.bytes() > maxWaitingBytes) {
            return false;
        }
        waitingBytes += passage.bytes();
        pair.waiting.add(new Waiting(passage, isReply));
        return true;
    }

    private CompletionStage<AccessDecision> decide(Identity who, WebId to) {
        return policy.visible(who, Set.of(to))
                .thenCompose(visible -> visible.contains(to) ? policy.mayCall(who, to) : NOT_VISIBLE);
    }

    private void letThrough(Identity asker, Pair pair, boolean allowed) {
        while (true) {
            Waiting next;
            lock.lock();
            try {
                pair.allowed = allowed;
                next = pair.waiting.poll();
                if (next == null) {
                    pair.undecided = false;
                    pair.holdsUntil = scheduler.nanoTime() + (asker == from ? VERDICT_HOLDS.toNanos() : 0);
                    return;
                }
                waitingBytes -= next.passage().bytes();
            } finally {
                lock.unlock();
            }
            settle(next.passage(), allowed || next.isReply());
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
            if (!oldestFirst.next().undecided) {
                oldestFirst.remove();
                return true;
            }
        }
        return false;
    }
}
