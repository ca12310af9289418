/** Whether this host can take a machine. */
@NullMarked
package io.godwit.vmm.admission;

import org.jspecify.annotations.NullMarked;
