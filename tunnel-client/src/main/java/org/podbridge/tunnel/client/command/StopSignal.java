package org.podbridge.tunnel.client.command;

/** How the user ends the command. */
@FunctionalInterface
interface StopSignal {

    /**
     * Waits for the signal beside the command's work.
     *
     * @param stop ends the work
     * @return to be closed when the work has ended, for whatever reason
     */
    Registration onStop(Runnable stop);

    /** Somebody who waits for the signal. */
    @FunctionalInterface
    interface Registration extends AutoCloseable {
        @Override
        void close();
    }
}
