/** Ports by which a guest ends or resets itself. */
@NullMarked
package io.godwit.vmm.device.system;

import org.jspecify.annotations.NullMarked;
