/**
 * The probe guest and the tools that watch one from outside: its counters, and how long it stood still. They read the
 * guest's memory file in {@code /proc}, so they work for a guest of any process of this host, QEMU's too.
 */
@NullMarked
package io.godwit.vmm.probe;

import org.jspecify.annotations.NullMarked;
