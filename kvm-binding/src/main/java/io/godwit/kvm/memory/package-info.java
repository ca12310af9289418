/** Guest RAM: its layout, its sealed memfd, access under leases, and sets of its pages. */
@NullMarked
package io.godwit.kvm.memory;

import org.jspecify.annotations.NullMarked;
