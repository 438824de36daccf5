/** Doubles of the ports for tests, and the contracts that adapters must pass. */
module org.podbridge.testkit {
    requires java.net.http;
    requires transitive org.assertj.core;
    requires transitive org.junit.jupiter.api;
    requires transitive org.podbridge.core;
    requires static transitive org.jspecify;

    exports org.podbridge.testkit;
}
