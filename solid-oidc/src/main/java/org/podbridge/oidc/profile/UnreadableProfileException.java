package org.podbridge.oidc.profile;

/** A document isn't one of a known type, or not whole. Its message holds nothing of the document. */
public final class UnreadableProfileException extends Exception {

    private static final long serialVersionUID = 1L;

    UnreadableProfileException(String message) {
        super(message, null, false, false);
    }
}
