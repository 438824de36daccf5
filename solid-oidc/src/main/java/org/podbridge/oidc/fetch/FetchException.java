package org.podbridge.oidc.fetch;

import static java.util.Objects.requireNonNull;

/** Why a document was not read. Its message holds nothing of the document or its address. */
public final class FetchException extends Exception {

    private static final long serialVersionUID = 1L;

    /** What kind of reason. */
    public enum Reason {
        /** Too much is being fetched; this says nothing of the document. */
        LIMITED,
        /** The address is not one to be asked. */
        BLOCKED,
        /** Nobody answered, not in time, or not with a document. */
        FAILED,
        /** The document is larger than it may be, or not text. */
        UNREADABLE
    }

    /** What kind of reason. */
    private final Reason reason;

    /**
     * Makes one.
     *
     * @param reason what kind of reason
     * @param message the reason, for the log
     */
    public FetchException(Reason reason, String message) {
        super(message, null, false, false);
        this.reason = requireNonNull(reason, "reason");
    }

    /**
     * Returns what kind of reason it is.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }
}
