@NullMarked
package org.podbridge.oidc;

import org.jspecify.annotations.NullMarked;
