package org.podbridge.tunnel.client;

/** One visitor's request, at its beginning. No text in it holds control characters. Immutable. */
public final class StartedRequest {

    private final long id;
    private final String method;
    private final String path;

    StartedRequest(long id, String method, String target) {
        this.id = id;
        this.method = PrintableText.of(method);
        int query = target.indexOf('?');
        this.path = PrintableText.of(query < 0 ? target : target.substring(0, query));
    }

    /**
     * Returns what tells this request from the client's others.
     *
     * @return a number that rises by one with every request
     */
    public long id() {
        return id;
    }

    /**
     * Returns the method.
     *
     * @return the method, such as {@code GET}
     */
    public String method() {
        return method;
    }

    /**
     * Returns the path without its query, which may hold secrets.
     *
     * @return the path behind the tunnel's prefix
     */
    public String path() {
        return path;
    }

    @Override
    public String toString() {
        return method + " " + path;
    }
}
