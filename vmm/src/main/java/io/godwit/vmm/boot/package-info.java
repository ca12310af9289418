/** Getting a kernel (PVH, Linux, multiboot), its command line and its initrd into guest memory. */
@NullMarked
package io.godwit.vmm.boot;

import org.jspecify.annotations.NullMarked;
