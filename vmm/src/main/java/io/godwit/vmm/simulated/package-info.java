/** A machine without a CPU: real memory, dirtied by real threads. */
@NullMarked
package io.godwit.vmm.simulated;

import org.jspecify.annotations.NullMarked;
