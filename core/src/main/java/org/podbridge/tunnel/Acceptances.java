package org.podbridge.tunnel;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.AddressPrefix;
import org.podbridge.time.Scheduler;

/**
 * Which visitors want to go on to which tunnels. Somebody who is asked gets a token, good once and for minutes; for it
 * there is the value of a cookie, good for days. Both belong to a name and its owner, so that a name with another owner
 * asks again. Of tokens only digests are kept, of cookies nothing. Age is measured by the monotonic clock. Thread-safe.
 */
final class Acceptances {

    /** How long somebody may read before answering. */
    static final Duration TOKEN_LIFETIME = Duration.ofMinutes(10);

    /** How many questions are open at one address at once, so that nobody drops those of others by asking for more. */
    static final int MAX_TOKENS_PER_ADDRESS = 100;

    /** How long nobody is asked again. */
    static final Duration LIFETIME = Duration.ofDays(7);

    private final Scheduler scheduler;
    private final Secrets secrets;
    private final int maxTokens;
    private final long start;

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock. All live equally long, so the oldest entries are always the first to expire.
    private final Map<String, Question> byToken = new LinkedHashMap<>();

    /** Of each address the tokens in the same order. */
    private final Map<AddressPrefix, Deque<String>> byVisitor = new HashMap<>();

    /**
     * What somebody was asked.
     *
     * @param tunnel which tunnel is meant
     * @param owner whose it is
     * @param atHost whether that was asked at the tunnel's own host
     * @param visitor where the visitor is, so that nobody can answer for others what it was asked itself
     * @param deadline until when it can be answered
     */
    private record Question(TunnelName tunnel, WebId owner, boolean atHost, AddressPrefix visitor, long deadline) {}

    /**
     * What a visitor gets for a token.
     *
     * @param tunnel the tunnel to go on to
     * @param cookie the value of the cookie
     */
    record Accepted(TunnelName tunnel, String cookie) {}

    Acceptances(Scheduler scheduler, SecureRandom random, int maxTokens) {
        this.scheduler = scheduler;
        this.secrets = new Secrets(random);
        this.maxTokens = maxTokens;
        this.start = scheduler.nanoTime();
    }

    /**
     * Returns a token for the answer. If there are too many, of the address or of all, the oldest of them is dropped:
     * who has it is asked again.
     */
    String ask(Tunnel tunnel, boolean atHost, InetAddress visitor) {
        String token = secrets.next();
        long deadline = scheduler.nanoTime() + TOKEN_LIFETIME.toNanos();
        lock.lock();
        try {
            dropExpired();
            AddressPrefix address = AddressPrefix.of(visitor);
            Deque<String> own = byVisitor.get(address);
            if (own != null && own.size() >= MAX_TOKENS_PER_ADDRESS) {
                remove(own.getFirst());
            } else if (byToken.size() >= maxTokens) {
                remove(byToken.keySet().iterator().next());
            }
            String digest = Secrets.digest(token);
            byToken.put(digest, new Question(tunnel.name(), tunnel.owner(), atHost, address, deadline));
            byVisitor.computeIfAbsent(address, first -> new ArrayDeque<>(1)).add(digest);
            return token;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets a question, and returns it; null if there is none. */
    private @Nullable Question remove(String digest) {
        Question question = byToken.remove(digest);
        if (question != null) {
            byVisitor.computeIfPresent(question.visitor(), (address, own) -> {
                own.remove(digest);
                return own.isEmpty() ? null : own;
            });
        }
        return question;
    }

    /**
     * Uses a token up, whether it fits or not.
     *
     * @param token what was presented
     * @param host the tunnel at whose host it was presented, or empty if at the pod's
     * @param visitor who has presented it
     * @return what is given for it; empty if the token is unknown, over, used, or for elsewhere or somebody else
     */
    Optional<Accepted> accept(String token, Optional<TunnelName> host, InetAddress visitor) {
        Question question;
        lock.lock();
        try {
            question = remove(Secrets.digest(token));
        } finally {
            lock.unlock();
        }
        if (question == null
                || scheduler.nanoTime() - question.deadline() >= 0
                || !question.visitor().equals(AddressPrefix.of(visitor))
                || (question.atHost() ? !host.equals(Optional.of(question.tunnel())) : host.isPresent())) {
            return Optional.empty();
        }
        long end = seconds() + LIFETIME.toSeconds();
        String cookie = end + "." + secrets.sign(signed(end, question.tunnel(), question.owner()));
        return Optional.of(new Accepted(question.tunnel(), cookie));
    }

    /** Tells whether one of some cookies was given for a tunnel as it stands now. */
    boolean isAccepted(List<String> cookies, Tunnel tunnel) {
        return cookies.stream().anyMatch(cookie -> isGood(cookie, tunnel));
    }

    private boolean isGood(String cookie, Tunnel tunnel) {
        int dot = cookie.indexOf('.');
        if (dot <= 0) {
            return false;
        }
        long end;
        try {
            end = Long.parseLong(cookie.substring(0, dot));
        } catch (NumberFormatException e) {
            return false;
        }
        return secrets.isSigned(signed(end, tunnel.name(), tunnel.owner()), cookie.substring(dot + 1))
                && seconds() < end;
    }

    private static String signed(long end, TunnelName tunnel, WebId owner) {
        return end + "\n" + tunnel + "\n" + owner.value(); // neither can have a line's end
    }

    private long seconds() {
        return Duration.ofNanos(scheduler.nanoTime() - start).toSeconds();
    }

    /** Returns how many have been asked and have neither answered nor taken too long. */
    int size() {
        lock.lock();
        try {
            dropExpired();
            return byToken.size();
        } finally {
            lock.unlock();
        }
    }

    private void dropExpired() {
        long now = scheduler.nanoTime();
        for (Map.Entry<String, Question> oldest = first();
                oldest != null && now - oldest.getValue().deadline() >= 0;
                oldest = first()) {
            remove(oldest.getKey());
        }
    }

    private Map.@Nullable Entry<String, Question> first() {
        return byToken.isEmpty() ? null : byToken.entrySet().iterator().next();
    }
}
