/** From port and MMIO addresses to the devices that answer there. */
@NullMarked
package io.godwit.vmm.bus;

import org.jspecify.annotations.NullMarked;
