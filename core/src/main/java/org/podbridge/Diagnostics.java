package org.podbridge;

/**
 * What a Podbridge holds at one moment.
 *
 * @param connections WebSockets open
 * @param agentsOnline agents that are online in signaling
 * @param rooms rooms in which somebody is
 * @param roomMembers peers in rooms, each counted once for each of its rooms
 * @param tunnelNames tunnel names registered, or kept for their agent
 * @param quarantinedNames tunnel names that were given up, and that only their former owners get
 * @param exchangesInFlight visitors that wait for an answer or are being answered
 * @param bufferedBytes bytes of tunnel messages and bodies in memory
 * @param unusedTickets tickets minted and not used
 * @param shareLinks links to tunnels that haven't ended
 * @param openInterstitials visitors who were asked before a tunnel's pages and can still answer
 */
public record Diagnostics(
        int connections,
        int agentsOnline,
        int rooms,
        int roomMembers,
        int tunnelNames,
        int quarantinedNames,
        int exchangesInFlight,
        long bufferedBytes,
        int unusedTickets,
        int shareLinks,
        int openInterstitials) {}
