package org.podbridge.oidc;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.podbridge.time.Scheduler;

/** Proofs in memory, of which those whose time has come are dropped whenever another one arrives. */
final class MemoryReplayStore implements ReplayStore {

    private final Scheduler scheduler;
    private final int maxProofs;
    private final int maxProofsPerKey;

    private final ReentrantLock lock = new ReentrantLock();
    // guarded by lock
    private final Set<String> proofs = new HashSet<>();
    private final Map<String, Integer> countByKey = new HashMap<>();
    private final PriorityQueue<Entry> byTime = new PriorityQueue<>(Comparator.comparing(Entry::until));

    private record Entry(String proof, String key, Instant until) {}

    MemoryReplayStore(Scheduler scheduler, int maxProofs, int maxProofsPerKey) {
        this.scheduler = scheduler;
        this.maxProofs = maxProofs;
        this.maxProofsPerKey = maxProofsPerKey;
    }

    @Override
    public CompletionStage<Outcome> putIfAbsent(String proof, String key, Instant until) {
        lock.lock();
        try {
            return CompletableFuture.completedStage(put(new Entry(proof, key, until)));
        } finally {
            lock.unlock();
        }
    }

    private Outcome put(Entry entry) {
        dropOld();
        if (proofs.contains(entry.proof())) {
            return Outcome.SEEN;
        }
        if (proofs.size() >= maxProofs || countByKey.getOrDefault(entry.key(), 0) >= maxProofsPerKey) {
            return Outcome.FULL;
        }
        proofs.add(entry.proof());
        countByKey.merge(entry.key(), 1, Integer::sum);
        byTime.add(entry);
        return Outcome.NEW;
    }

    private void dropOld() {
        Instant now = scheduler.now();
        for (Entry oldest = byTime.peek(); oldest != null && oldest.until().isBefore(now); oldest = byTime.peek()) {
            byTime.remove();
            proofs.remove(oldest.proof());
            countByKey.computeIfPresent(oldest.key(), (key, count) -> count == 1 ? null : count - 1);
        }
    }
}
