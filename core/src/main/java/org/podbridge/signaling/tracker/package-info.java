/**
 * The messages of the tracker dialect, which is the protocol of WebTorrent trackers: peers meet under the hash of a
 * torrent and choose their own ids.
 */
@NullMarked
package org.podbridge.signaling.tracker;

import org.jspecify.annotations.NullMarked;
