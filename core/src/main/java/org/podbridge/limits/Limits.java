package org.podbridge.limits;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The limits of one Podbridge. Every one has a default that is safe on a small server. Immutable.
 *
 * <p>Sizes are bytes, counts are per Podbridge unless their name says otherwise.
 */
public final class Limits {

    private static final long KIB = 1024;
    private static final long MIB = 1024 * KIB;

    private final int maxConnections;
    private final long maxSignalingMessageBytes;
    private final long maxSendQueueBytes;
    private final Duration sendTimeout;
    private final Duration pingInterval;
    private final Duration silenceTimeout;
    private final Duration closeTimeout;
    private final Duration authenticationTimeout;
    private final Duration ticketLifetime;
    private final int maxTicketsPerWebId;
    private final int maxTickets;
    private final long maxTunnelMessageBytes;
    private final long maxRequestBodyBytes;
    private final int maxTargetBytes;
    private final Duration exchangeTimeout;
    private final int minRequestBodyRate;
    private final int maxExchangesPerTunnel;
    private final int streamWindowBytes;
    private final int maxStreamWindowBytes;
    private final long maxWindowGrowthBytes;
    private final Duration streamWait;
    private final Duration streamIdleTimeout;
    private final Duration leaveTimeout;
    private final int maxNamesPerConnection;
    private final int maxNamesPerWebId;
    private final int maxNames;
    private final Duration nameLease;
    private final Duration nameQuarantine;
    private final long maxBufferedBytes;
    private final long maxBufferedBytesPerWebId;
    private final int maxRoomsPerConnection;
    private final int maxMembersPerRoom;
    private final int maxOffersPerAnnounce;
    private final RateLimits rates;
    private final VisitLimits visits;

    private Limits(Builder builder) {
        this.maxConnections = builder.maxConnections;
        this.maxSignalingMessageBytes = builder.maxSignalingMessageBytes;
        this.maxSendQueueBytes = builder.maxSendQueueBytes;
        this.sendTimeout = builder.sendTimeout;
        this.pingInterval = builder.pingInterval;
        this.silenceTimeout = builder.silenceTimeout;
        this.closeTimeout = builder.closeTimeout;
        this.authenticationTimeout = builder.authenticationTimeout;
        this.ticketLifetime = builder.ticketLifetime;
        this.maxTicketsPerWebId = builder.maxTicketsPerWebId;
        this.maxTickets = builder.maxTickets;
        this.maxTunnelMessageBytes = builder.maxTunnelMessageBytes;
        this.maxRequestBodyBytes = builder.maxRequestBodyBytes;
        this.maxTargetBytes = builder.maxTargetBytes;
        this.exchangeTimeout = builder.exchangeTimeout;
        this.minRequestBodyRate = builder.minRequestBodyRate;
        this.maxExchangesPerTunnel = builder.maxExchangesPerTunnel;
        this.streamWindowBytes = builder.streamWindowBytes;
        this.maxStreamWindowBytes = builder.maxStreamWindowBytes;
        this.maxWindowGrowthBytes = builder.maxWindowGrowthBytes;
        this.streamWait = builder.streamWait;
        this.streamIdleTimeout = builder.streamIdleTimeout;
        this.leaveTimeout = builder.leaveTimeout;
        this.maxNamesPerConnection = builder.maxNamesPerConnection;
        this.maxNamesPerWebId = builder.maxNamesPerWebId;
        this.maxNames = builder.maxNames;
        this.nameLease = builder.nameLease;
        this.nameQuarantine = builder.nameQuarantine;
        this.maxBufferedBytes = builder.maxBufferedBytes;
        this.maxBufferedBytesPerWebId =
                builder.maxBufferedBytesPerWebId == 0 ? maxBufferedBytes / 2 : builder.maxBufferedBytesPerWebId;
        this.maxRoomsPerConnection = builder.maxRoomsPerConnection;
        this.maxMembersPerRoom = builder.maxMembersPerRoom;
        this.maxOffersPerAnnounce = builder.maxOffersPerAnnounce;
        this.rates = builder.rates;
        this.visits = builder.visits;
    }

    /**
     * Returns the defaults.
     *
     * @return limits as they are when nothing is set
     */
    public static Limits defaults() {
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
     * How many WebSocket connections, signaling and tunnel control together, may be open at once; one more is answered
     * 503.
     *
     * @return the limit
     */
    public int maxConnections() {
        return maxConnections;
    }

    /**
     * How many bytes a signaling message may have. A larger one is discarded and answered with an error; the connection
     * stays.
     *
     * @return the limit
     */
    public long maxSignalingMessageBytes() {
        return maxSignalingMessageBytes;
    }

    /**
     * How many bytes may wait for a signaling peer that reads slowly. Beyond it the peer is closed with 1013.
     *
     * @return the limit
     */
    public long maxSendQueueBytes() {
        return maxSendQueueBytes;
    }

    /**
     * How long one send may take, plus a second for each 100 kB. After it the connection is ended.
     *
     * @return the limit
     */
    public Duration sendTimeout() {
        return sendTimeout;
    }

    /**
     * How often a connection is pinged.
     *
     * @return the limit
     */
    public Duration pingInterval() {
        return pingInterval;
    }

    /**
     * How long a connection may be silent before it is ended.
     *
     * @return the limit
     */
    public Duration silenceTimeout() {
        return silenceTimeout;
    }

    /**
     * How long a peer has to answer a close frame before its socket is ended.
     *
     * @return the limit
     */
    public Duration closeTimeout() {
        return closeTimeout;
    }

    /**
     * How long the auth provider, and the access policy after it, may take for one decision.
     *
     * @return the limit
     */
    public Duration authenticationTimeout() {
        return authenticationTimeout;
    }

    /**
     * How long a ticket can be used; at most a minute.
     *
     * @return the limit
     */
    public Duration ticketLifetime() {
        return ticketLifetime;
    }

    /**
     * How many unused tickets an agent may hold; the oldest gives way to a new one.
     *
     * @return the limit
     */
    public int maxTicketsPerWebId() {
        return maxTicketsPerWebId;
    }

    /**
     * How many unused tickets there may be; one more is refused.
     *
     * @return the limit
     */
    public int maxTickets() {
        return maxTickets;
    }

    /**
     * How many bytes a message of a tunnel client may have. A larger response is answered 502 to its visitor; the
     * connection stays.
     *
     * @return the limit
     */
    public long maxTunnelMessageBytes() {
        return maxTunnelMessageBytes;
    }

    /**
     * How many bytes of body a visitor may send through a version 1 tunnel. A larger one is answered 413.
     *
     * @return the limit
     */
    public long maxRequestBodyBytes() {
        return maxRequestBodyBytes;
    }

    /**
     * How long a request target may be. A longer one is answered 414.
     *
     * @return the limit
     */
    public int maxTargetBytes() {
        return maxTargetBytes;
    }

    /**
     * How long a tunnel client may take to answer a request before the visitor gets 504.
     *
     * @return the limit
     */
    public Duration exchangeTimeout() {
        return exchangeTimeout;
    }

    /**
     * How many bytes a visitor has to send in each second while the content of its request is waited for and no
     * response has begun; slower ones are answered 408. A visitor may lag behind by 10 seconds, and so pause as long.
     * Time in which the tunnel client takes nothing isn't the visitor's. WebSockets are held to nothing.
     *
     * @return bytes per second, 0 if any will do
     */
    public int minRequestBodyRate() {
        return minRequestBodyRate;
    }

    /**
     * How many requests may wait for one tunnel connection. One more is answered 503.
     *
     * @return the limit
     */
    public int maxExchangesPerTunnel() {
        return maxExchangesPerTunnel;
    }

    /**
     * Returns how many bytes a tunnel client may send on a new stream before some were handed on (64 KiB). Grows for
     * streams whose visitor is fast and whose client is far away.
     *
     * @return bytes
     */
    public int streamWindowBytes() {
        return streamWindowBytes;
    }

    /**
     * Returns how far the window of one stream may grow (8 MiB).
     *
     * @return bytes
     */
    public int maxStreamWindowBytes() {
        return maxStreamWindowBytes;
    }

    /**
     * Returns by how many bytes the windows of all streams of one connection may grow together (32 MiB); those of all
     * connections may grow by {@link #maxBufferedBytes}.
     *
     * @return bytes
     */
    public long maxWindowGrowthBytes() {
        return maxWindowGrowthBytes;
    }

    /**
     * Returns how long a request waits for a stream when as many run as may (2 s).
     *
     * @return the time
     */
    public Duration streamWait() {
        return streamWait;
    }

    /**
     * Returns how long a response may make no progress once its head was passed on (60 s). Server-sent events and
     * WebSockets may be silent for any time.
     *
     * @return the time
     */
    public Duration streamIdleTimeout() {
        return streamIdleTimeout;
    }

    /**
     * Returns how long a tunnel connection that was replaced by a newer one has to finish what it serves (10 s).
     *
     * @return the time
     */
    public Duration leaveTimeout() {
        return leaveTimeout;
    }

    /**
     * How many names a tunnel connection may hold.
     *
     * @return the limit
     */
    public int maxNamesPerConnection() {
        return maxNamesPerConnection;
    }

    /**
     * How many names an agent may hold, leased ones included.
     *
     * @return the limit
     */
    public int maxNamesPerWebId() {
        return maxNamesPerWebId;
    }

    /**
     * How many names may be held by all agents.
     *
     * @return the limit
     */
    public int maxNames() {
        return maxNames;
    }

    /**
     * How long the names of a tunnel connection that has closed are kept for their agent; zero frees them at once.
     *
     * @return the limit
     */
    public Duration nameLease() {
        return nameLease;
    }

    /**
     * How long nobody else gets a name that an agent has given up, or whose lease is over; zero frees it for all at
     * once. The agent itself can have it back meanwhile. As many names as {@link #maxNames} are kept so, of one agent
     * as many as {@link #maxNamesPerWebId} and fewer when there is little room: what it gives up beyond that frees the
     * oldest of its own. They don't count among its names.
     *
     * @return the limit
     */
    public Duration nameQuarantine() {
        return nameQuarantine;
    }

    /**
     * How many bytes of tunnel messages and bodies may be held in memory by all tunnels together. Beyond it requests
     * are answered 503.
     *
     * @return the limit
     */
    public long maxBufferedBytes() {
        return maxBufferedBytes;
    }

    /**
     * How many of those bytes the tunnels of one WebID may hold, over all its connections: what its clients have sent
     * and visitors haven't taken yet, and requests that its clients haven't taken yet. Beyond it requests to its
     * tunnels are answered 503, and responses are broken off; those of others aren't touched.
     *
     * @return the limit
     */
    public long maxBufferedBytesPerWebId() {
        return maxBufferedBytesPerWebId;
    }

    /**
     * How many rooms a signaling connection may be in, those of the tracker dialect included, where each peer id of a
     * connection counts. One more is refused.
     *
     * @return the limit
     */
    public int maxRoomsPerConnection() {
        return maxRoomsPerConnection;
    }

    /**
     * How many peers may be in a room. One more is refused.
     *
     * @return the limit
     */
    public int maxMembersPerRoom() {
        return maxMembersPerRoom;
    }

    /**
     * How many offers of one announce are handed on. What follows them is ignored.
     *
     * @return the limit
     */
    public int maxOffersPerAnnounce() {
        return maxOffersPerAnnounce;
    }

    /**
     * How often peers may do what costs others something.
     *
     * @return the rates
     */
    public RateLimits rates() {
        return rates;
    }

    /**
     * How much visitors of tunnels may have at once, and what may be shared with them.
     *
     * @return the limits
     */
    public VisitLimits visits() {
        return visits;
    }

    /** Collects limits. Not thread-safe. */
    public static final class Builder {

        private int maxConnections = 15_000;
        private long maxSignalingMessageBytes = 64 * KIB;
        private long maxSendQueueBytes = 256 * KIB;
        private Duration sendTimeout = Duration.ofSeconds(10);
        private Duration pingInterval = Duration.ofSeconds(20);
        private Duration silenceTimeout = Duration.ofSeconds(45);
        private Duration closeTimeout = Duration.ofSeconds(5);
        private Duration authenticationTimeout = Duration.ofSeconds(10);
        private Duration ticketLifetime = Duration.ofSeconds(30);
        private int maxTicketsPerWebId = 8;
        private int maxTickets = 10_000;
        private long maxTunnelMessageBytes = 16 * MIB;
        private long maxRequestBodyBytes = 20 * MIB;
        private int maxTargetBytes = 8 * 1024;
        private Duration exchangeTimeout = Duration.ofSeconds(30);
        private int minRequestBodyRate = 240;
        private int maxExchangesPerTunnel = 256;
        private int streamWindowBytes = 64 * 1024;
        private int maxStreamWindowBytes = 8 * 1024 * 1024;
        private long maxWindowGrowthBytes = 32 * MIB;
        private Duration streamWait = Duration.ofSeconds(2);
        private Duration streamIdleTimeout = Duration.ofSeconds(60);
        private Duration leaveTimeout = Duration.ofSeconds(10);
        private int maxNamesPerConnection = 16;
        private int maxNamesPerWebId = 64;
        private int maxNames = 10_000;
        private Duration nameLease = Duration.ofMinutes(2);
        private Duration nameQuarantine = Duration.ofDays(30);
        private long maxBufferedBytes = 64 * MIB;
        private long maxBufferedBytesPerWebId;
        private int maxRoomsPerConnection = 50;
        private int maxMembersPerRoom = 15_000;
        private int maxOffersPerAnnounce = 10;
        private RateLimits rates = RateLimits.defaults();
        private VisitLimits visits = VisitLimits.defaults();

        private Builder() {}

        /**
         * How many WebSocket connections, signaling and tunnel control together, may be open at once; one more is
         * answered 503. Default 15,000.
         *
         * @param maxConnections the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxConnections(int maxConnections) {
            this.maxConnections = (int) positive("maxConnections", maxConnections);
            return this;
        }

        /**
         * How many bytes a signaling message may have. A larger one is discarded and answered with an error; the
         * connection stays. Default 64 KiB.
         *
         * @param maxSignalingMessageBytes the limit, more than zero, at most 1 GiB
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxSignalingMessageBytes(long maxSignalingMessageBytes) {
            if (maxSignalingMessageBytes > Integer.MAX_VALUE / 2) {
                throw new IllegalArgumentException(
                        "maxSignalingMessageBytes: " + maxSignalingMessageBytes + " (expected: at most 1 GiB)");
            }
            this.maxSignalingMessageBytes = positive("maxSignalingMessageBytes", maxSignalingMessageBytes);
            return this;
        }

        /**
         * How many bytes may wait for a signaling peer that reads slowly. Beyond it the peer is closed with 1013.
         * Default 256 KiB.
         *
         * @param maxSendQueueBytes the limit, more than zero, at most 1 GiB
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxSendQueueBytes(long maxSendQueueBytes) {
            if (maxSendQueueBytes > Integer.MAX_VALUE / 2) {
                throw new IllegalArgumentException(
                        "maxSendQueueBytes: " + maxSendQueueBytes + " (expected: at most 1 GiB)");
            }
            this.maxSendQueueBytes = positive("maxSendQueueBytes", maxSendQueueBytes);
            return this;
        }

        /**
         * How long one send may take, plus a second for each 100 kB. After it the connection is ended. Default 10
         * seconds.
         *
         * @param sendTimeout the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder sendTimeout(Duration sendTimeout) {
            this.sendTimeout = positive("sendTimeout", sendTimeout);
            return this;
        }

        /**
         * How often a connection is pinged. Default 20 seconds.
         *
         * @param pingInterval the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder pingInterval(Duration pingInterval) {
            this.pingInterval = positive("pingInterval", pingInterval);
            return this;
        }

        /**
         * How long a connection may be silent before it is ended. Default 45 seconds.
         *
         * @param silenceTimeout the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder silenceTimeout(Duration silenceTimeout) {
            this.silenceTimeout = positive("silenceTimeout", silenceTimeout);
            return this;
        }

        /**
         * How long a peer has to answer a close frame before its socket is ended. Default 5 seconds.
         *
         * @param closeTimeout the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder closeTimeout(Duration closeTimeout) {
            this.closeTimeout = positive("closeTimeout", closeTimeout);
            return this;
        }

        /**
         * How long the auth provider, and the access policy after it, may take for one decision. Default 10 seconds.
         *
         * @param authenticationTimeout the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder authenticationTimeout(Duration authenticationTimeout) {
            this.authenticationTimeout = positive("authenticationTimeout", authenticationTimeout);
            return this;
        }

        /**
         * How long a ticket can be used; at most a minute. Default 30 seconds.
         *
         * @param ticketLifetime the limit, more than zero, at most one minute
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder ticketLifetime(Duration ticketLifetime) {
            if (ticketLifetime.compareTo(Duration.ofMinutes(1)) > 0) {
                throw new IllegalArgumentException("ticketLifetime: " + ticketLifetime + " (expected: at most PT1M)");
            }
            this.ticketLifetime = positive("ticketLifetime", ticketLifetime);
            return this;
        }

        /**
         * How many unused tickets an agent may hold; the oldest gives way to a new one. Default 8.
         *
         * @param maxTicketsPerWebId the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxTicketsPerWebId(int maxTicketsPerWebId) {
            this.maxTicketsPerWebId = (int) positive("maxTicketsPerWebId", maxTicketsPerWebId);
            return this;
        }

        /**
         * How many unused tickets there may be; one more is refused. Default 10,000.
         *
         * @param maxTickets the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxTickets(int maxTickets) {
            this.maxTickets = (int) positive("maxTickets", maxTickets);
            return this;
        }

        /**
         * How many bytes a message of a tunnel client may have. A larger response is answered 502 to its visitor; the
         * connection stays. Default 16 MiB.
         *
         * @param maxTunnelMessageBytes the limit, more than zero, at most 1 GiB
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxTunnelMessageBytes(long maxTunnelMessageBytes) {
            if (maxTunnelMessageBytes > Integer.MAX_VALUE / 2) {
                throw new IllegalArgumentException(
                        "maxTunnelMessageBytes: " + maxTunnelMessageBytes + " (expected: at most 1 GiB)");
            }
            this.maxTunnelMessageBytes = positive("maxTunnelMessageBytes", maxTunnelMessageBytes);
            return this;
        }

        /**
         * How many bytes of body a visitor may send through a version 1 tunnel. A larger one is answered 413. Default
         * 20 MiB.
         *
         * @param maxRequestBodyBytes the limit, more than zero, at most 1 GiB
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxRequestBodyBytes(long maxRequestBodyBytes) {
            if (maxRequestBodyBytes > Integer.MAX_VALUE / 2) {
                throw new IllegalArgumentException(
                        "maxRequestBodyBytes: " + maxRequestBodyBytes + " (expected: at most 1 GiB)");
            }
            this.maxRequestBodyBytes = positive("maxRequestBodyBytes", maxRequestBodyBytes);
            return this;
        }

        /**
         * How long a request target may be. A longer one is answered 414. Default 8 KiB.
         *
         * @param maxTargetBytes the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxTargetBytes(int maxTargetBytes) {
            this.maxTargetBytes = (int) positive("maxTargetBytes", maxTargetBytes);
            return this;
        }

        /**
         * How long a tunnel client may take to answer a request before the visitor gets 504. Default 30 seconds.
         *
         * @param exchangeTimeout the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder exchangeTimeout(Duration exchangeTimeout) {
            this.exchangeTimeout = positive("exchangeTimeout", exchangeTimeout);
            return this;
        }

        /**
         * How many bytes a visitor has to send in each second while the content of its request is waited for and no
         * response has begun; slower ones are answered 408. A visitor may lag behind by 10 seconds, and so pause as
         * long. Time in which the tunnel client takes nothing isn't the visitor's. WebSockets are held to nothing.
         * Default 240.
         *
         * @param minRequestBodyRate bytes per second, not negative; 0 if any will do
         * @return this builder
         * @throws IllegalArgumentException if it is negative
         */
        public Builder minRequestBodyRate(int minRequestBodyRate) {
            if (minRequestBodyRate < 0) {
                throw new IllegalArgumentException("minRequestBodyRate: " + minRequestBodyRate + " (expected: >= 0)");
            }
            this.minRequestBodyRate = minRequestBodyRate;
            return this;
        }

        /**
         * How many requests may wait for one tunnel connection. One more is answered 503. Default 256.
         *
         * @param maxExchangesPerTunnel the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxExchangesPerTunnel(int maxExchangesPerTunnel) {
            this.maxExchangesPerTunnel = (int) positive("maxExchangesPerTunnel", maxExchangesPerTunnel);
            return this;
        }

        /**
         * Sets the initial window of a stream; see {@link Limits#streamWindowBytes}. Small requests wait behind what
         * the windows of large responses let queue on the way, so a larger one makes a busy tunnel less responsive.
         *
         * @param streamWindowBytes bytes, 16 KiB to 1 GiB
         * @return this builder
         */
        public Builder streamWindowBytes(int streamWindowBytes) {
            this.streamWindowBytes = window("streamWindowBytes", streamWindowBytes);
            return this;
        }

        /**
         * Sets how far a window may grow; see {@link Limits#maxStreamWindowBytes}.
         *
         * @param maxStreamWindowBytes bytes, 16 KiB to 1 GiB
         * @return this builder
         */
        public Builder maxStreamWindowBytes(int maxStreamWindowBytes) {
            this.maxStreamWindowBytes = window("maxStreamWindowBytes", maxStreamWindowBytes);
            return this;
        }

        /**
         * Sets how far all windows of a connection may grow; see {@link Limits#maxWindowGrowthBytes}.
         *
         * @param maxWindowGrowthBytes bytes
         * @return this builder
         */
        public Builder maxWindowGrowthBytes(long maxWindowGrowthBytes) {
            this.maxWindowGrowthBytes = positive("maxWindowGrowthBytes", maxWindowGrowthBytes);
            return this;
        }

        /**
         * Sets how long a request waits for a stream; see {@link Limits#streamWait}.
         *
         * @param streamWait the time
         * @return this builder
         */
        public Builder streamWait(Duration streamWait) {
            this.streamWait = positive("streamWait", streamWait);
            return this;
        }

        /**
         * Sets how long a response may make no progress; see {@link Limits#streamIdleTimeout}.
         *
         * @param streamIdleTimeout the time
         * @return this builder
         */
        public Builder streamIdleTimeout(Duration streamIdleTimeout) {
            this.streamIdleTimeout = positive("streamIdleTimeout", streamIdleTimeout);
            return this;
        }

        /**
         * Sets how long a replaced connection has to finish; see {@link Limits#leaveTimeout}.
         *
         * @param leaveTimeout the time
         * @return this builder
         */
        public Builder leaveTimeout(Duration leaveTimeout) {
            this.leaveTimeout = positive("leaveTimeout", leaveTimeout);
            return this;
        }

        /**
         * How many names a tunnel connection may hold. Default 16.
         *
         * @param maxNamesPerConnection the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxNamesPerConnection(int maxNamesPerConnection) {
            this.maxNamesPerConnection = (int) positive("maxNamesPerConnection", maxNamesPerConnection);
            return this;
        }

        /**
         * How many names an agent may hold, leased ones included. Default 64.
         *
         * @param maxNamesPerWebId the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxNamesPerWebId(int maxNamesPerWebId) {
            this.maxNamesPerWebId = (int) positive("maxNamesPerWebId", maxNamesPerWebId);
            return this;
        }

        /**
         * How many names may be held by all agents. Default 10,000.
         *
         * @param maxNames the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxNames(int maxNames) {
            this.maxNames = (int) positive("maxNames", maxNames);
            return this;
        }

        /**
         * How long the names of a tunnel connection that has closed are kept for their agent; zero frees them at once.
         * Default 2 minutes.
         *
         * @param nameLease the limit, zero or more
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder nameLease(Duration nameLease) {
            this.nameLease = notNegative("nameLease", nameLease);
            return this;
        }

        /**
         * How long nobody else gets a name that an agent has given up, or whose lease is over; zero frees it for all at
         * once. Default 30 days, or until the server starts anew.
         *
         * @param nameQuarantine the limit, zero to 3,650 days
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder nameQuarantine(Duration nameQuarantine) {
            if (nameQuarantine.compareTo(Duration.ofDays(3_650)) > 0) {
                throw new IllegalArgumentException(
                        "nameQuarantine: " + nameQuarantine + " (expected: at most 3,650 days)");
            }
            this.nameQuarantine = notNegative("nameQuarantine", nameQuarantine);
            return this;
        }

        /**
         * How many bytes of tunnel messages and bodies may be held in memory by all tunnels together. Beyond it
         * requests are answered 503. Default 64 MiB.
         *
         * @param maxBufferedBytes the limit, more than zero, at most 1 GiB
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxBufferedBytes(long maxBufferedBytes) {
            if (maxBufferedBytes > Integer.MAX_VALUE / 2) {
                throw new IllegalArgumentException(
                        "maxBufferedBytes: " + maxBufferedBytes + " (expected: at most 1 GiB)");
            }
            this.maxBufferedBytes = positive("maxBufferedBytes", maxBufferedBytes);
            return this;
        }

        /**
         * How many of those bytes the tunnels of one WebID may hold, over all its connections. Default half of
         * {@link #maxBufferedBytes}. Less than {@link #maxTunnelMessageBytes} keeps clients of version 1 from sending
         * messages as large as that.
         *
         * @param maxBufferedBytesPerWebId the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxBufferedBytesPerWebId(long maxBufferedBytesPerWebId) {
            this.maxBufferedBytesPerWebId = positive("maxBufferedBytesPerWebId", maxBufferedBytesPerWebId);
            return this;
        }

        /**
         * How many rooms a signaling connection may be in, those of the tracker dialect included, where each peer id of
         * a connection counts. One more is refused. Default 50.
         *
         * @param maxRoomsPerConnection the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxRoomsPerConnection(int maxRoomsPerConnection) {
            this.maxRoomsPerConnection = (int) positive("maxRoomsPerConnection", maxRoomsPerConnection);
            return this;
        }

        /**
         * How many peers may be in a room. One more is refused. Default 15,000, as many as there may be connections.
         *
         * @param maxMembersPerRoom the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxMembersPerRoom(int maxMembersPerRoom) {
            this.maxMembersPerRoom = (int) positive("maxMembersPerRoom", maxMembersPerRoom);
            return this;
        }

        /**
         * How many offers of one announce are handed on. What follows them is ignored. Default 10.
         *
         * @param maxOffersPerAnnounce the limit, more than zero
         * @return this builder
         * @throws IllegalArgumentException if it is out of range
         */
        public Builder maxOffersPerAnnounce(int maxOffersPerAnnounce) {
            this.maxOffersPerAnnounce = (int) positive("maxOffersPerAnnounce", maxOffersPerAnnounce);
            return this;
        }

        /**
         * How often peers may do what costs others something. Default {@link RateLimits#defaults()}.
         *
         * @param rates the rates
         * @return this builder
         */
        public Builder rates(RateLimits rates) {
            this.rates = requireNonNull(rates, "rates");
            return this;
        }

        /**
         * How much visitors of tunnels may have at once, and what may be shared with them. Default
         * {@link VisitLimits#defaults()}.
         *
         * @param visits the limits
         * @return this builder
         */
        public Builder visits(VisitLimits visits) {
            this.visits = requireNonNull(visits, "visits");
            return this;
        }

        /**
         * Returns the limits.
         *
         * @return the limits
         * @throws IllegalStateException if a connection would count as silent before it is pinged
         */
        public Limits build() {
            if (pingInterval.compareTo(silenceTimeout) >= 0) {
                throw new IllegalStateException("pingInterval " + pingInterval + " must be shorter than silenceTimeout "
                        + silenceTimeout + ", or healthy connections are ended");
            }
            if (maxStreamWindowBytes < streamWindowBytes) {
                throw new IllegalStateException("maxStreamWindowBytes " + maxStreamWindowBytes
                        + " must not be less than streamWindowBytes " + streamWindowBytes);
            }
            return new Limits(this);
        }

        private static int window(String name, int value) {
            if (value < 16 * KIB || value > 1024 * MIB) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: 16 KiB to 1 GiB)");
            }
            return value;
        }

        private static long positive(String name, long value) {
            if (value <= 0) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
            }
            return value;
        }

        private static Duration positive(String name, Duration value) {
            if (notNegative(name, value).isZero()) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
            }
            return value;
        }

        private static Duration notNegative(String name, Duration value) {
            if (requireNonNull(value, name).isNegative()) {
                throw new IllegalArgumentException(name + ": " + value + " (expected: >= 0)");
            }
            return value;
        }
    }
}
