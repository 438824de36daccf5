@NullMarked
package org.podbridge.oidc.fetch;

import org.jspecify.annotations.NullMarked;
