@NullMarked
package org.podbridge.oidc.profile;

import org.jspecify.annotations.NullMarked;
