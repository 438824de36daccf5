package org.podbridge.tunnel.client.command;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the command line says about a tunnel. */
final class TunnelOptions {

    @Option(names = "--to", paramLabel = "URL", description = "The service that answers, such as http://localhost:3000")
    private @Nullable URI target;

    @Option(
            names = "--access",
            paramLabel = "WHO",
            description =
                    "Who may visit: public, which is the default, owner, or a WebID. Repeat it for several WebIDs.")
    private List<String> access = new ArrayList<>();

    @Option(
            names = "--share",
            negatable = true,
            description = "Lets other clients of the same owner serve the name beside this one.")
    private @Nullable Boolean share;

    @Option(
            names = "--legs",
            paramLabel = "N",
            description = "How many connections serve the tunnel at once, 1 to 4. More than one implies --share.")
    private @Nullable Integer legs;

    @Option(
            names = "--passthrough",
            negatable = true,
            description = "Lets visitors' cookies and credentials reach the service, and its cookies the visitors.")
    private @Nullable Boolean passthrough;

    @Option(
            names = "--header",
            paramLabel = "'NAME: VALUE'",
            description = "A field that the service gets with every request. Can be repeated.")
    private List<String> fields = new ArrayList<>();

    @Option(
            names = "--host-header",
            paramLabel = "VALUE",
            description = "What the service gets as Host in place of its own address; the word visitor stands for the"
                    + " host that the visitor has asked for.")
    private @Nullable String host;

    @Option(
            names = "--insecure-local",
            negatable = true,
            description = "Takes any certificate of the service, which must be on this machine.")
    private @Nullable Boolean insecureLocal;

    TunnelPlan plan(@Nullable String name) {
        return new TunnelPlan(name, target, access, share, legs, passthrough, fields, host, insecureLocal);
    }
}
