/** virtio-balloon: memory that the guest does not need goes back to the host. */
@NullMarked
package io.godwit.vmm.device.balloon;

import org.jspecify.annotations.NullMarked;
