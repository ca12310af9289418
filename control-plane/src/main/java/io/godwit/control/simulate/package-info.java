/**
 * What the scheduler would do to a cluster, on a virtual clock: the code that decides is the code that runs, hosts and
 * migrations are played from a seed, and each step is checked by arithmetic of its own.
 */
@NullMarked
package io.godwit.control.simulate;

import org.jspecify.annotations.NullMarked;
