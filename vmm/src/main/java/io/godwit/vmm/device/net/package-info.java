/** virtio-net: a network interface whose other end is a tap of the host. */
@NullMarked
package io.godwit.vmm.device.net;

import org.jspecify.annotations.NullMarked;
