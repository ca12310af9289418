/** QEMU as the other side of the comparison: processes, their monitor, their certificates. */
@NullMarked
package io.godwit.benchmarks.qemu;

import org.jspecify.annotations.NullMarked;
