/** The machine a benchmark runs on: facts, load, CPU time by process and thread. */
@NullMarked
package io.godwit.benchmarks.machine;

import org.jspecify.annotations.NullMarked;
