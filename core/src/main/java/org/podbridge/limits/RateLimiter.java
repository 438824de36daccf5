package org.podbridge.limits;

import java.net.InetAddress;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Holds callers to the rate limits. Thread-safe.
 *
 * <p>What agents and addresses have used up outlives their connections, in buckets of which there is a bounded number.
 * Full ones are forgotten first, which changes nothing. If too many aren't full, half of them are forgotten: under an
 * attack from that many addresses a limit grows laxer, but nobody is refused for what others do.
 */
public final class RateLimiter {

    private static final int MAX_BUCKETS = 100_000;
    private static final int FIRST_SWEEP = 1_000;

    private final RateLimits limits;
    private final LongSupplier nanoTime;
    private final long origin;
    private final int maxBuckets;

    private final ConcurrentHashMap<Key, TokenBucket> shared = new ConcurrentHashMap<>();
    private final ReentrantLock sweeping = new ReentrantLock();
    private volatile int sweepAt;

    private record Key(RateLimits.Counted what, Object who) {}

    /**
     * Makes one.
     *
     * @param limits the rates
     * @param nanoTime the monotonic clock
     */
    public RateLimiter(RateLimits limits, LongSupplier nanoTime) {
        this(limits, nanoTime, MAX_BUCKETS);
    }

    RateLimiter(RateLimits limits, LongSupplier nanoTime, int maxBuckets) {
        this.limits = limits;
        this.nanoTime = nanoTime;
        this.origin = nanoTime.getAsLong();
        this.maxBuckets = maxBuckets;
        this.sweepAt = Math.min(FIRST_SWEEP, maxBuckets);
    }

    /**
     * Returns somebody to be held to the limits.
     *
     * @param identity who it is, if that is known; of a type with value equality
     * @param address its address, if that is known
     * @return the caller, with no use made of its own rates
     */
    public Caller caller(@Nullable Object identity, @Nullable InetAddress address) {
        if (address == null || (limits.exemptLoopback() && address.isLoopbackAddress())) {
            return new Caller(identity, null);
        }
        return new Caller(identity, AddressPrefix.of(address));
    }

    /**
     * Counts something for its scope alone, without a caller: what comes once costs no more than a bucket.
     *
     * @param what what somebody wants to do
     * @param scope the scope, any but {@link RateLimits.Scope#CONNECTION}
     * @param who who it is, of a type with value equality; an {@link InetAddress} for an address; null if unknown,
     *     which isn't counted
     * @return the limit that would be exceeded, or empty if there is room
     */
    public Optional<RateLimits.Exceeded> take(RateLimits.Counted what, RateLimits.Scope scope, @Nullable Object who) {
        Object key = key(who);
        return key == null || takeShared(what, scope, key, 1) ? Optional.empty() : exceeded(what, scope);
    }

    /**
     * Tells whether something could be counted, without counting it.
     *
     * @param what what somebody may want to do
     * @param scope the scope, any but {@link RateLimits.Scope#CONNECTION}
     * @param who as in {@link #take}
     * @return the limit that is used up, or empty if there is room
     */
    public Optional<RateLimits.Exceeded> look(RateLimits.Counted what, RateLimits.Scope scope, @Nullable Object who) {
        Object key = key(who);
        TokenBucket bucket = key == null ? null : shared.get(new Key(what, key));
        return bucket == null || bucket.has(1, now()) ? Optional.empty() : exceeded(what, scope);
    }

    private @Nullable Object key(@Nullable Object who) {
        if (who instanceof InetAddress address) {
            return limits.exemptLoopback() && address.isLoopbackAddress() ? null : AddressPrefix.of(address);
        }
        return who;
    }

    /**
     * Returns the monotonic time as buckets want it.
     *
     * @return nanoseconds since this limiter was made
     */
    public long now() {
        return nanoTime.getAsLong() - origin;
    }

    /** One connection or request, its agent and its address. Thread-safe. */
    public final class Caller {

        private final @Nullable Object identity;
        private final @Nullable AddressPrefix address;
        private final Map<RateLimits.Counted, TokenBucket> own = new EnumMap<>(RateLimits.Counted.class);

        private Caller(@Nullable Object identity, @Nullable AddressPrefix address) {
            this.identity = identity;
            this.address = address;
            for (RateLimits.Counted what : RateLimits.Counted.values()) {
                limits.rate(what, RateLimits.Scope.CONNECTION).ifPresent(rate -> own.put(what, new TokenBucket(rate)));
            }
        }

        /**
         * Counts something.
         *
         * @param what what the caller wants to do
         * @param times how often
         * @return the limit that it would exceed, or empty if it may
         */
        public Optional<RateLimits.Exceeded> take(RateLimits.Counted what, int times) {
            if (times <= 0) {
                return Optional.empty();
            }
            TokenBucket bucket = own.get(what);
            if (bucket != null && !bucket.tryTake(times, now())) {
                return exceeded(what, RateLimits.Scope.CONNECTION);
            }
            if (identity != null && !takeShared(what, RateLimits.Scope.IDENTITY, identity, times)) {
                return exceeded(what, RateLimits.Scope.IDENTITY);
            }
            if (address != null && !takeShared(what, RateLimits.Scope.ADDRESS, address, times)) {
                return exceeded(what, RateLimits.Scope.ADDRESS);
            }
            return Optional.empty();
        }
    }

    private Optional<RateLimits.Exceeded> exceeded(RateLimits.Counted what, RateLimits.Scope scope) {
        return limits.rate(what, scope).map(rate -> new RateLimits.Exceeded(what, scope, rate));
    }

    private boolean takeShared(RateLimits.Counted what, RateLimits.Scope scope, Object who, int times) {
        Rate rate = limits.rate(what, scope).orElse(null);
        if (rate == null) {
            return true;
        }
        Key key = new Key(what, who);
        while (true) {
            TokenBucket bucket = shared.computeIfAbsent(key, any -> new TokenBucket(rate));
            TokenBucket.Outcome outcome = bucket.take(times, now());
            if (outcome != TokenBucket.Outcome.RETIRED) {
                forgetSome();
                return outcome == TokenBucket.Outcome.TAKEN;
            }
            shared.remove(key, bucket); // instead of waiting for who retired it
        }
    }

    private void forgetSome() {
        if (shared.size() < sweepAt || !sweeping.tryLock()) {
            return;
        }
        try {
            long now = now();
            shared.values().removeIf(bucket -> bucket.retire(now));
            if (shared.size() > maxBuckets / 4 * 3) { // or the next sweep would come at once
                forgetHalf();
            }
            sweepAt = Math.min(maxBuckets, Math.max(FIRST_SWEEP, 2 * shared.size()));
        } finally {
            sweeping.unlock();
        }
    }

    private void forgetHalf() {
        Iterator<TokenBucket> buckets = shared.values().iterator();
        while (shared.size() > maxBuckets / 2 && buckets.hasNext()) {
            buckets.next().retire();
            buckets.remove();
        }
    }

    /**
     * Returns how many buckets are held for agents and addresses.
     *
     * @return the number
     */
    int buckets() {
        return shared.size();
    }
}
