/**
 * WebRTC signaling: introduces agents to each other and relays what they say until they are connected directly. Never
 * looks into session descriptions or candidates.
 */
@NullMarked
package org.podbridge.signaling;

import org.jspecify.annotations.NullMarked;
