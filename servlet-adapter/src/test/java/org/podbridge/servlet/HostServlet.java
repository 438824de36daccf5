package org.podbridge.servlet;

import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.podbridge.Router;

/** The host's own servlet: answers everything with what it gets. */
public final class HostServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    /** Creates the servlet. */
    public HostServlet() {}

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("x-host", "yes");
        request.getInputStream().transferTo(response.getOutputStream());
    }

    /**
     * Returns a web app of this servlet with the filter before it.
     *
     * @param router what the filter asks
     * @return what sets the web app up
     */
    public static ServletContainerInitializer behind(Router router) {
        return (classes, context) -> {
            PodbridgeFilter.register(context, router);
            ServletRegistration.Dynamic servlet = context.addServlet("host", new HostServlet());
            servlet.setAsyncSupported(true);
            servlet.addMapping("/*");
        };
    }
}
