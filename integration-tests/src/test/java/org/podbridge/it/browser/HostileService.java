package org.podbridge.it.browser;

import org.podbridge.it.browser.Site.Answer;
import org.podbridge.it.browser.Site.Asked;

/** A service that is after the pod whose host its tunnel shares, and pages that mean no harm beside it. */
final class HostileService {

    /** Reports who runs it, by an image: that is allowed to everybody. */
    private static final String REPORT = "new Image().src = '%s/reports/%s?' + window.origin;";

    private HostileService() {}

    /**
     * Makes one.
     *
     * @param reports where scripts report to, an origin that is nobody's
     */
    static Site create(String reports) {
        Site site = new Site()
                .page("/probes.html", Answer.html("""
                        <!doctype html><title>probes</title><body><script src="probes.js"></script>
                        """))
                .page("/probes.js", Answer.file("text/javascript", "probes.js"))
                .page("/worker.js", Answer.script("onfetch = () => {};"))
                .page("/worker-of-all.js", Answer.script("onfetch = () => {};").with("Service-Worker-Allowed", "/"))
                .page("/shared-worker.js", Answer.script("onconnect = () => {};"))
                .page(
                        "/plant.html",
                        Answer.html("<!doctype html><title>plants</title>")
                                .with("Set-Cookie", "planted=evil; Path=/")
                                .with("Set-Cookie", "lax=evil; Path=/")
                                .with("Set-Cookie", "__Host-session=evil; Path=/; Secure"))
                .page(
                        "/wipe.html",
                        Answer.html("<!doctype html><title>wipes</title>")
                                .with("Clear-Site-Data", "\"cookies\", \"storage\""))
                .page("/leave.html", Answer.html("""
                        <!doctype html><title>leaves</title><script>location.href = '/seen/top';</script>
                        """))
                .page("/evil.js", Answer.script("globalThis.evil = 'ran';"))
                .page("/again.html", HostileService::unchanged);
        policies(site);
        formats(site, reports);
        own(site);
        return site;
    }

    /** A page that is asked for once, and then only whether it has changed. */
    private static Answer unchanged(Asked request) {
        Answer page = Answer.html("<!doctype html><title>again</title><script>results = window.origin</script>")
                .with("ETag", "\"1\"")
                .with("Cache-Control", "no-cache");
        return request.field("If-None-Match").isEmpty()
                ? page
                : page.withStatus(304).withBody("");
    }

    /** Pages that try to talk the browser out of the sandbox, with policies of their own. */
    private static void policies(Site site) {
        String loose = "sandbox allow-same-origin allow-scripts";
        Answer page = Answer.html("<!doctype html><title>policy</title><script>results = window.origin</script>");
        site.page("/policy/own", page.with("Content-Security-Policy", loose))
                .page("/policy/odd-case", page.with("cOnTeNt-SeCuRiTy-PoLiCy", loose))
                .page(
                        "/policy/twice",
                        page.with("Content-Security-Policy", loose).with("Content-Security-Policy", loose))
                .page("/policy/folded", page.with("Content-Security-Policy", loose + ", " + loose + ", img-src *"))
                .page(
                        "/policy/report-only",
                        page.with("Content-Security-Policy-Report-Only", loose).with("X-WebKit-CSP", loose))
                .page("/policy/in-the-page", Answer.html("""
                        <!doctype html><meta http-equiv="Content-Security-Policy" content="%s">
                        <title>policy</title><script>results = window.origin</script>
                        """.formatted(loose)));
    }

    /** Content of kinds in which scripts run, or might. */
    private static void formats(Site site, String reports) {
        String html = "<!doctype html><title>page</title><body><script>" + REPORT + "</script>";
        site.page("/format/html", Answer.html(html.formatted(reports, "html")))
                .page("/format/svg", Answer.of("image/svg+xml", """
                        <svg xmlns="http://www.w3.org/2000/svg"><script>%s</script></svg>
                        """.formatted(REPORT.formatted(reports, "svg"))))
                .page("/format/xhtml", Answer.of("application/xhtml+xml", xhtml(reports, "xhtml")))
                .page("/format/xml", Answer.of("text/xml", xhtml(reports, "xml")))
                .page("/format/xslt", Answer.of("text/xml", """
                        <?xml version="1.0"?>
                        <?xml-stylesheet type="text/xsl" href="sheet.xsl"?>
                        <root/>
                        """))
                .page("/format/sheet.xsl", Answer.of("text/xsl", """
                        <?xml version="1.0"?>
                        <xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
                          <xsl:output method="html"/>
                          <xsl:template match="/"><html><body><script>%s</script></body></html></xsl:template>
                        </xsl:stylesheet>
                        """.formatted(REPORT.formatted(reports, "xslt"))))
                .page("/format/pdf", Answer.of("application/pdf", pdf(reports)))
                .page("/format/replaced", Answer.of("multipart/x-mixed-replace; boundary=part", """
                        --part\r
                        Content-Type: text/html\r
                        \r
                        %s\r
                        --part--\r
                        """.formatted(
                                html.formatted(reports, "replaced"))))
                .page("/format/untyped", Answer.of(null, html.formatted(reports, "untyped")))
                .page("/format/text", Answer.of("text/plain", html.formatted(reports, "text")))
                .page("/format/unknown", Answer.of("*/*", html.formatted(reports, "unknown")))
                .page("/format/utf-7", Answer.of("text/html; charset=utf-7", """
                        <!doctype html><title>page</title><body>+ADw-script+AD4-%s+ADw-/script+AD4-
                        """.formatted(
                                REPORT.formatted(reports, "utf-7"))));
    }

    private static String xhtml(String reports, String kind) {
        return """
                <html xmlns="http://www.w3.org/1999/xhtml"><head><title>page</title></head><body>
                <script>%s</script></body></html>
                """.formatted(REPORT.formatted(reports, kind));
    }

    private static String pdf(String reports) {
        return """
                %%PDF-1.4
                1 0 obj <</Type /Catalog /Pages 2 0 R /OpenAction <</S /JavaScript /JS (app.launchURL\\("%s/reports/pdf"\\))>>>> endobj
                2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
                3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 200 200]>> endobj
                trailer <</Root 1 0 R>>
                %%%%EOF
                """.formatted(reports);
    }

    /** A page that means no harm and needs resources of its own. */
    private static void own(Site site) {
        site.page("/own.html", Answer.html("""
                        <!doctype html><title>own</title><body><script src="own.js"></script>
                        """))
                .page("/own.js", Answer.file("text/javascript", "own.js"))
                .page("/script.js", Answer.script("window.ranScript = true;"))
                .page("/module.js", Answer.script("import { part } from './part.js'; window.ranModule = part;"))
                .page("/import.js", Answer.script("window.imported = import('./part.js').then(({ part }) => part);"))
                .page("/part.js", Answer.script("export const part = 'a part';"))
                .page("/style.css", Answer.of("text/css", "body { color: rgb(1, 2, 3); background: url(back.svg) }"))
                .page("/image.svg", Answer.of("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"))
                .page("/back.svg", Answer.of("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"))
                .page("/font.woff2", Answer.of("font/woff2", "none"))
                .page("/video.webm", Answer.of("video/webm", "none"))
                .page("/frame.html", Answer.html("<script>parent.postMessage('a frame', '*')</script>"))
                .page("/form", Answer.html("<!doctype html><title>sent</title>"))
                .page("/api", request -> Answer.of("application/json", "\"" + request.method() + "\""))
                .page("/events", Answer.of("text/event-stream", "data: an event\n\n"));
    }
}
