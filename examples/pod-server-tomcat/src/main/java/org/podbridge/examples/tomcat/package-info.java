/** A small pod server on embedded Tomcat: static files, WebID profile documents, and Podbridge in front of them. */
@NullMarked
package org.podbridge.examples.tomcat;

import org.jspecify.annotations.NullMarked;
