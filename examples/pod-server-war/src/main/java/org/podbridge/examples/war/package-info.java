/** The pod server as a web archive, for a Tomcat that is there. */
@NullMarked
package org.podbridge.examples.war;

import org.jspecify.annotations.NullMarked;
