package org.podbridge.it.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.podbridge.auth.AuthProvider;
import org.podbridge.auth.AuthResult;
import org.podbridge.auth.Identity;
import org.podbridge.identity.WebId;
import org.podbridge.it.browser.Site.Answer;

/**
 * Pages that open the pod's WebSockets while their visitor is logged in to the pod, whose host takes the session's
 * cookie for its visitor.
 */
class CrossSiteSocketsIT extends BothBrowsers {

    private static final Answer PAGE = Answer.html("""
            <!doctype html><title>sockets</title><script>
              const pod = new URLSearchParams(location.search).get('pod');
              const attempt = (path) =>
                new Promise((resolve) => {
                  const socket = new WebSocket(`ws://${pod}${path}`);
                  const said = [];
                  const tell = (state) => {
                    resolve(`${path}: ${state} ${said.join(' ')}`.trim());
                    socket.close();
                  };
                  socket.onopen = () => socket.send(JSON.stringify({ type: 'register', name: 'stolen' }));
                  socket.onmessage = ({ data }) => {
                    said.push(JSON.parse(data).type);
                    if (/peers|registered/.test(said)) tell('in');
                  };
                  socket.onclose = () => tell('out');
                });
              results = Promise.all(['/.webrtc', '/.tunnel'].map(attempt)).then((all) => all.join('\\n'));
            </script>
            """);

    private final LoopbackServer evil = LoopbackServer.start(new Site().page("/sockets.html", PAGE));
    private final TunnelledPod pod = TunnelledPod.start(
            "pod.localhost",
            podbridge -> podbridge.authProvider(AuthProvider.firstOf(
                    AuthProvider.fixed(Map.of("alice-token", TunnelledPod.ALICE)), session(TunnelledPod.ALICE))));

    private static AuthProvider session(WebId webId) {
        return request -> CompletableFuture.completedStage(
                request.fields().all("cookie").stream().anyMatch(cookies -> cookies.contains("none=pod"))
                        ? new AuthResult.Authenticated(
                                Identity.builder(webId, "session").ambient(true).build())
                        : new AuthResult.NoCredentials());
    }

    @BeforeAll
    void start() throws Exception {
        pod.pages().page("/sockets.html", PAGE);
        pod.tunnel("m", new Site().page("/sockets.html", PAGE));
        browsers().parallel().forEach(browser -> browser.open(pod.at("/login")).close());
    }

    @AfterAll
    void stop() {
        evil.close();
        pod.close();
    }

    private String target(String path) {
        return path + "sockets.html?pod=" + pod.host() + ":" + pod.port();
    }

    @InBothBrowsers
    void thePodsOwnPageComesInAsItsVisitor(Browser browser) {
        assertThat(Outcomes.of(browser, pod.at(target("/"))))
                .hasEntrySatisfying("/.webrtc", outcome -> assertThat(outcome).startsWith("in"));
    }

    @InBothBrowsers
    void aPageOfAnotherSiteDoesNot(Browser browser) {
        assertThat(Outcomes.of(browser, evil.at("evil.localhost", target("/"))))
                .hasEntrySatisfying("/.webrtc", outcome -> assertThat(outcome).startsWith("out"))
                .hasEntrySatisfying("/.tunnel", outcome -> assertThat(outcome).startsWith("out"));
    }

    @InBothBrowsers
    void aPageInATunnelsSandboxDoesNot(Browser browser) {
        assertThat(Outcomes.of(browser, pod.at(target("/tunnel/m/"))))
                .hasEntrySatisfying("/.webrtc", outcome -> assertThat(outcome).startsWith("out"))
                .hasEntrySatisfying("/.tunnel", outcome -> assertThat(outcome).startsWith("out"));
    }
}
