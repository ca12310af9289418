/** virtio 1.x over PCI: what all its devices share. */
@NullMarked
package io.godwit.vmm.virtio;

import org.jspecify.annotations.NullMarked;
