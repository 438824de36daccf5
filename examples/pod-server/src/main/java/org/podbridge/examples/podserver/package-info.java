/** A small pod server on Jetty: static files, WebID profile documents, and Podbridge in front of them. */
@NullMarked
package org.podbridge.examples.podserver;

import org.jspecify.annotations.NullMarked;
