package org.podbridge.limits;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How often peers may do what costs others something. Each kind of thing can have a rate for each connection, for each
 * agent over all its connections, and for each address. Immutable.
 *
 * <p>The defaults leave room for a page with fifty torrents, for a call with a hundred candidates, and for many people
 * behind one address.
 */
public final class RateLimits {

    private final Map<Counted, Map<Scope, Rate>> rates;
    private final boolean exemptLoopback;

    /** What is counted. */
    public enum Counted {
        /**
         * Messages on a signaling connection, of whatever kind; a very large one counts as several. On all WebSockets
         * pings, pongs that answer none, and parts of messages that hold nothing count as messages.
         */
        MESSAGES,
        /** Messages by which a peer enters a room, stays in it, or takes part in a torrent. */
        ANNOUNCES,
        /** Offers, to agents and within announces. */
        OFFERS,
        /** WebSockets opened. */
        CONNECTIONS,
        /** TURN credentials made. */
        TURN_CREDENTIALS,
        /** Requests and handshakes of visitors of tunnels. */
        VISITS,
        /** Tunnel names asked for or given back. */
        REGISTRATIONS,
        /** Links to tunnels made, or taken back. */
        SHARE_LINKS,
        /** Passwords that visitors of tunnels got wrong. */
        WRONG_PASSWORDS;

        private Set<Scope> scopes() {
            return switch (this) {
                case MESSAGES, ANNOUNCES, OFFERS -> EnumSet.of(Scope.CONNECTION, Scope.IDENTITY, Scope.ADDRESS);
                case CONNECTIONS, TURN_CREDENTIALS -> EnumSet.of(Scope.IDENTITY, Scope.ADDRESS);
                case VISITS -> EnumSet.of(Scope.IDENTITY, Scope.ADDRESS, Scope.TUNNEL);
                case REGISTRATIONS -> EnumSet.of(Scope.CONNECTION, Scope.IDENTITY);
                case SHARE_LINKS -> EnumSet.of(Scope.IDENTITY);
                case WRONG_PASSWORDS -> EnumSet.of(Scope.ADDRESS, Scope.TUNNEL);
            };
        }

        private String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** For whom is counted. */
    public enum Scope {
        /** For each WebSocket. */
        CONNECTION,
        /** For each WebID. */
        IDENTITY,
        /** For each IPv4 address and each /64 network of IPv6 addresses. */
        ADDRESS,
        /** For each tunnel name, whoever visits it. */
        TUNNEL;

        private String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A rate that is used up.
     *
     * @param what what was counted
     * @param scope for whom
     * @param rate the rate
     */
    public record Exceeded(Counted what, Scope scope, Rate rate) {

        /**
         * Says which limit was hit.
         *
         * @return such as {@code Rate limit: announces per connection}
         */
        public String message() {
            return "Rate limit: " + what.label() + " per " + scope.label();
        }
    }

    private RateLimits(Builder builder) {
        this.rates = new EnumMap<>(Counted.class);
        builder.rates.forEach((what, scopes) -> this.rates.put(what, new EnumMap<>(scopes)));
        this.exemptLoopback = builder.exemptLoopback;
    }

    /**
     * Returns the defaults.
     *
     * @return rates as they are when nothing is set
     */
    public static RateLimits defaults() {
        return builder().build();
    }

    /**
     * Returns the absence of all rates.
     *
     * @return rates that nothing is held to
     */
    public static RateLimits none() {
        Builder builder = builder();
        builder.rates.values().forEach(Map::clear);
        return builder.build();
    }

    /**
     * Returns a builder that holds the defaults.
     *
     * @return the builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Returns a rate.
     *
     * @param what what is counted
     * @param scope for whom
     * @return the rate, or empty if there is none
     */
    public Optional<Rate> rate(Counted what, Scope scope) {
        return Optional.ofNullable(rates.getOrDefault(what, Map.of()).get(scope));
    }

    /**
     * Tells whether addresses of the machine itself are held to no rate.
     *
     * @return whether they are exempt
     */
    public boolean exemptLoopback() {
        return exemptLoopback;
    }

    /** Collects rates. Not thread-safe. */
    public static final class Builder {

        private final Map<Counted, Map<Scope, Rate>> rates = new EnumMap<>(Counted.class);
        private boolean exemptLoopback = true;

        private Builder() {
            limit(Counted.MESSAGES, Scope.CONNECTION, Rate.perSecond(50, 1_000));
            limit(Counted.MESSAGES, Scope.IDENTITY, Rate.perSecond(100, 2_000));
            limit(Counted.MESSAGES, Scope.ADDRESS, Rate.perSecond(1_000, 20_000));
            limit(Counted.ANNOUNCES, Scope.CONNECTION, Rate.perSecond(5, 200));
            limit(Counted.ANNOUNCES, Scope.IDENTITY, Rate.perSecond(10, 400));
            limit(Counted.ANNOUNCES, Scope.ADDRESS, Rate.perSecond(100, 4_000));
            limit(Counted.OFFERS, Scope.CONNECTION, Rate.perSecond(20, 1_000));
            limit(Counted.OFFERS, Scope.IDENTITY, Rate.perSecond(40, 2_000));
            limit(Counted.OFFERS, Scope.ADDRESS, Rate.perSecond(400, 20_000));
            limit(Counted.CONNECTIONS, Scope.IDENTITY, Rate.perMinute(60, 200));
            limit(Counted.CONNECTIONS, Scope.ADDRESS, Rate.perSecond(20, 1_000));
            limit(Counted.TURN_CREDENTIALS, Scope.IDENTITY, Rate.perMinute(10, 10));
            limit(Counted.VISITS, Scope.IDENTITY, Rate.perSecond(200, 4_000));
            limit(Counted.VISITS, Scope.ADDRESS, Rate.perSecond(500, 10_000));
            limit(Counted.REGISTRATIONS, Scope.CONNECTION, Rate.perSecond(1, 200));
            limit(Counted.REGISTRATIONS, Scope.IDENTITY, Rate.perSecond(4, 800));
            limit(Counted.SHARE_LINKS, Scope.IDENTITY, Rate.perMinute(10, 60));
            limit(Counted.WRONG_PASSWORDS, Scope.ADDRESS, Rate.perMinute(10, 20));
        }

        /**
         * Sets a rate. The defaults are in {@code docs/embedding.md}.
         *
         * @param what what is counted
         * @param scope for whom
         * @param rate the rate
         * @return this builder
         * @throws IllegalArgumentException if this isn't counted for that
         */
        public Builder limit(Counted what, Scope scope, Rate rate) {
            if (!what.scopes().contains(scope)) {
                throw new IllegalArgumentException(
                        what + " per " + scope + " (expected: per one of " + what.scopes() + ")");
            }
            rates.computeIfAbsent(what, any -> new EnumMap<>(Scope.class)).put(scope, requireNonNull(rate, "rate"));
            return this;
        }

        /**
         * Takes a rate away.
         *
         * @param what what is no longer counted
         * @param scope for whom
         * @return this builder
         */
        public Builder unlimited(Counted what, Scope scope) {
            rates.computeIfAbsent(what, any -> new EnumMap<>(Scope.class)).remove(scope);
            return this;
        }

        /**
         * Sets whether addresses of the machine itself are held to no rate; they are exempt unless set, since behind a
         * proxy all peers may seem to have one.
         *
         * @param exemptLoopback whether they are exempt
         * @return this builder
         */
        public Builder exemptLoopback(boolean exemptLoopback) {
            this.exemptLoopback = exemptLoopback;
            return this;
        }

        /**
         * Returns the rates.
         *
         * @return the rates
         */
        public RateLimits build() {
            return new RateLimits(this);
        }
    }
}
