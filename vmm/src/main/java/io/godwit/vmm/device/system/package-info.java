/** What a PC has at fixed places: power, reset, clock, and the ports by which guest and machine tell each other. */
@NullMarked
package io.godwit.vmm.device.system;

import org.jspecify.annotations.NullMarked;
