/** Reads from WebID documents who may issue tokens for the WebID. */
@NullMarked
package org.podbridge.oidc.profile;

import org.jspecify.annotations.NullMarked;
