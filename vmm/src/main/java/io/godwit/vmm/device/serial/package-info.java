/** The 16550 serial port and the log of what the guest wrote to it. */
@NullMarked
package io.godwit.vmm.device.serial;

import org.jspecify.annotations.NullMarked;
