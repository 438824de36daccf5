package org.podbridge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Timer;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between the packages of core, and what core leaves to others. */
class ArchitectureTest {

    private static final JavaClasses CORE =
            new ClassFileImporter(List.of(new ImportOption.DoNotIncludeTests())).importPackages("org.podbridge");

    private static final List<String> EVERYWHERE = List.of("java..", "org.jspecify..", "org.slf4j..");

    /** What each package may know besides itself; whatever isn't named here it may not. */
    static Stream<List<String>> packages() {
        return Stream.of(
                List.of("time"),
                List.of("identity"),
                List.of("limits"),
                List.of("exchange", "time"),
                List.of("json", "exchange"),
                List.of("connection", "exchange", "limits", "time", "json"),
                List.of("auth", "connection", "exchange", "identity", "limits", "time", "json"),
                List.of("policy", "auth", "connection", "exchange", "identity", "limits", "time", "json"),
                List.of("presence", "policy", "auth", "connection", "exchange", "identity", "limits", "time", "json"),
                List.of("turn", "policy", "auth", "connection", "exchange", "identity", "limits", "time", "json"),
                List.of("signaling.identity", "json", "exchange", "identity"),
                List.of("signaling.rooms", "json", "exchange", "identity"),
                List.of("signaling.tracker", "json", "exchange"),
                List.of("tunnel.v1", "json", "exchange", "identity"),
                List.of("tunnel.v2", "connection", "exchange", "json", "limits", "time"),
                List.of(
                        "signaling",
                        "signaling.identity",
                        "signaling.rooms",
                        "signaling.tracker",
                        "presence",
                        "policy",
                        "auth",
                        "connection",
                        "exchange",
                        "identity",
                        "limits",
                        "time",
                        "json"),
                List.of(
                        "tunnel",
                        "tunnel.v1",
                        "tunnel.v2",
                        "policy",
                        "auth",
                        "connection",
                        "exchange",
                        "identity",
                        "limits",
                        "time",
                        "json"));
    }

    @ParameterizedTest
    @MethodSource("packages")
    void everyPackageKnowsOnlyThoseBelowIt(List<String> names) {
        List<String> allowed = new ArrayList<>(EVERYWHERE);
        names.forEach(name -> allowed.add("org.podbridge." + name));
        if (names.get(0).equals("json")) {
            allowed.add("com.fasterxml.jackson.core..");
        }
        if (names.get(0).equals("turn") || names.get(0).equals("tunnel")) {
            allowed.add("javax.crypto..");
        }
        classes()
                .that()
                .resideInAPackage("org.podbridge." + names.get(0))
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(allowed.toArray(String[]::new))
                .check(CORE);
    }

    @Test
    void everyPackageIsNamedAbove() {
        String[] named =
                packages().map(names -> "org.podbridge." + names.get(0)).toArray(String[]::new);
        classes()
                .that()
                .resideOutsideOfPackage("org.podbridge")
                .should()
                .resideInAnyPackage(named)
                .check(CORE);
    }

    @Test
    void signalingAndTunnelsNeverSeeEachOther() {
        noClasses()
                .that()
                .resideInAPackage("..signaling..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..tunnel..")
                .check(CORE);
        noClasses()
                .that()
                .resideInAPackage("..tunnel..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..signaling..")
                .check(CORE);
    }

    @Test
    void thereAreNoCycles() {
        slices().matching("org.podbridge.(**)").should().beFreeOfCycles().check(CORE);
    }

    @Test
    void coreKnowsNoContainerNoHttpClientAndNoVendor() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.net.http..",
                        "jakarta..",
                        "javax.net..",
                        "javax.servlet..",
                        "javax.websocket..",
                        "org.eclipse.jetty..",
                        "org.apache..",
                        "io.undertow..",
                        "org.jose4j..",
                        "com.fasterxml.jackson.databind..")
                .check(CORE);
    }

    @Test
    void coreStartsNoThreads() {
        noClasses()
                .should()
                .callConstructorWhere(DescribedPredicate.describe(
                        "of a thread",
                        call -> call.getTargetOwner().isAssignableTo(Thread.class)
                                || call.getTargetOwner().isAssignableTo(Timer.class)))
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(Executors.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(ExecutorService.class)
                .check(CORE.that(DescribedPredicate.not(facade())));
    }

    /** The facade names the JDK's common pool as the default executor of the scheduler. */
    private static DescribedPredicate<JavaClass> facade() {
        return DescribedPredicate.describe(
                "the facade", type -> type.getFullName().startsWith(Podbridge.class.getName()));
    }

    @Test
    void onlyTheSchedulerReadsTheClocks() {
        ArchRule rule = noClasses()
                .that()
                .resideOutsideOfPackage("org.podbridge.time")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .orShould()
                .dependOnClassesThat()
                .belongToAnyOf(java.time.Clock.class);
        rule.check(CORE);
    }

    /** Bytecode rules see synchronized methods only, and a monitor can hide in a block. */
    @Test
    void nothingBlocksOnAMonitor() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            List<Path> sources =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertThat(sources).hasSizeGreaterThan(50);
            assertThat(sources)
                    .allSatisfy(source -> assertThat(Files.readString(source)).doesNotContain("synchronized"));
        }
    }

    @Test
    void locksAreExplicit() {
        noClasses()
                .should()
                .dependOnClassesThat(DescribedPredicate.describe(
                        "a lock other than ReentrantLock",
                        type -> type.getPackageName().equals("java.util.concurrent.locks")
                                && !type.isEquivalentTo(ReentrantLock.class)))
                .check(CORE);
    }
}
