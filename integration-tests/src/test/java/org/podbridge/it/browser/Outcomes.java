package org.podbridge.it.browser;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a page has found out, by what it has tried. */
final class Outcomes {

    /** A dev server's page may load once more before its scripts run. */
    private static final String RESULTS = """
            new Promise((resolve) => {
              const look = () => (window.results === undefined ? setTimeout(look, 50) : resolve(window.results));
              look();
            })
            """;

    private Outcomes() {}

    static Map<String, String> of(Browser.Page page) {
        Map<String, String> outcomes = new LinkedHashMap<>();
        for (String line : page.evaluate(RESULTS).split("\n", -1)) {
            String[] nameAndOutcome = line.split(": ", 2);
            outcomes.put(nameAndOutcome[0], nameAndOutcome.length > 1 ? nameAndOutcome[1] : "");
        }
        return outcomes;
    }

    /** Opens a page, takes its outcomes, and closes it. */
    static Map<String, String> of(Browser browser, URI uri) {
        try (Browser.Page page = browser.open(uri)) {
            return of(page);
        }
    }
}
