package org.podbridge.signaling;

import java.util.Optional;
import org.podbridge.connection.CloseStatus;
import org.podbridge.limits.Rate;
import org.podbridge.limits.RateLimiter;
import org.podbridge.limits.RateLimits;
import org.podbridge.limits.TokenBucket;

/** Holds what one connection says against the rate limits. Thread-safe. */
final class Throttle {

    /** How often a peer may be refused something before it is taken for one that doesn't listen. */
    private static final Rate PATIENCE = Rate.perMinute(100, 100);

    static final CloseStatus TOO_OFTEN = new CloseStatus(CloseStatus.TOO_OFTEN, "Rate limit");

    private final RateLimiter rates;
    private final RateLimiter.Caller caller;
    private final TokenBucket patience = new TokenBucket(PATIENCE);
    private volatile boolean isExhausted;

    Throttle(RateLimiter rates, RateLimiter.Caller caller) {
        this.rates = rates;
        this.caller = caller;
    }

    /** Counts something that the peer wants to do; returns what to tell it if it may not. */
    Optional<String> refusal(RateLimits.Counted what, int times) {
        Optional<RateLimits.Exceeded> exceeded = caller.take(what, times);
        if (exceeded.isPresent() && !patience.tryTake(1, rates.now())) {
            isExhausted = true;
        }
        return exceeded.map(RateLimits.Exceeded::message);
    }

    /** Counts an announce; returns what to tell the peer if it may not. */
    Optional<String> announceRefusal(int offers) {
        return refusal(RateLimits.Counted.ANNOUNCES, 1).or(() -> refusal(RateLimits.Counted.OFFERS, offers));
    }

    /** Tells whether the peer has been refused so often that its connection should be closed. */
    boolean isExhausted() {
        return isExhausted;
    }
}
