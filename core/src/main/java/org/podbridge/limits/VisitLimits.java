package org.podbridge.limits;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How much visitors of tunnels may have at once, and what may be shared with them. Immutable.
 *
 * <p>A browser asks for a hundred things at once over HTTP/2, and many people can be behind one address; the defaults
 * leave room for both.
 */
public final class VisitLimits {

    private static final Duration LONGEST_SHARE_LIFETIME = Duration.ofDays(30);

    private final int maxExchanges;
    private final int maxExchangesPerAddress;
    private final int maxWebSocketsPerAddress;
    private final int maxShareLinks;
    private final int maxShareLinksPerWebId;
    private final Duration maxShareLifetime;
    private final int maxOpenInterstitials;

    private VisitLimits(Builder builder) {
        this.maxExchanges = builder.maxExchanges;
        this.maxExchangesPerAddress = builder.maxExchangesPerAddress;
        this.maxWebSocketsPerAddress = builder.maxWebSocketsPerAddress;
        this.maxShareLinks = builder.maxShareLinks;
        this.maxShareLinksPerWebId = builder.maxShareLinksPerWebId;
        this.maxShareLifetime = builder.maxShareLifetime;
        this.maxOpenInterstitials = builder.maxOpenInterstitials;
    }

    /**
     * Returns the defaults.
     *
     * @return limits as they are when nothing is set
     */
    public static VisitLimits defaults() {
        return builder().build();
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
     * How many requests and WebSockets of visitors all tunnels together may serve at once. One more is answered 503.
     *
     * @return the limit
     */
    public int maxExchanges() {
        return maxExchanges;
    }

    /**
     * How many requests from one address may be under way at once, over all tunnels, WebSockets aside. One more is
     * answered 429.
     *
     * @return the limit
     */
    public int maxExchangesPerAddress() {
        return maxExchangesPerAddress;
    }

    /**
     * How many WebSockets through tunnels may be open from one address. One more is answered 429.
     *
     * @return the limit
     */
    public int maxWebSocketsPerAddress() {
        return maxWebSocketsPerAddress;
    }

    /**
     * How many links to tunnels there may be. One more is answered 503.
     *
     * @return the limit
     */
    public int maxShareLinks() {
        return maxShareLinks;
    }

    /**
     * How many links to tunnels an agent may have made that haven't ended. One more is answered 503.
     *
     * @return the limit
     */
    public int maxShareLinksPerWebId() {
        return maxShareLinksPerWebId;
    }

    /**
     * How long a link to a tunnel may be good for.
     *
     * @return the limit
     */
    public Duration maxShareLifetime() {
        return maxShareLifetime;
    }

    /**
     * How many visitors may have been asked before a tunnel's pages without having answered. With one more the oldest
     * can't answer any more, and is to open the page anew.
     *
     * @return the limit
     */
    public int maxOpenInterstitials() {
        return maxOpenInterstitials;
    }

    /** Collects limits. Not thread-safe. */
    public static final class Builder {

        private int maxExchanges = 2_000;
        private int maxExchangesPerAddress = 128;
        private int maxWebSocketsPerAddress = 64;
        private int maxShareLinks = 10_000;
        private int maxShareLinksPerWebId = 64;
        private Duration maxShareLifetime = Duration.ofDays(7);
        private int maxOpenInterstitials = 10_000;

        private Builder() {}

        /**
         * Sets {@link VisitLimits#maxExchanges}. Default 2,000.
         *
         * @param maxExchanges the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxExchanges(int maxExchanges) {
            this.maxExchanges = positive("maxExchanges", maxExchanges);
            return this;
        }

        /**
         * Sets {@link VisitLimits#maxExchangesPerAddress}. Default 128.
         *
         * @param maxExchangesPerAddress the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxExchangesPerAddress(int maxExchangesPerAddress) {
            this.maxExchangesPerAddress = positive("maxExchangesPerAddress", maxExchangesPerAddress);
            return this;
        }

        /**
         * Sets {@link VisitLimits#maxWebSocketsPerAddress}. Default 64.
         *
         * @param maxWebSocketsPerAddress the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxWebSocketsPerAddress(int maxWebSocketsPerAddress) {
            this.maxWebSocketsPerAddress = positive("maxWebSocketsPerAddress", maxWebSocketsPerAddress);
            return this;
        }

        /**
         * Sets {@link VisitLimits#maxShareLinks}. Default 10,000.
         *
         * @param maxShareLinks the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxShareLinks(int maxShareLinks) {
            this.maxShareLinks = positive("maxShareLinks", maxShareLinks);
            return this;
        }

        /**
         * Sets {@link VisitLimits#maxShareLinksPerWebId}. Default 64.
         *
         * @param maxShareLinksPerWebId the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxShareLinksPerWebId(int maxShareLinksPerWebId) {
            this.maxShareLinksPerWebId = positive("maxShareLinksPerWebId", maxShareLinksPerWebId);
            return this;
        }

        /**
         * Sets {@link VisitLimits#maxShareLifetime}. Default 7 days.
         *
         * @param maxShareLifetime the limit, at least a second and at most 30 days
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxShareLifetime(Duration maxShareLifetime) {
            requireNonNull(maxShareLifetime, "maxShareLifetime");
            if (maxShareLifetime.toSeconds() < 1 || maxShareLifetime.compareTo(LONGEST_SHARE_LIFETIME) > 0) {
                throw new IllegalArgumentException("maxShareLifetime: " + maxShareLifetime + " (expected: PT1S to "
                        + LONGEST_SHARE_LIFETIME + ")");
            }
            this.maxShareLifetime = maxShareLifetime;
            return this;
        }

        /**
         * Sets {@link VisitLimits#maxOpenInterstitials}. Default 10,000.
         *
         * @param maxOpenInterstitials the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxOpenInterstitials(int maxOpenInterstitials) {
            this.maxOpenInterstitials = positive("maxOpenInterstitials", maxOpenInterstitials);
            return this;
        }

        /**
         * Returns the limits.
         *
         * @return the limits
         */
        public VisitLimits build() {
            return new VisitLimits(this);
        }

        private static int positive(String name, int value) {
            if (value <= 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
            }
            return value;
        }
    }
}
