/**
 * What things cost. Build with {@code mvn package -pl benchmarks -am}, run with {@code java -jar
 * benchmarks/target/benchmarks.jar}.
 */
@NullMarked
package org.podbridge.benchmarks;

import org.jspecify.annotations.NullMarked;
