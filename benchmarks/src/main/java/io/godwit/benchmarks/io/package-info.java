/** Disks and networks of guests: Godwit and QEMU in turn, on the same image and the same tap. */
@NullMarked
package io.godwit.benchmarks.io;

import org.jspecify.annotations.NullMarked;
