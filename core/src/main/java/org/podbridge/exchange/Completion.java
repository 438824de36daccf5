package org.podbridge.exchange;

/**
 * What is told when an asynchronous write has ended: exactly one of the two methods, exactly once, on any thread,
 * possibly before the write call returns. Implementations must not block.
 */
public interface Completion {

    /** A completion that does nothing. */
    Completion NONE = new Completion() {
        @Override
        public void succeeded() {
            // Nobody waits.
        }

        @Override
        public void failed(Throwable cause) {
            // Nobody waits.
        }
    };

    /** The bytes were handed on, and their buffer may be used again. */
    void succeeded();

    /**
     * The bytes were not, or not all, handed on; the other side is gone or going.
     *
     * @param cause why
     */
    void failed(Throwable cause);
}
