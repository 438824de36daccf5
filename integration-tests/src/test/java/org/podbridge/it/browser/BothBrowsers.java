package org.podbridge.it.browser;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Tests that are run in Chromium and in Firefox, each of them started once for the class. */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BothBrowsers {

    private final List<Browser> browsers = new CopyOnWriteArrayList<>();

    @BeforeAll
    void openBrowsers() {
        Stream.<Supplier<Browser>>of(Browser::chromium, Browser::firefox)
                .parallel()
                .forEach(browser -> browsers.add(browser.get()));
    }

    Stream<Browser> browsers() {
        return browsers.stream();
    }

    @AfterAll
    void closeBrowsers() {
        browsers.forEach(Browser::close);
    }
}
