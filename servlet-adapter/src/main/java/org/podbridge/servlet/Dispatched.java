package org.podbridge.servlet;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;

/**
 * What the filter does with a request that comes back to it by a dispatch of its own, since some things can be done
 * only within a call of the container.
 */
@FunctionalInterface
interface Dispatched {

    /** The attribute of the request that has it. */
    String ATTRIBUTE = "org.podbridge.servlet.dispatched";

    void run(HttpServletRequest request, HttpServletResponse response) throws IOException, ServletException;
}
