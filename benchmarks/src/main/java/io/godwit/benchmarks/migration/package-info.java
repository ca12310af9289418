/** One migration after another, of Godwit and of QEMU in turn, each watched from outside. */
@NullMarked
package io.godwit.benchmarks.migration;

import org.jspecify.annotations.NullMarked;
