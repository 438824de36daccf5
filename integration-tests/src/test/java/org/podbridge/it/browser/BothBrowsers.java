package org.podbridge.it.browser;

import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;

/** Tests that are run in Chromium and in Firefox, each of them started once for the class. */
@Timeout(240)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class BothBrowsers {

    private final CompletableFuture<Browser> firefox = CompletableFuture.supplyAsync(Browser::firefox);
    private final Browser chromium = Browser.chromium();

    Stream<Browser> browsers() {
        return Stream.of(chromium, firefox.join());
    }

    @AfterAll
    void closeBrowsers() {
        chromium.close();
        firefox.join().close();
    }
}
