/** A PCI bus: configuration mechanism 1, functions with base address registers, MSI-X. */
@NullMarked
package io.godwit.vmm.pci;

import org.jspecify.annotations.NullMarked;
