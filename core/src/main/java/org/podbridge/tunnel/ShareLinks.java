package org.podbridge.tunnel;

import java.security.SecureRandom;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.podbridge.auth.Identity;
import org.podbridge.identity.TunnelName;
import org.podbridge.identity.WebId;
import org.podbridge.limits.Limits;
import org.podbridge.time.Scheduler;
import org.podbridge.tunnel.v1.ClientMessage;

/**
 * Links by which somebody gets to a tunnel that isn't public, and the cookies that are given for them. A link belongs
 * to a name, its owner and the access rule that was in force when it was made: with any of them it ends for good. Only
 * digests of codes and cookies are kept. Age is measured by the monotonic clock. Thread-safe.
 */
final class ShareLinks {

    private final Scheduler scheduler;
    private final int maxLinks;
    private final int maxLinksPerWebId;
    /** Makes a cookie of a code that nobody else can make of it, so that a code that is used up opens nothing. */
    private final Secrets secrets;

    /** Read by visitors without the lock. */
    private final ConcurrentHashMap<String, Link> byCookie = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    // Guarded by lock.
    private final Map<String, Link> byCode = new HashMap<>();
    private final Map<TunnelName, Set<Link>> byTunnel = new HashMap<>();
    private final Map<WebId, Set<Link>> byMaker = new HashMap<>();

    /** What a link is good for. */
    static final class Link {
        private final TunnelName tunnel;
        private final WebId owner;
        private final ClientMessage.Access access;
        private final Identity maker;
        private final Optional<Identity> visitor;
        private final boolean atHost;
        private final long redeemableUntil;
        private final long end;
        private final String code;
        private final String cookie;
        /** Guarded by the lock; -1 if it doesn't matter. */
        private int usesLeft;

        private volatile boolean ended;

        private Link(
                Tunnel tunnel, Offer offer, long redeemableUntil, long end, String codeDigest, String cookieDigest) {
            this.tunnel = tunnel.name();
            this.owner = tunnel.owner();
            this.access = tunnel.access();
            this.maker = offer.maker();
            this.visitor = offer.visitor();
            this.atHost = offer.atHost();
            this.redeemableUntil = redeemableUntil;
            this.end = end;
            this.code = codeDigest;
            this.cookie = cookieDigest;
            this.usesLeft = offer.uses() == 0 ? -1 : offer.uses();
        }

        TunnelName tunnel() {
            return tunnel;
        }

        /** Who visits by it; empty if anybody does who has the link. */
        Optional<Identity> visitor() {
            return visitor;
        }
    }

    /**
     * What somebody wants a link for.
     *
     * @param maker who wants it
     * @param visitor who alone is to use it, or empty for anybody
     * @param atHost whether the tunnel is visited at a host of its own
     * @param uses how often it can be redeemed, 0 for any number
     * @param redeemable how long it can be redeemed
     * @param lifetime how long the tunnel can be visited by it, from now
     */
    record Offer(
            Identity maker,
            Optional<Identity> visitor,
            boolean atHost,
            int uses,
            Duration redeemable,
            Duration lifetime) {}

    /**
     * What a visitor gets for a code.
     *
     * @param link the link
     * @param cookie the cookie's value
     * @param left for how long it is good
     */
    record Redeemed(Link link, String cookie, Duration left) {}

    ShareLinks(Scheduler scheduler, SecureRandom random, Limits limits) {
        this.scheduler = scheduler;
        this.maxLinks = limits.visits().maxShareLinks();
        this.maxLinksPerWebId = limits.visits().maxShareLinksPerWebId();
        this.secrets = new Secrets(random);
    }

    /**
     * Makes a link. Of those that are for one agent alone the oldest gives way to a new one.
     *
     * @return the code, or empty if there are too many links
     */
    Optional<String> make(Tunnel tunnel, Offer offer) {
        String code = tunnel.name() + "." + secrets.next();
        long now = scheduler.nanoTime();
        Link link = new Link(
                tunnel,
                offer,
                now + offer.redeemable().toNanos(),
                now + offer.lifetime().toNanos(),
                Secrets.digest(code),
                Secrets.digest(secrets.sign(code)));
        lock.lock();
        try {
            endThoseOver(now);
            Set<Link> own = byMaker.getOrDefault(link.maker.webId(), Set.of());
            if (own.size() >= maxLinksPerWebId && offer.visitor().isPresent()) {
                own.stream()
                        .filter(other -> other.visitor.isPresent())
                        .findFirst()
                        .ifPresent(this::end);
            }
            if (own.size() >= maxLinksPerWebId || byCode.size() >= maxLinks) {
                return Optional.empty();
            }
            byCode.put(link.code, link);
            byCookie.put(link.cookie, link);
            byTunnel.computeIfAbsent(link.tunnel, name -> new LinkedHashSet<>()).add(link);
            byMaker.computeIfAbsent(link.maker.webId(), webId -> new LinkedHashSet<>())
                    .add(link);
            return Optional.of(code);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Uses a link once.
     *
     * @param code what was presented
     * @param host the tunnel at whose host it was presented, or empty if at the pod's
     * @return the cookie, or empty if the link is unknown, over, used up, or for elsewhere
     */
    Optional<Redeemed> redeem(String code, Optional<TunnelName> host) {
        long now = scheduler.nanoTime();
        lock.lock();
        try {
            Link link = byCode.get(Secrets.digest(code));
            if (link == null
                    || isOver(link, now)
                    || now - link.redeemableUntil >= 0
                    || link.usesLeft == 0
                    || (link.atHost ? !host.equals(Optional.of(link.tunnel)) : host.isPresent())) {
                return Optional.empty();
            }
            link.usesLeft -= link.usesLeft > 0 ? 1 : 0;
            return Optional.of(new Redeemed(link, secrets.sign(code), Duration.ofNanos(link.end - now)));
        } finally {
            lock.unlock();
        }
    }

    /** Returns the link for which a visitor has a cookie, if it opens the tunnel as it stands now. */
    Optional<Link> find(String cookie, Tunnel tunnel) {
        return Optional.ofNullable(byCookie.get(Secrets.digest(cookie))).filter(link -> opens(link, tunnel));
    }

    /** Tells whether a link opens a tunnel as it stands now. */
    boolean opens(Link link, Tunnel tunnel) {
        return !isOver(link, scheduler.nanoTime()) && fits(link, tunnel);
    }

    /** Returns for how long a link opens its tunnel. */
    Duration left(Link link) {
        return Duration.ofNanos(Math.max(0, link.end - scheduler.nanoTime()));
    }

    private static boolean fits(Link link, Tunnel tunnel) {
        return link.tunnel.equals(tunnel.name())
                && link.owner.equals(tunnel.owner())
                && link.access.equals(tunnel.access());
    }

    /** Ends the links of a name that don't fit it any more. */
    void settle(Tunnel tunnel) {
        endAll(tunnel.name(), link -> !fits(link, tunnel));
    }

    /** Ends all links of a name, however they were made; returns how many there were. */
    int takeBack(TunnelName tunnel) {
        return endAll(tunnel, link -> true);
    }

    /** Ends the links that certain identities have made; returns the tunnels to which they were. */
    Set<TunnelName> revoke(Predicate<Identity> whose) {
        List<Link> all;
        lock.lock();
        try {
            all = List.copyOf(byCode.values());
        } finally {
            lock.unlock();
        }
        // not under the lock: the host's code is asked
        List<Link> theirs = all.stream().filter(link -> whose.test(link.maker)).toList();
        lock.lock();
        try {
            theirs.forEach(this::end);
        } finally {
            lock.unlock();
        }
        return theirs.stream().map(Link::tunnel).collect(Collectors.toUnmodifiableSet());
    }

    /** Ends the link with a code, if there is one. */
    void end(String code) {
        lock.lock();
        try {
            Optional.ofNullable(byCode.get(Secrets.digest(code))).ifPresent(this::end);
        } finally {
            lock.unlock();
        }
    }

    private int endAll(TunnelName tunnel, Predicate<Link> which) {
        lock.lock();
        try {
            List<Link> ending = byTunnel.getOrDefault(tunnel, Set.of()).stream()
                    .filter(which)
                    .toList();
            ending.forEach(this::end);
            return ending.size();
        } finally {
            lock.unlock();
        }
    }

    /** Returns how many links there are that haven't ended. */
    int size() {
        lock.lock();
        try {
            endThoseOver(scheduler.nanoTime());
            return byCode.size();
        } finally {
            lock.unlock();
        }
    }

    private void endThoseOver(long now) {
        List.copyOf(byCode.values()).stream().filter(link -> isOver(link, now)).forEach(this::end);
    }

    private static boolean isOver(Link link, long now) {
        return link.ended || now - link.end >= 0;
    }

    private void end(Link link) {
        link.ended = true;
        byCode.remove(link.code);
        byCookie.remove(link.cookie);
        remove(byTunnel, link.tunnel, link);
        remove(byMaker, link.maker.webId(), link);
    }

    private static <K> void remove(Map<K, Set<Link>> index, K key, Link link) {
        Set<Link> links = index.get(key);
        if (links != null && links.remove(link) && links.isEmpty()) {
            index.remove(key);
        }
    }
}
