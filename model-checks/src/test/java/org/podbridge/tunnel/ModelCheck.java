package org.podbridge.tunnel;

import static org.jetbrains.lincheck.datastructures.ManagedStrategyGuaranteeKt.forClasses;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jetbrains.kotlinx.lincheck.Actor;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Validate;
import org.jspecify.annotations.Nullable;

/**
 * Lets Lincheck look whether operations that run at once have results that they could have had one after the other. It
 * runs races that the test names, and scenarios of three threads that it makes up, in many interleavings; they are the
 * same ones each time.
 */
final class ModelCheck {

    private static final int SCENARIOS = Integer.getInteger("podbridge.scenarios", 1);
    private static final int SCHEDULES = Integer.getInteger("podbridge.schedules", 50);

    private final Class<?> operations;
    private final ModelCheckingOptions options = new ModelCheckingOptions();

    /**
     * Makes one.
     *
     * @param operations what threads do
     * @param oneAfterTheOther the same operations, for one thread
     */
    ModelCheck(Class<?> operations, Class<?> oneAfterTheOther) {
        this.operations = operations;
        options.iterations(SCENARIOS)
                .invocationsPerIteration(SCHEDULES)
                .threads(3)
                .actorsPerThread(2)
                .actorsBefore(1)
                .actorsAfter(1)
                .sequentialSpecification(oneAfterTheOther)
                // what no other thread sees, or what is another class's concern: to follow it takes most of the time
                .addGuarantee(forClasses(ModelCheck::isNoConcern).allMethods().ignore())
                .addGuarantee(forClasses(ModelRelay.class.getName())
                        .methods("wanted", "numbers")
                        .ignore())
                .addGuarantee(forClasses(TunnelRegistry.class.getName())
                        .methods("without")
                        .ignore());
    }

    private static boolean isNoConcern(String className) {
        return className.equals(TestEndpoint.class.getName())
                || className.equals(Tunnel.class.getName())
                || className.equals(Skeleton.class.getName())
                || className.equals(PendingExchanges.class.getName())
                || className.startsWith("org.podbridge.connection.")
                || className.startsWith("org.podbridge.identity.")
                || className.startsWith("org.podbridge.limits.")
                || className.startsWith("org.podbridge.policy.");
    }

    /**
     * Adds a race. Each part is a list such as {@code claim 0 1; find}: names of operations with their arguments.
     *
     * @param before what has been done when it begins
     * @param one what one thread does
     * @param other what another does at once
     * @param after what is done when both have finished
     */
    ModelCheck race(String before, String one, String other, String after) {
        options.addCustomScenario(new ExecutionScenario(
                actors(before), List.of(actors(one), actors(other)), actors(after), validation()));
        return this;
    }

    /** Fails with the interleaving that led to results that can't be. */
    void run() {
        options.check(operations);
    }

    private List<Actor> actors(String list) {
        List<Actor> actors = new ArrayList<>();
        for (String call : list.split("; *", -1)) {
            if (!call.isEmpty()) {
                String[] words = call.split(" ", -1);
                List<Object> arguments = Arrays.stream(words)
                        .skip(1)
                        .map(word -> Character.isDigit(word.charAt(0)) ? Integer.valueOf(word) : Boolean.valueOf(word))
                        .map(Object.class::cast)
                        .toList();
                actors.add(new Actor(method(words[0]), arguments));
            }
        }
        return actors;
    }

    private Method method(String name) {
        return Arrays.stream(operations.getMethods())
                .filter(method -> method.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private @Nullable Actor validation() {
        return Arrays.stream(operations.getMethods())
                .filter(method -> method.isAnnotationPresent(Validate.class))
                .findFirst()
                .map(method -> new Actor(method, List.of()))
                .orElse(null);
    }
}
