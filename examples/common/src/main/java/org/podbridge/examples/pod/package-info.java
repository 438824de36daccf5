/** What an example pod server has whatever its container: options, agents and their profile documents. */
@NullMarked
package org.podbridge.examples.pod;

import org.jspecify.annotations.NullMarked;
