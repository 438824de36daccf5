package org.podbridge.oidc.profile;

import java.util.List;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;

/** Scripts of JSON-LD in HTML, found by jsoup. */
final class HtmlProfile {

    private HtmlProfile() {}

    static void read(String html, String base, Profiles.Issuers issuers) throws UnreadableProfileException {
        List<Element> islands;
        try {
            islands = Jsoup.parse(html, base).getElementsByTag("script").stream()
                    .filter(script -> script.attr("type").trim().equalsIgnoreCase("application/ld+json"))
                    .toList();
        } catch (RuntimeException e) {
            throw new UnreadableProfileException("a profile that breaks the parser");
        }
        if (islands.isEmpty()) {
            throw new UnreadableProfileException("a page without a profile in it");
        }
        for (Element island : islands) {
            String json = island.data();
            Profiles.limitNesting(Nesting.ofJson(json));
            JsonLdProfile.read(json, island.baseUri(), issuers);
        }
    }
}
