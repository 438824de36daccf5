/**
 * Joins Podbridge to a container of Jakarta Servlet 6.0 and Jakarta WebSocket 2.1 or newer: a filter that serves
 * Podbridge's routes and passes every other request on.
 */
@NullMarked
package org.podbridge.servlet;

import org.jspecify.annotations.NullMarked;
