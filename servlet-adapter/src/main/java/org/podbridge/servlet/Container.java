package org.podbridge.servlet;

import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletRequestWrapper;
import java.lang.reflect.InvocationTargetException;
import org.jspecify.annotations.Nullable;

/** The containers that differ where the standard is silent, told apart by the classes of their requests. */
enum Container {
    /** Tomcat and what is made of it. */
    TOMCAT("org.apache.catalina."),
    /** Jetty. */
    JETTY("org.eclipse.jetty."),
    /** Undertow and what is made of it. */
    UNDERTOW("io.undertow."),
    /** Any other, of which nothing is known. */
    OTHER("");

    private final String classPrefix;

    Container(String classPrefix) {
        this.classPrefix = classPrefix;
    }

    static Container of(ServletRequest request) {
        String name = unwrap(request).getClass().getName();
        for (Container container : values()) {
            if (name.startsWith(container.classPrefix)) {
                return container;
            }
        }
        return OTHER;
    }

    /** Returns the container's own request from under what filters have put around it. */
    static ServletRequest unwrap(ServletRequest request) {
        ServletRequest inner = request;
        while (inner instanceof ServletRequestWrapper wrapper) {
            inner = wrapper.getRequest();
        }
        return inner;
    }

    /** Calls a public method of a container's own, which the standard doesn't have. */
    static @Nullable Object invoke(Object target, String method) throws ReflectiveOperationException {
        try {
            return target.getClass().getMethod(method).invoke(target);
        } catch (InvocationTargetException e) {
            throw new ReflectiveOperationException(e.getCause());
        }
    }
}
