package org.podbridge.limits;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Counts what each address has at the moment, all of an IPv4 address or the first 64 bits of an IPv6 one. What has
 * nothing takes no room. Thread-safe.
 */
public final class AddressCounter {

    private final int max;
    private final boolean exemptLoopback;
    private final ConcurrentHashMap<AddressPrefix, Integer> counts = new ConcurrentHashMap<>();

    /**
     * Makes one.
     *
     * @param max how many each address may have
     * @param exemptLoopback whether addresses of the machine itself are not counted
     */
    public AddressCounter(int max, boolean exemptLoopback) {
        this.max = max;
        this.exemptLoopback = exemptLoopback;
    }

    /**
     * Counts one more.
     *
     * @param address whose it is, or null if that isn't known; then it isn't counted
     * @return what is to be run once when it is over, or null if the address has too many
     */
    public @Nullable Runnable tryAdd(@Nullable InetAddress address) {
        if (address == null || (exemptLoopback && address.isLoopbackAddress())) {
            return () -> {};
        }
        AddressPrefix prefix = AddressPrefix.of(address);
        boolean[] added = new boolean[1];
        counts.compute(prefix, (key, count) -> {
            int before = count == null ? 0 : count;
            added[0] = before < max;
            return added[0] ? before + 1 : count;
        });
        return added[0] ? () -> remove(prefix) : null;
    }

    private void remove(AddressPrefix prefix) {
        counts.computeIfPresent(prefix, (key, count) -> count == 1 ? null : count - 1);
    }

    /**
     * Returns how many addresses have something.
     *
     * @return the number
     */
    public int size() {
        return counts.size();
    }
}
