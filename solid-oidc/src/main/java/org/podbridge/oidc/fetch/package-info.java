/** Reads documents that strangers name, without reaching what only this machine may reach. */
@NullMarked
package org.podbridge.oidc.fetch;

import org.jspecify.annotations.NullMarked;
