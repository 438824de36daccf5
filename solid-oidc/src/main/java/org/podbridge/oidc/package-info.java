/**
 * An {@link org.podbridge.auth.AuthProvider} for Solid-OIDC: a WebID is proved by an access token of an issuer that the
 * WebID's document names, and by a DPoP proof that the sender holds the token's key.
 */
@NullMarked
package org.podbridge.oidc;

import org.jspecify.annotations.NullMarked;
