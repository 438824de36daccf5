package org.podbridge.oidc;

/** The two signed things that come with a request, and how faults of each are worded. */
enum SignedPart {
    TOKEN("The access token "),
    PROOF("The DPoP proof ");

    private final String subject;

    SignedPart(String subject) {
        this.subject = subject;
    }

    /** Makes the refusal that says something of this part, such as "is malformed". */
    RefusedException refused(String predicate) {
        String message = subject + predicate;
        return this == TOKEN ? RefusedException.token(message) : RefusedException.proof(message);
    }
}
