package org.podbridge.tunnel;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.podbridge.time.Scheduler;

/**
 * The requests that wait for the answer of one connection. Whoever takes an entry out, by answer, timeout, departure or
 * disconnection, owns its outcome; everybody else finds nothing. Thread-safe.
 */
final class PendingExchanges {

    private static final int ID_BYTES = 16;

    private final int max;
    private final Scheduler scheduler;
    private final SecureRandom random;
    private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();
    private final AtomicInteger size = new AtomicInteger();

    private static final class Entry {
        private final WholeBodyExchange exchange;
        private volatile Scheduler.@Nullable Task deadline;

        Entry(WholeBodyExchange exchange) {
            this.exchange = exchange;
        }
    }

    PendingExchanges(int max, Scheduler scheduler, SecureRandom random) {
        this.max = max;
        this.scheduler = scheduler;
        this.random = random;
    }

    /**
     * Puts an exchange in.
     *
     * @param exchange the exchange
     * @param timeLimit how long it may wait
     * @param whenOver what becomes of it if nobody takes it out until then
     * @return its id, which nobody can guess, or empty if there are too many
     */
    Optional<String> add(WholeBodyExchange exchange, Duration timeLimit, Consumer<WholeBodyExchange> whenOver) {
        if (size.incrementAndGet() > max) {
            size.decrementAndGet();
            return Optional.empty();
        }
        byte[] bytes = new byte[ID_BYTES];
        random.nextBytes(bytes);
        String id = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        Entry entry = new Entry(exchange);
        entries.put(id, entry); // before its deadline can come
        Scheduler.Task deadline = scheduler.schedule(timeLimit, () -> take(id).ifPresent(whenOver));
        entry.deadline = deadline;
        if (!entries.containsKey(id)) {
            deadline.cancel(); // taken out before it had one
        }
        return Optional.of(id);
    }

    /** Takes an exchange out; only the first who asks gets it. */
    Optional<WholeBodyExchange> take(String id) {
        Entry entry = entries.remove(id);
        if (entry == null) {
            return Optional.empty();
        }
        size.decrementAndGet();
        Scheduler.Task deadline = entry.deadline;
        if (deadline != null) {
            deadline.cancel();
        }
        return Optional.of(entry.exchange);
    }

    /** Takes all exchanges out. */
    List<WholeBodyExchange> takeAll() {
        return entries.keySet().stream().flatMap(id -> take(id).stream()).toList();
    }

    int size() {
        return size.get();
    }
}
