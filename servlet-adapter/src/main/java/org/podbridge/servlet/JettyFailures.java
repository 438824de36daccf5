package org.podbridge.servlet;

import jakarta.servlet.ServletRequest;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears from Jetty's own request that a visitor is gone. Jetty tells its asynchronous listeners, too, but only while
 * the exchange rests: a reset that comes while a listener of a stream runs is told to nobody, and never again.
 */
final class JettyFailures {

    private static final Logger logger = LoggerFactory.getLogger(JettyFailures.class);

    /** By the class of Jetty's servlet request, of which there is one for each version of the standard. */
    private static final ClassValue<Optional<MethodHandle>> ADD_LISTENER = new ClassValue<>() {
        @Override
        protected Optional<MethodHandle> computeValue(Class<?> type) {
            return find(type);
        }
    };

    private JettyFailures() {}

    /**
     * Listens, if it is Jetty's request.
     *
     * @param request the request, as filters may have wrapped it
     * @param listener hears of the failure, unless who reads or writes does; on any thread
     */
    static void listen(ServletRequest request, Consumer<Throwable> listener) {
        if (Container.of(request) != Container.JETTY) {
            return;
        }
        ServletRequest own = Container.unwrap(request);
        ADD_LISTENER.get(own.getClass()).ifPresent(addListener -> {
            try {
                addListener.invokeExact(own, listener);
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException("Jetty's request can't be listened to", e);
            }
        });
    }

    private static Optional<MethodHandle> find(Class<?> type) {
        try {
            Method coreRequest = type.getMethod("getRequest");
            Method addFailureListener = coreRequest.getReturnType().getMethod("addFailureListener", Consumer.class);
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle add = MethodHandles.filterArguments(
                    lookup.unreflect(addFailureListener), 0, lookup.unreflect(coreRequest));
            return Optional.of(add.asType(MethodType.methodType(void.class, ServletRequest.class, Consumer.class)));
        } catch (ReflectiveOperationException e) {
            logger.warn("This version of Jetty isn't known; visitors who leave may be noticed late", e);
            return Optional.empty();
        }
    }
}
