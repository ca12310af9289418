/** Reads QCOW2 images of strangers, to be copied into volumes. */
@NullMarked
package io.godwit.vmm.storage.qcow2;

import org.jspecify.annotations.NullMarked;
