/** Split virtqueues: what the guest put into its rings, checked before it is believed. */
@NullMarked
package io.godwit.vmm.virtio.queue;

import org.jspecify.annotations.NullMarked;
