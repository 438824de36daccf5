package org.podbridge.tunnel.client.command;

import java.io.PrintWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.podbridge.json.JsonWriter;
import org.podbridge.tunnel.client.FinishedRequest;
import org.podbridge.tunnel.client.TunnelRefusedException;

/** One JSON object a line, on standard output. Thread-safe. */
final class JsonOutput implements Output {

    private final PrintWriter out;
    private final PrintWriter err;

    JsonOutput(PrintWriter out, PrintWriter err) {
        this.out = out;
        this.err = err;
    }

    @Override
    public void connected(String name, URI relay) {
        print(event("connected", name).string("relay", relay.toString()));
    }

    @Override
    public void registered(String name, URI publicUrl) {
        print(event("registered", name).string("url", publicUrl.toString()));
    }

    @Override
    public void request(String name, FinishedRequest request) {
        JsonWriter json = event("request", name)
                .number("id", request.id())
                .string("method", request.method())
                .string("path", request.path())
                .number("status", request.status())
                .number("durationMillis", request.duration().toMillis())
                .number("responseBytes", request.responseBytes());
        request.failure().ifPresent(failure -> json.string("failure", failure));
        print(json);
    }

    @Override
    public void disconnected(String name, String reason, Duration retryIn) {
        print(event("disconnected", name).string("reason", reason).number("retryInMillis", retryIn.toMillis()));
    }

    @Override
    public void refused(String name, TunnelRefusedException refusal) {
        print(event("refused", name)
                .string("reason", refusal.reason().name())
                .string("message", String.valueOf(refusal.getMessage())));
    }

    @Override
    public void health(String name, URI service, boolean isReachable) {
        print(event("health", name).string("service", service.toString()).bool("reachable", isReachable));
    }

    @Override
    public void warn(String warning) {
        err.println("Warning: " + warning);
        err.flush();
    }

    private static JsonWriter event(String event, String name) {
        return JsonWriter.object(256)
                .string("time", Instant.now().truncatedTo(ChronoUnit.MILLIS).toString())
                .string("event", event)
                .string("tunnel", name);
    }

    private void print(JsonWriter json) {
        out.println(StandardCharsets.UTF_8.decode(json.finish()));
        out.flush();
    }
}
