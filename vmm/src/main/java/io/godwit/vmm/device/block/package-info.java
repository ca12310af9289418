/** virtio-blk: a disk in a file or on a block device. */
@NullMarked
package io.godwit.vmm.device.block;

import org.jspecify.annotations.NullMarked;
