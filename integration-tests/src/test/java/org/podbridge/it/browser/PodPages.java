package org.podbridge.it.browser;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.podbridge.it.browser.Site.Answer;
import org.podbridge.it.browser.Site.Asked;

/** What a pod server has beside its tunnels: a log-in that sets cookies of every kind, and what only they open. */
final class PodPages {

    /** The cookies of a session, with their attributes. */
    static final Map<String, String> COOKIES = cookies();

    private PodPages() {}

    private static Map<String, String> cookies() {
        Map<String, String> cookies = new LinkedHashMap<>();
        cookies.put("plain", "Path=/");
        cookies.put("hidden", "Path=/; HttpOnly");
        cookies.put("lax", "Path=/; HttpOnly; SameSite=Lax");
        cookies.put("strict", "Path=/; HttpOnly; SameSite=Strict");
        cookies.put("none", "Path=/; HttpOnly; SameSite=None; Secure");
        cookies.put("__Host-session", "Path=/; HttpOnly; Secure; SameSite=Lax");
        return cookies;
    }

    static Site create() {
        return new Site()
                .page("/login", request -> login())
                .page("/whoami", request -> Answer.of("text/plain", cookies(request)))
                .page("/uploaded.html", Answer.html("""
                        <!doctype html><title>uploaded</title><script>
                          const register = (name, options) => navigator.serviceWorker.register(name, options).then(
                            ({ scope }) => scope,
                            ({ name }) => name,
                          );
                          results = Promise.all([
                            register('/tunnel/m/worker.js'),
                            register('/tunnel/m/worker-of-all.js', { scope: '/' }),
                            new Promise((resolve) => {
                              const worker = new Worker('/tunnel/m/evil.js');
                              worker.onerror = () => resolve('error');
                              setTimeout(resolve, 1000, 'runs');
                            }),
                          ]).then((outcomes) => outcomes.join(' '));
                        </script>
                        """))
                .page("/gadget.html", Answer.html("""
                        <!doctype html><title>a page with an injected tag</title>
                        <p><script src="/tunnel/m/evil.js"></script></p>
                        <script type="module" src="/tunnel/m/evil.js"></script>
                        """).with("Content-Security-Policy", "script-src 'self'"))
                .page("/empty", Answer.html("<!doctype html><title>empty</title>"))
                .page("/seen/*", request -> Answer.of("text/plain", cookies(request)))
                .page("/private/*", PodPages::privatePage)
                .page("/shared/*", request -> forTheOriginThatAsks(request, privatePage(request)));
    }

    private static Answer login() {
        Answer answer = Answer.html("""
                <!doctype html><title>logged in</title>
                <script>localStorage.setItem('key', 'a key of the pod');</script>
                """);
        for (Map.Entry<String, String> cookie : COOKIES.entrySet()) {
            answer = answer.with("Set-Cookie", cookie.getKey() + "=pod; " + cookie.getValue());
        }
        return answer;
    }

    private static Answer privatePage(Asked request) {
        return cookies(request).isEmpty()
                ? Answer.of("text/plain", "log in first").withStatus(401)
                : Answer.of("text/plain", "private, for " + cookies(request));
    }

    /** Grants what was asked for to whoever asks, as pod servers do: Solid apps come from anywhere. */
    private static Answer forTheOriginThatAsks(Asked request, Answer answer) {
        return (request.method().equals("OPTIONS") ? Answer.of("text/plain", "").withStatus(204) : answer)
                .with("Access-Control-Allow-Origin", request.field("Origin"))
                .with("Access-Control-Allow-Credentials", "true")
                .with("Access-Control-Allow-Methods", "GET, PUT, POST")
                .with("Access-Control-Allow-Headers", "content-type");
    }

    /** Returns the cookies of a request in the order of their names, without those that nobody has set here. */
    static String cookies(Asked request) {
        return Stream.of(request.field("Cookie").split("; *", -1))
                .filter(cookie -> !cookie.isEmpty())
                .sorted()
                .collect(Collectors.joining(" "));
    }

    /** Returns what {@link #cookies} gives for a request that carries the whole session. */
    static String allCookies() {
        return COOKIES.keySet().stream().map(name -> name + "=pod").sorted().collect(Collectors.joining(" "));
    }
}
