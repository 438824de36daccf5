/** Tests with real browsers, and with real proxies in front: what a hostile service can do to a pod's visitors. */
@NullMarked
package org.podbridge.it.browser;

import org.jspecify.annotations.NullMarked;
