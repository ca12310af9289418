/** Balancing whole clusters, beside Ganeti's {@code hbal}. */
@NullMarked
package io.godwit.benchmarks.scheduling;

import org.jspecify.annotations.NullMarked;
