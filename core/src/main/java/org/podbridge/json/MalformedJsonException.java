package org.podbridge.json;

/** A message isn't the JSON that was expected. Carries no part of the message. */
public final class MalformedJsonException extends Exception {

    private static final long serialVersionUID = 1L;

    /**
     * Makes one.
     *
     * @param message what is wrong
     */
    public MalformedJsonException(String message) {
        super(message, null, false, false); // ordinary with hostile peers, so no stack trace
    }
}
