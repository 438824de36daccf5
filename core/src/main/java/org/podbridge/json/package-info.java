/**
 * Bounded reading and writing of JSON messages over jackson-core, without a tree: a message is indexed once, and what
 * is passed on is copied as the bytes in which it came.
 */
@NullMarked
package org.podbridge.json;

import org.jspecify.annotations.NullMarked;
