/** The ACPI tables by which a stock kernel finds processors, buses and devices (ACPI 6.5). */
@NullMarked
package io.godwit.vmm.acpi;

import org.jspecify.annotations.NullMarked;
