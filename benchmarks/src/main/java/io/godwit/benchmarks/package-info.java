@NullMarked
package io.godwit.benchmarks;

import org.jspecify.annotations.NullMarked;
