package org.podbridge.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.Scheduler;

/**
 * One-time tickets: minted over HTTP for an authenticated agent, presented once as {@code ?token=} by a browser that
 * can't set header fields on a WebSocket. Only their digests are kept. Age is measured by the monotonic clock.
 * Thread-safe.
 */
public final class Tickets {

    private static final String PREFIX = "tk_";
    private static final int RANDOM_BYTES = 32;

    private final Scheduler scheduler;
    private final SecureRandom random;
    private final Duration lifetime;
    private final int maxTickets;
    private final int maxPerWebId;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock. All live equally long, so the oldest entries are always the first to expire.
    private final Map<String, Ticket> byDigest = new LinkedHashMap<>();
    private final Map<WebId, Deque<String>> byWebId = new HashMap<>();

    private record Ticket(Identity identity, Endpoint endpoint, Optional<String> origin, long deadline) {}

    /**
     * Makes an empty store.
     *
     * @param scheduler time
     * @param random the source of randomness
     * @param limits lifetime and counts
     */
    public Tickets(Scheduler scheduler, SecureRandom random, Limits limits) {
        this.scheduler = scheduler;
        this.random = random;
        this.lifetime = limits.ticketLifetime();
        this.maxTickets = limits.maxTickets();
        this.maxPerWebId = limits.maxTicketsPerWebId();
    }

    /**
     * Tells whether a credential has the form of a ticket.
     *
     * @param value the credential
     * @return whether it is for this store to judge
     */
    public static boolean isTicket(String value) {
        return value.startsWith(PREFIX);
    }

    /**
     * Makes a ticket. The oldest of an agent that holds too many is dropped.
     *
     * @param identity whom it stands for
     * @param endpoint where it can be used
     * @param origin the only origin from which it can be used, if the request for it named one
     * @return the ticket, or empty if there are too many
     */
    public Optional<String> mint(Identity identity, Endpoint endpoint, Optional<String> origin) {
        byte[] secret = new byte[RANDOM_BYTES];
        random.nextBytes(secret);
        String ticket = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        String digest = digest(ticket);
        lock.lock();
        try {
            dropExpired();
            Deque<String> held = byWebId.get(identity.webId());
            if (held != null && held.size() >= maxPerWebId) {
                remove(held.element());
            }
            if (byDigest.size() >= maxTickets) {
                return Optional.empty();
            }
            byDigest.put(digest, new Ticket(identity, endpoint, origin, scheduler.nanoTime() + lifetime.toNanos()));
            byWebId.computeIfAbsent(identity.webId(), webId -> new ArrayDeque<>())
                    .add(digest);
            return Optional.of(ticket);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Uses a ticket up, whether it fits or not.
     *
     * @param ticket what was presented
     * @param endpoint where it was presented
     * @param origin the origin from which it was presented
     * @return the identity for which it stands, or empty if it is unknown, expired, used, or for something else
     */
    Optional<Identity> redeem(String ticket, Endpoint endpoint, Optional<String> origin) {
        Ticket found;
        lock.lock();
        try {
            found = remove(digest(ticket));
        } finally {
            lock.unlock();
        }
        if (found == null
                || scheduler.nanoTime() - found.deadline() >= 0
                || found.endpoint() != endpoint
                || (found.origin().isPresent() && !found.origin().equals(origin))) {
            return Optional.empty();
        }
        return Optional.of(found.identity());
    }

    /**
     * Drops the tickets of certain identities.
     *
     * @param whose chooses them
     */
    public void drop(Predicate<Identity> whose) {
        Map<String, Ticket> all;
        lock.lock();
        try {
            all = Map.copyOf(byDigest);
        } finally {
            lock.unlock();
        }
        List<String> theirs = new ArrayList<>();
        all.forEach((digest, ticket) -> { // not under the lock: the host's code is asked
            if (whose.test(ticket.identity())) {
                theirs.add(digest);
            }
        });
        lock.lock();
        try {
            theirs.forEach(this::remove);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Returns how many tickets are unused, expired ones included until somebody mints.
     *
     * @return the number
     */
    public int size() {
        lock.lock();
        try {
            return byDigest.size();
        } finally {
            lock.unlock();
        }
    }

    private void dropExpired() {
        long now = scheduler.nanoTime();
        while (!byDigest.isEmpty()) {
            Map.Entry<String, Ticket> oldest = byDigest.entrySet().iterator().next();
            if (now - oldest.getValue().deadline() < 0) {
                return;
            }
            remove(oldest.getKey());
        }
    }

    private @Nullable Ticket remove(String digest) {
        Ticket ticket = byDigest.remove(digest);
        if (ticket != null) {
            WebId webId = ticket.identity().webId();
            Deque<String> ofAgent = byWebId.get(webId);
            if (ofAgent != null && ofAgent.remove(digest) && ofAgent.isEmpty()) {
                byWebId.remove(webId);
            }
        }
        return ticket;
    }

    private static String digest(String ticket) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(ticket.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }
}
