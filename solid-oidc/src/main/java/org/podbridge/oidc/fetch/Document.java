package org.podbridge.oidc.fetch;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/**
 * A document as it was read.
 *
 * @param uri where it was in the end
 * @param mediaType its type, in lower case and without parameters; empty if it has none
 * @param text its content
 * @param maxAge for how long it says that it holds
 */
public record Document(URI uri, String mediaType, String text, Optional<Duration> maxAge) {

    @Override
    public String toString() {
        return "a document of type " + mediaType;
    }
}
