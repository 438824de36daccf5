package org.podbridge.examples.webapp;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;

/** Confines the page with which agents call each other. Thread-safe. */
final class CallPageFilter extends HttpFilter {

    private static final long serialVersionUID = 1L;

    private final transient Map<String, String> fields;

    CallPageFilter(Map<String, String> fields) {
        this.fields = fields;
    }

    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        fields.forEach(response::setHeader);
        chain.doFilter(request, response);
    }
}
