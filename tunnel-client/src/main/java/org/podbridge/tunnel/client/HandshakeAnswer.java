package org.podbridge.tunnel.client;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.websocket.core.client.UpgradeListener;
import org.jspecify.annotations.Nullable;
import org.podbridge.tunnel.v2.StreamResponse;

/**
 * What the local service answers to a WebSocket's handshake: a head and, if it is a refusal, its content. One that goes
 * on beyond what the relay passes on is broken off.
 */
final class HandshakeAnswer implements UpgradeListener {

    /** What the relay passes on. */
    private static final int MAX_BYTES = 64 * 1024;

    private final ByteArrayOutputStream content = new ByteArrayOutputStream();
    private volatile @Nullable StreamResponse head;
    private volatile boolean whole;

    @Override
    public void onHandshakeRequest(Request request) {
        request.onResponseContent(this::onContent);
        request.onResponseSuccess(response -> whole = true);
    }

    @Override
    public void onHandshakeResponse(Request request, Response response) {
        head = new StreamResponse(response.getStatus(), ForwardedFields.ofResponse(response.getHeaders()));
    }

    private void onContent(Response response, ByteBuffer more) {
        if (content.size() + more.remaining() > MAX_BYTES) {
            CompletableFuture<Boolean> unused = response.abort(ForwardingFailure.tooLarge(MAX_BYTES));
            return;
        }
        byte[] bytes = new byte[more.remaining()];
        more.get(bytes);
        content.writeBytes(bytes);
    }

    /** Tells whether the service has refused the WebSocket, in an answer that has come to its end. */
    boolean isRefusal() {
        StreamResponse answered = head;
        return whole && answered != null && answered.status() != StreamResponse.SWITCHING_PROTOCOLS;
    }

    @Nullable StreamResponse head() {
        return head;
    }

    ByteBuffer content() {
        return ByteBuffer.wrap(content.toByteArray());
    }
}
