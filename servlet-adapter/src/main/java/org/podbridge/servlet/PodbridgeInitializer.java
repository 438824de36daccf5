package org.podbridge.servlet;

import jakarta.servlet.ServletContainerInitializer;
import jakarta.servlet.ServletContext;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.podbridge.Podbridge;

/**
 * Registers the filter where the web app has a {@link Podbridge} in its attribute {@value #ATTRIBUTE} by the time that
 * the container runs its initializers, and does nothing elsewhere. Containers find it by themselves, apart from
 * embedded ones, where {@link PodbridgeFilter#register} is as short.
 */
public final class PodbridgeInitializer implements ServletContainerInitializer {

    /** The attribute of the servlet context, named like the class that it holds. */
    public static final String ATTRIBUTE = "org.podbridge.Podbridge";

    /** Creates the initializer, as containers do. */
    public PodbridgeInitializer() {}

    @Override
    public void onStartup(@Nullable Set<Class<?>> classes, ServletContext context) {
        if (context.getAttribute(ATTRIBUTE) instanceof Podbridge podbridge) {
            PodbridgeFilter.register(context, podbridge);
        }
    }
}
