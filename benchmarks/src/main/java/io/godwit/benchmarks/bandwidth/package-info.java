/** Whether a bandwidth limit is held in every second. */
@NullMarked
package io.godwit.benchmarks.bandwidth;

import org.jspecify.annotations.NullMarked;
