/** The machine that KVM runs. */
@NullMarked
package io.godwit.vmm.kvm;

import org.jspecify.annotations.NullMarked;
