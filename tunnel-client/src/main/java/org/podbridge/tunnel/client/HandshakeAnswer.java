package org.podbridge.tunnel.client;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.websocket.core.client.UpgradeListener;
import org.jspecify.annotations.Nullable;
import org.podbridge.tunnel.v2.StreamResponse;

/** What the local service answers to a WebSocket's handshake: a head, and the beginning of a refusal's content. */
final class HandshakeAnswer implements UpgradeListener {

    /** More than the relay passes on. */
    private static final int MAX_BYTES = 64 * 1024;

    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private volatile @Nullable StreamResponse head;

    @Override
    public void onHandshakeRequest(Request request) {
        request.onResponseContent((response, more) -> onContent(more));
    }

    @Override
    public void onHandshakeResponse(Request request, Response response) {
        head = new StreamResponse(response.getStatus(), ForwardedFields.ofResponse(response.getHeaders()));
    }

    private void onContent(ByteBuffer more) {
        byte[] bytes = new byte[Math.min(more.remaining(), MAX_BYTES - content.size())];
        more.get(bytes);
        content.writeBytes(bytes);
    }

    @Nullable StreamResponse head() {
        return head;
    }

    ByteBuffer content() {
        return ByteBuffer.wrap(content.toByteArray());
    }
}
