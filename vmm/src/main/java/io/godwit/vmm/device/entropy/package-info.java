/** virtio-rng: random numbers of the host. */
@NullMarked
package io.godwit.vmm.device.entropy;

import org.jspecify.annotations.NullMarked;
