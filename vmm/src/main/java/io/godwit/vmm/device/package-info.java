/** What devices have in common. */
@NullMarked
package io.godwit.vmm.device;

import org.jspecify.annotations.NullMarked;
