/** What a pod server is made of in any servlet container: WebID profile documents, a page for calls, and Podbridge. */
@NullMarked
package org.podbridge.examples.webapp;

import org.jspecify.annotations.NullMarked;
