package org.podbridge.tunnel.client;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.security.GeneralSecurityException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.eclipse.jetty.client.HttpResponseException;
import org.podbridge.exchange.HeaderFields;
import org.podbridge.json.JsonWriter;
import org.podbridge.tunnel.v1.ClientMessage;

/** Why a visitor gets an answer of the client's own, and which one. */
final class ForwardingFailure extends RuntimeException {

    private static final long serialVersionUID = 1L;
    private static final int BAD_REQUEST = 400;
    private static final int CONTENT_TOO_LARGE = 413;
    private static final int BAD_GATEWAY = 502;
    private static final int SERVICE_UNAVAILABLE = 503;
    private static final int GATEWAY_TIMEOUT = 504;

    private final int status;
    private final String message;

    private ForwardingFailure(int status, String message) {
        super(message, null, false, false);
        this.status = status;
        this.message = message;
    }

    static ForwardingFailure notForwardable() {
        return new ForwardingFailure(BAD_REQUEST, "The request holds characters that may not be forwarded");
    }

    static ForwardingFailure busy() {
        return new ForwardingFailure(SERVICE_UNAVAILABLE, "Too many requests are under way");
    }

    static ForwardingFailure noRoom() {
        return new ForwardingFailure(SERVICE_UNAVAILABLE, "The bodies under way take too much memory");
    }

    static ForwardingFailure requestTooLarge() {
        return new ForwardingFailure(CONTENT_TOO_LARGE, "The request is larger than what fits through this tunnel");
    }

    static ForwardingFailure tooLarge(long maxBytes) {
        return new ForwardingFailure(
                BAD_GATEWAY,
                "The answer of the local service is larger than the " + maxBytes
                        + " bytes that fit through this tunnel");
    }

    /** Tells what a failure means, without its own message, which may tell strangers too much. */
    static ForwardingFailure of(Throwable failure, URI service) {
        if (failure instanceof ForwardingFailure known) {
            return known;
        }
        if (failure instanceof RejectedExecutionException) {
            return busy();
        }
        if (failure instanceof TimeoutException) {
            return new ForwardingFailure(GATEWAY_TIMEOUT, service + " did not answer in time");
        }
        return new ForwardingFailure(BAD_GATEWAY, service + " " + whatFailed(failure));
    }

    /** Tells whether the service took no connection. */
    static boolean isUnreachable(Throwable failure) {
        return failure instanceof ConnectException
                || failure instanceof NoRouteToHostException
                || failure instanceof SocketTimeoutException
                || failure instanceof UnknownHostException;
    }

    /** Tells whether the service had taken the connection and then ended it, as servers do with idle ones. */
    static boolean isLostConnection(Throwable failure) {
        return failure instanceof IOException
                && !(failure instanceof ConnectException
                        || failure instanceof NoRouteToHostException
                        || failure instanceof UnknownHostException
                        || failure instanceof InterruptedIOException
                        || failure instanceof SSLException);
    }

    private static String whatFailed(Throwable failure) {
        if (failure instanceof SocketTimeoutException || failure instanceof NoRouteToHostException) {
            return "could not be reached";
        }
        if (failure instanceof ConnectException) {
            return "refused the connection; is the local service running?";
        }
        if (failure instanceof UnknownHostException || failure instanceof UnresolvedAddressException) {
            return "could not be found: the host name is not known";
        }
        if (failure instanceof SSLException || failure instanceof GeneralSecurityException) {
            return "could not be trusted: TLS failed";
        }
        if (failure instanceof HttpResponseException) {
            return "did not answer in valid HTTP";
        }
        if (failure instanceof IOException) {
            return "closed the connection before its answer was complete";
        }
        return "could not be asked";
    }

    int status() {
        return status;
    }

    String message() {
        return message;
    }

    /** Returns the answer, in the form that the relay's own have. */
    ClientMessage.ResponseContent toResponse() {
        ByteBuffer json = JsonWriter.object(128)
                .string("error", phrase())
                .string("message", message)
                .finish();
        byte[] body = new byte[json.remaining()];
        json.get(body);
        HeaderFields.Builder fields = HeaderFields.builder()
                .add("content-type", "application/json")
                .add("cache-control", "no-store")
                .add("content-length", Integer.toString(body.length));
        if (status == SERVICE_UNAVAILABLE) {
            fields.add("retry-after", "1");
        }
        return new ClientMessage.ResponseContent(status, fields.build(), body);
    }

    private String phrase() {
        return switch (status) {
            case BAD_REQUEST -> "Bad Request";
            case CONTENT_TOO_LARGE -> "Content Too Large";
            case SERVICE_UNAVAILABLE -> "Service Unavailable";
            case GATEWAY_TIMEOUT -> "Gateway Timeout";
            default -> "Bad Gateway";
        };
    }
}
