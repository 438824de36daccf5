package org.podbridge.connection;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a listener as it was promised to be called, for adapters to containers that tell of messages serially and of
 * the end on any thread, maybe in the middle of a message: the end that comes during a call is told behind it, by that
 * call's thread, and nothing is told after it. Thread-safe.
 */
public final class ListenerCalls {

    private static final Logger logger = LoggerFactory.getLogger(ListenerCalls.class);

    private final ConnectionListener listener;
    private final Runnable onFault;
    private final ReentrantLock lock = new ReentrantLock();
    // All below guarded by lock.
    private boolean opened;
    private boolean calling;
    private boolean ended;
    private boolean told;
    private CloseStatus status = CloseStatus.abnormal();

    /**
     * Makes one.
     *
     * @param listener what to call
     * @param onFault what to do when the listener throws; closes the connection
     */
    public ListenerCalls(ConnectionListener listener, Runnable onFault) {
        this.listener = requireNonNull(listener, "listener");
        this.onFault = requireNonNull(onFault, "onFault");
    }

    /**
     * Tells that the connection is open. To be called before any other method but {@link #end}.
     *
     * @param connection the outgoing half
     */
    public void open(Connection connection) {
        lock.lock();
        try {
            opened = true;
            calling = true;
        } finally {
            lock.unlock();
        }
        run(() -> listener.onOpen(connection));
    }

    /**
     * Makes a call, unless the connection is over. Only one thread at a time may come here: that of the messages.
     *
     * @param call the call
     */
    public void call(Runnable call) {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            calling = true;
        } finally {
            lock.unlock();
        }
        run(call);
    }

    private void run(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            logger.warn("A listener of a WebSocket failed", e);
            onFault.run();
        }
        boolean now;
        lock.lock();
        try {
            calling = false;
            now = isToBeTold();
        } finally {
            lock.unlock();
        }
        if (now) {
            tell();
        }
    }

    /**
     * Tells that the connection is over, now or behind the call under way. Only the first call counts.
     *
     * @param how what the peer said, or 1006
     */
    public void end(CloseStatus how) {
        boolean now;
        lock.lock();
        try {
            if (!ended) {
                ended = true;
                status = how;
            }
            now = isToBeTold();
        } finally {
            lock.unlock();
        }
        if (now) {
            tell();
        }
    }

    private boolean isToBeTold() {
        if (!ended || !opened || calling || told) {
            return false;
        }
        told = true;
        return true;
    }

    private void tell() {
        CloseStatus how;
        lock.lock();
        try {
            how = status;
        } finally {
            lock.unlock();
        }
        try {
            listener.onClosed(how);
        } catch (RuntimeException e) {
            logger.warn("A listener of a WebSocket failed", e);
        }
    }
}
