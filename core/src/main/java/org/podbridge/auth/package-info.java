/**
 * Who somebody is. A host implements {@link org.podbridge.auth.AuthProvider}; one-time tickets, which let every
 * provider work in browsers, are core's own.
 */
@NullMarked
package org.podbridge.auth;

import org.jspecify.annotations.NullMarked;
