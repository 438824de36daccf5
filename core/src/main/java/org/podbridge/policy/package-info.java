/**
 * Who may do what. The host chooses an {@link org.podbridge.policy.AccessPolicy}; there is no default, since the open
 * form shows every connected agent to every other.
 */
@NullMarked
package org.podbridge.policy;

import org.jspecify.annotations.NullMarked;
