/** What CPUID tells a guest: the host's features minus what is hidden, and the guest's own topology. */
@NullMarked
package io.godwit.vmm.cpu;

import org.jspecify.annotations.NullMarked;
